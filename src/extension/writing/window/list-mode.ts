import { codeOf } from "../../platform/errors.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import type { ComposeStatus } from "../compose-status.js";
import { recipientsOf } from "../recipients.js";
import { showStatus } from "./button.js";
import { draftIdentityFor, identityOf, isDraftIdentity, trueIdentity } from "./draft-identity.js";
import { attachPicturesAgain, keepPicturesInPlace } from "./draft-images.js";
import { isBusy, isSealing } from "./send-state.js";
import { moveServerDraft } from "./server-draft.js";
import { changeState, stateOf } from "./window-state.js";

/** Switching "Encrypt to list" on and off, by hand and by the recipients, and what goes with it: where drafts go. */

export async function statusOf(tabId: number): Promise<ComposeStatus> {
  const { sealing, listAddress, hindrance, drafts, notice } = await stateOf(tabId);
  const list = listAddress === null ? undefined : (await load()).lists[listAddress];
  return {
    sealing,
    work: isSealing(tabId) ? "sealing" : "idle",
    list: list === undefined ? null : { address: list.address, name: list.name },
    hindrance,
    notice,
    drafts,
  };
}

/** Shows the present status on the button. */
export async function refresh(tabId: number): Promise<ComposeStatus> {
  const status = await statusOf(tabId);
  await showStatus(tabId, status);
  return status;
}

/**
 * Switches sealing on. From now on nothing readable reaches the mail server: drafts stay on this computer.
 * If the list knows the person under another address that is set up here, From changes to it: the list's server takes
 * mail from that address only.
 */
export async function turnOn(tabId: number, decidedBy: "recipients" | "hand"): Promise<void> {
  const { compose } = thunderbird();
  const details = await compose.getComposeDetails(tabId);
  const stored = await load();
  const { list } = recipientsOf(details, stored.lists);
  const current = await trueIdentity(details.identityId ?? "");
  const wanted = (list === undefined ? null : await identityOf(list.invitee)) ?? current;
  const twin = wanted === "" ? null : await draftIdentityFor(wanted);
  const next = twin ?? wanted;
  const { notice } = await stateOf(tabId);
  // the state comes first: if the page dies in between, the mail is sealed and not sent in clear
  await changeState(tabId, {
    sealing: "on",
    decidedBy,
    listAddress: list?.address ?? null,
    drafts: twin === null ? "as-usual" : "this-computer",
    hindrance: null,
    notice: list?.role === "read-only" ? "read-only" : notice === "quote-left-out" ? notice : null,
    answered: [],
  });
  if (twin !== null) await keepPicturesInPlace(tabId);
  if (next !== "" && next !== details.identityId) {
    await changeIdentity(tabId, next);
    // a twin that was made after this window opened is not in its From menu: better an ordinary draft than no From
    if ((await compose.getComposeDetails(tabId)).identityId !== next) {
      // first, so that the change of identity is not taken for the person's
      await changeState(tabId, { drafts: "as-usual" });
      await changeIdentity(tabId, wanted);
    }
  }
  await refresh(tabId);
  if ((await stateOf(tabId)).drafts === "this-computer") {
    await moveServerDraft(tabId, details);
    await refresh(tabId);
  }
}

/** Switches sealing off and gives the true identity back. */
export async function turnOff(tabId: number, decidedBy: "recipients" | "hand"): Promise<void> {
  const { compose } = thunderbird();
  const details = await compose.getComposeDetails(tabId);
  await changeState(tabId, { sealing: "off", decidedBy, drafts: "as-usual", hindrance: null });
  if (details.identityId !== undefined && (await isDraftIdentity(details.identityId))) {
    await changeIdentity(tabId, await trueIdentity(details.identityId));
  }
  await attachPicturesAgain(tabId, (await compose.getComposeDetails(tabId)).body);
  await refresh(tabId);
}

/**
 * Changes From. QUIRK: Thunderbird counts that as the person's own change, and would ask about an empty window when it is
 * closed. Whether the person has written something is asked just before and not when the work began: what was typed
 * meanwhile would count as nothing, and be neither saved as a draft nor asked about.
 */
export async function changeIdentity(tabId: number, identityId: string): Promise<void> {
  const { compose } = thunderbird();
  const { isModified } = await compose.getComposeDetails(tabId);
  const details = isModified === false ? { identityId, isModified } : { identityId };
  await compose.setComposeDetails(tabId, details);
}

/** What a press of the button does; nothing while the mail is on its way. */
export async function toggle(tabId: number): Promise<void> {
  if (isBusy(tabId)) return;
  const { sealing } = await stateOf(tabId);
  await (sealing === "on" ? turnOff(tabId, "hand") : turnOn(tabId, "hand"));
}

const following = new Set<number>();

/** Follows the recipients of one window, unless the person has decided by hand or the mail is being sealed. */
export async function follow(tabId: number): Promise<void> {
  if (isBusy(tabId) || following.has(tabId)) return;
  following.add(tabId);
  try {
    const details = await thunderbird().compose.getComposeDetails(tabId);
    const state = await stateOf(tabId);
    const { list } = recipientsOf(details, (await load()).lists);
    if (state.decidedBy === "hand") {
      if (list !== undefined && list.address !== state.listAddress) {
        await changeState(tabId, { listAddress: list.address });
        await refresh(tabId);
      }
      return;
    }
    const next = list?.address ?? null;
    if (next !== null && (state.sealing === "off" || state.listAddress !== next))
      await turnOn(tabId, "recipients");
    if (next === null && state.sealing === "on" && !state.quotesSealed) await turnOff(tabId, "recipients");
    // a draft that was begun for a list and goes on as ordinary mail
    if (next === null && state.sealing === "off") await attachPicturesAgain(tabId, details.body);
  } catch (error) {
    // the window may be closing; anything else shows when the mail is sent, where nothing passes unsealed
    void codeOf(error, "worker-failed");
  } finally {
    following.delete(tabId);
  }
}

/**
 * Another identity was picked in the From menu. Drafts must stay on this computer, and the list's server takes mail from
 * the one address that it knows: while the mail is sealed for a known list, that one comes back.
 */
export async function identityChanged(tabId: number, identityId: string): Promise<void> {
  if (isBusy(tabId)) return;
  const { sealing, listAddress, drafts } = await stateOf(tabId);
  const twin = await isDraftIdentity(identityId);
  if (sealing === "on") {
    const list = listAddress === null ? undefined : (await load()).lists[listAddress];
    const known = list === undefined ? null : await identityOf(list.invitee);
    const wanted = known ?? (twin ? null : identityId);
    const next = wanted === null ? identityId : await draftIdentityFor(wanted);
    // as it should be; or this window is known to be older than the identity that keeps drafts here
    if (next === identityId || (drafts === "as-usual" && wanted === identityId)) return;
    await changeState(tabId, { drafts: next === null ? "as-usual" : "this-computer" });
    if (next !== null) {
      await keepPicturesInPlace(tabId);
      await thunderbird().compose.setComposeDetails(tabId, { identityId: next });
    }
    await refresh(tabId);
  } else if (twin) {
    await turnOn(tabId, "hand");
  }
}
