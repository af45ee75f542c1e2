import { partTypes } from "../../../mail/part-types.js";
import type { Letter } from "../../../mail/payload.js";
import { browser } from "../../platform/browser.js";
import { type ComposeAttachment, type ComposeDetails, thunderbird } from "../../platform/thunderbird.js";
import { secretsOf } from "../../reading/opening.js";
import { load } from "../../records/storage.js";
import { runJob } from "../../worker/client.js";
import { bytesOf } from "../letter.js";
import { htmlOfLetter } from "../quoted-text.js";
import { refresh, turnOn } from "./list-mode.js";
import { putAttachments } from "./quote.js";
import { settleQuote } from "./settle.js";
import { changeState, stateOf, type WindowState } from "./window-state.js";

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
  const { to, cc, bcc, subject, customHeaders, isPlainText } = details;
  // sealing is on in the new window before a word is there
  const next = await compose.beginNew({
    ...(to === undefined ? {} : { to }),
    ...(cc === undefined ? {} : { cc }),
    ...(bcc === undefined ? {} : { bcc }),
    isPlainText: isPlainText === true,
  });
  if (next.id === undefined) return;
  const { decidedBy, listAddress, quotesSealed, quotedList, answered, answeredFor } = state;
  await settleQuote(next.id);
  await turnOn(next.id, decidedBy);
  await changeState(next.id, { listAddress, quotesSealed, quotedList, answered, answeredFor });
  const letter = await letterIn(attached, state);
  const kept = letter === null ? attached : attached.filter((each) => !isSealedPart(each));
  await compose.setComposeDetails(next.id, {
    subject: subject ?? "",
    customHeaders: customHeaders ?? [],
    ...(isPlainText === true ? { plainTextBody: details.plainTextBody ?? "" } : { body: details.body ?? "" }),
  });
  for (const { id } of kept) await compose.addAttachment(next.id, { id });
  if (letter !== null) await addMissing(next.id, letter.attachments);
  await compose.setComposeDetails(next.id, { isModified: true });
  await changeState(next.id, { hindrance: { kind: "failed", doing: "sending", code: "worker-failed" } });
  await refresh(next.id);
  await browser.tabs.remove(tabId);
}

/**
 * After a failed sending whose page did not live to see it: the composer holds the sealed form and nobody remembers the
 * other. The person's own key opens it.
 *
 * Attack: sealed parts that somebody has sent are attached to a mail, by a forward, and its sending fails: what is in them would
 * stand readable in the window, in the place of the person's words. So only a window that holds what was sealed in it is touched,
 * and only for a letter of one's own.
 * @returns whether there was a sealed form, and it was opened
 * @throws ListSealError `key-locked`, and what the worker throws
 */
export async function unsealInPlace(tabId: number): Promise<boolean> {
  const { compose } = thunderbird();
  const state = await stateOf(tabId);
  if (state.phase !== "sealed") return false;
  const attached = await compose.listAttachments(tabId);
  const letter = await letterIn(attached, state);
  if (letter === null) return false;
  const { isPlainText } = await compose.getComposeDetails(tabId);
  const details: ComposeDetails = {
    subject: letter.subject,
    ...(isPlainText === true ? { plainTextBody: letter.text ?? "" } : { body: htmlOfLetter(letter) }),
    deliveryFormat: "auto",
  };
  // first: a draft that is saved in between must not reach the server
  await turnOn(tabId, state.decidedBy);
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

/** One's own letter inside the sealed parts of a composer; null if there is none, or not all of its parts yet. */
async function letterIn(
  attached: readonly ComposeAttachment[],
  { listAddress }: WindowState,
): Promise<Omit<Letter, "author"> | null> {
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
  if (opened.kind !== "opened") return null;
  const own = opened.author.standing === "you" && opened.passage.via === "own-copy";
  return own && opened.list === listAddress ? opened.letter : null;
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
