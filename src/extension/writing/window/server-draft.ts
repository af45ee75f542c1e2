import { type ComposeDetails, type SaveInfo, type TabRef, thunderbird } from "../../platform/thunderbird.js";
import type { ComposeNotice } from "../compose-status.js";
import { isDraftIdentity } from "./draft-identity.js";
import { openedDraft } from "./opened-draft.js";
import { isBusy } from "./send-state.js";
import { changeState, stateOf } from "./window-state.js";

/**
 * A readable draft that lies on the mail server already when sealing is switched on: an autosave before the list was
 * typed, or a draft of last week that is opened again. It can't be unsent; it is moved to this computer, taken away from
 * the server, and the person is told.
 */

/** Answers `compose.onAfterSave`: remembers a draft that was not kept on this computer; one that was replaces a sealed one. */
export async function draftSaved(tab: TabRef, { mode, messages, error }: SaveInfo): Promise<void> {
  const tabId = tab.id;
  if (tabId === undefined || mode === "template" || (error ?? "") !== "") return;
  const { identityId = "" } = await thunderbird().compose.getComposeDetails(tabId);
  if (await isDraftIdentity(identityId)) {
    const { openedDraft } = await stateOf(tabId);
    if (openedDraft === null) return;
    await changeState(tabId, { openedDraft: null });
    await removeDrafts([openedDraft]);
    return;
  }
  const [saved] = messages;
  if (saved !== undefined) await changeState(tabId, { serverDraft: saved.id });
}

/** Deletes sealed drafts that are of no use any more. That one stays is no harm: it is sealed. */
export async function removeDrafts(drafts: readonly (number | null)[]): Promise<void> {
  for (const draft of drafts) {
    if (draft === null || !(await isThere(draft))) continue;
    await thunderbird()
      .messages.delete([draft], { deletePermanently: true })
      .catch(() => undefined);
  }
}

/**
 * Moves the readable draft of a window, if there is one on a server. Call it when drafts stay on this computer from now on.
 *
 * Deleted first and written again at once after, and not the other way round. QUIRK: Thunderbird 153 marks the draft that a
 * new one replaces as deleted and expunges nothing: it would go on lying on the server, readable, and no add-on could
 * reach it any more.
 */
export async function moveServerDraft(tabId: number, details: ComposeDetails): Promise<void> {
  if (isBusy(tabId)) return;
  const { serverDraft } = await stateOf(tabId);
  const draft = serverDraft ?? (await openedDraft(details).catch(() => null));
  if (draft === null || !(await isReadableOnServer(draft))) return;
  const { compose, messages } = thunderbird();
  await changeState(tabId, { serverDraft: null });
  let notice: ComposeNotice = "server-draft-moved";
  try {
    await messages.delete([draft], { deletePermanently: true });
  } catch {
    notice = "server-draft-left";
  }
  // where it can't be saved now, the next autosave or the question at closing does it
  await compose
    .saveMessage(tabId, { mode: "draft" })
    .catch(() => compose.setComposeDetails(tabId, { isModified: true }));
  await changeState(tabId, { notice });
}

async function isThere(messageId: number): Promise<boolean> {
  try {
    await thunderbird().messages.get(messageId);
    return true;
  } catch {
    return false;
  }
}

/** Whether a draft lies in an account of a server, as people can read it. */
async function isReadableOnServer(messageId: number): Promise<boolean> {
  const { accounts, messages } = thunderbird();
  if (!(await isThere(messageId))) return false;
  const { folder } = await messages.get(messageId);
  const account = (await accounts.list(false)).find(({ id }) => id === folder?.accountId);
  if (account === undefined || account.type === "local" || account.type === "none") return false;
  const tree = await messages.getFull(messageId, { decrypt: false, decodeContent: false });
  const fields = [tree, ...(tree.parts ?? [])].map(({ headers }) => headers ?? {});
  return !fields.some((headers) => headers["x-listseal-draft"] !== undefined);
}
