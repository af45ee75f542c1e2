import { partTypes } from "../../mail/part-types.js";
import type { Letter } from "../../mail/payload.js";
import { browser } from "../platform.js";
import { secretsOf } from "../reading/opening.js";
import { load } from "../storage.js";
import { type ComposeAttachment, type ComposeDetails, thunderbird } from "../thunderbird.js";
import { runJob } from "../worker/client.js";
import { draftIdentityFor } from "./draft-identity.js";
import { bytesOf } from "./file-bytes.js";
import { refresh } from "./list-mode.js";
import { htmlOfLetter } from "./own-html.js";
import { putAttachments } from "./quote.js";
import { changeState, stateOf } from "./window-state.js";

/**
 * When the event page was ended in the middle of sending: by an update, by Thunderbird when memory is short, by a crash.
 * What the person wrote is then in the composer, or in the sealed parts that stand there, which their own key opens.
 */

/**
 * QUIRK: if the page dies before it has answered `onBeforeSend`, Thunderbird 153 keeps the window locked for good, and
 * sends nothing. The mail goes on in a new window, and the locked one is closed.
 */
export async function recover(tabId: number): Promise<void> {
  const { compose } = thunderbird();
  const state = await stateOf(tabId);
  await changeState(tabId, { phase: "writing" });
  const details = await compose.getComposeDetails(tabId);
  const attached = await compose.listAttachments(tabId);
  const { identityId, to, cc, bcc, subject, customHeaders, isPlainText } = details;
  const next = await compose.beginNew({
    ...(identityId === undefined ? {} : { identityId }),
    ...(to === undefined ? {} : { to }),
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    subject: subject ?? "",
    customHeaders: customHeaders ?? [],
    ...(isPlainText === true
      ? { isPlainText, plainTextBody: details.plainTextBody ?? "" }
      : { isPlainText: false, body: details.body ?? "" }),
    attachments: attached.filter((each) => !isSealedPart(each)).map(({ id }) => ({ id })),
  });
  if (next.id === undefined) return;
  const letter = await letterIn(attached);
  if (letter !== null) await addMissing(next.id, letter.attachments);
  await compose.setComposeDetails(next.id, { isModified: true });
  const { sealing, decidedBy, listAddress, drafts, quotesSealed, answered } = state;
  await whenFollowed(next.id, sealing);
  await changeState(next.id, {
    ...{ sealing, decidedBy, listAddress, drafts, quotesSealed, answered },
    hindrance: { kind: "failed", doing: "sending", code: "worker-failed" },
  });
  await refresh(next.id);
  await browser.tabs.remove(tabId);
}

/** How often, and how far apart, a new window is looked at until it has followed its recipients. */
const FOLLOWED_TRIES = 30;
const FOLLOWED_MS = 100;

/** A window that has just been opened follows its recipients by itself; what is known of the old one comes after that. */
async function whenFollowed(tabId: number, sealing: "off" | "on"): Promise<void> {
  for (let tries = 0; tries < FOLLOWED_TRIES; tries += 1) {
    if ((await stateOf(tabId)).sealing === sealing) return;
    await new Promise((resolve) => setTimeout(resolve, FOLLOWED_MS));
  }
}

/**
 * After a failed sending whose page did not live to see it: the composer holds the sealed form and nobody remembers the
 * other. The person's own key opens it.
 * @returns whether there was a sealed form, and it was opened
 */
export async function unsealInPlace(tabId: number): Promise<boolean> {
  const { compose } = thunderbird();
  const attached = await compose.listAttachments(tabId);
  const letter = await letterIn(attached);
  if (letter === null) return false;
  const { identityId, isPlainText } = await compose.getComposeDetails(tabId);
  const twin = identityId === undefined ? null : await draftIdentityFor(identityId);
  const details: ComposeDetails = {
    subject: letter.subject,
    ...(isPlainText === true ? { plainTextBody: letter.text ?? "" } : { body: htmlOfLetter(letter) }),
    deliveryFormat: "auto",
  };
  // the identity first: a draft that is saved in between must not reach the server
  if (twin !== null) await compose.setComposeDetails(tabId, { identityId: twin });
  await compose.setComposeDetails(tabId, details);
  await putAttachments(tabId, letter.attachments);
  await compose.setComposeDetails(tabId, { isModified: true });
  return true;
}

const partNames: Readonly<Record<string, keyof typeof partTypes>> = {
  "sealed-key.pgp": "key",
  "sealed-body.pgp": "body",
  "sealed-message.pgp": "message",
};

function isSealedPart({ name }: ComposeAttachment): boolean {
  return Object.hasOwn(partNames, name);
}

/** The letter inside the sealed parts of a composer; null if there are none, or not all of them yet. */
async function letterIn(attached: readonly ComposeAttachment[]): Promise<Omit<Letter, "author"> | null> {
  const sealed = attached.filter(isSealedPart);
  const whole = sealed.some(({ name }) => name === "sealed-message.pgp") || sealed.length === 2;
  if (!whole) return null;
  const { compose } = thunderbird();
  const parts = await Promise.all(
    sealed.map(async ({ id, name }) => {
      const { bytes } = await bytesOf(await compose.getAttachmentFile(id));
      return { name, type: partTypes[partNames[name] ?? "message"], bytes };
    }),
  );
  const stored = await load();
  const opened = await runJob("open", {
    parts,
    lists: Object.values(stored.lists),
    secrets: await secretsOf(stored),
    pins: stored.pins,
    now: new Date().toISOString(),
  });
  return opened.kind === "opened" ? opened.letter : null;
}

/** Adds the attachments of the letter that are not there. */
async function addMissing(tabId: number, attachments: Letter["attachments"]): Promise<void> {
  const { compose } = thunderbird();
  const present = await compose.listAttachments(tabId);
  for (const { name, type, bytes, contentId } of attachments) {
    if (contentId !== undefined || present.some((each) => each.name === name)) continue;
    await compose.addAttachment(tabId, { file: new File([new Uint8Array(bytes)], name, { type }), name });
  }
}
