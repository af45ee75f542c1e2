import { codeOf, ListSealError } from "../../protocol/errors.js";
import { certified, keyOf } from "../background/list-keys.js";
import { stayAwake } from "../keep-awake.js";
import { noteUse } from "../locking/unlocked.js";
import { thunderbird } from "../platform.js";
import { load, secretOf } from "../storage.js";
import type { Stored, StoredList, StoredMemberKey } from "../stored.js";
import type { BeforeSendAnswer, ComposeDetails, CustomHeader, SendInfo, TabRef } from "../thunderbird.js";
import { runJob } from "../worker/client.js";
import type { SealedLetter } from "../worker/jobs.js";
import { openPopup } from "./button.js";
import { isDraftIdentity, trueIdentity } from "./draft-identity.js";
import { type ComposerFile, letterOf } from "./letter.js";
import { refresh } from "./list-mode.js";
import { recipientsOf } from "./recipients.js";
import type { Hindrance } from "./status.js";
import { threadOf } from "./thread.js";
import { changeState, stateOf } from "./window-state.js";
import { begin, end, keepOriginal, takeOriginal } from "./work.js";

/**
 * Sending. `onBeforeSend` either gives back a sealed mail or cancels; it never throws, never gives back a detail that
 * Thunderbird refuses, and never hangs: each of the three would lock the compose window for good.
 */

/** Longer than any job; the last resort against a call that never settles. */
const SEND_MS = 240_000;
/** QUIRK: Thunderbird 153 opens no popup while `onBeforeSend` is being answered; a moment later it does. */
const POPUP_DELAY_MS = 300;

/** Something stands in the way, and the person is told what. */
class Hindered extends Error {
  readonly hindrance: Hindrance;

  constructor(hindrance: Hindrance) {
    super(hindrance.kind);
    this.name = "Hindered";
    this.hindrance = hindrance;
  }
}

/** Answers `compose.onBeforeSend`. Never rejects. */
export async function beforeSend(tab: TabRef, details: ComposeDetails): Promise<BeforeSendAnswer> {
  const tabId = tab.id;
  if (tabId === undefined) return { cancel: true };
  const release = stayAwake();
  const signal = begin(tabId);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ListSealError("timed-out", "sealing took too long")), SEND_MS);
  });
  try {
    return await Promise.race([answer(tabId, details, signal), late]);
  } catch (error) {
    const hindrance: Hindrance =
      error instanceof Hindered ? error.hindrance : { kind: "failed", code: codeOf(error, "worker-failed") };
    await hinder(tabId, hindrance, tab.windowId);
    return { cancel: true };
  } finally {
    clearTimeout(timer);
    end(tabId);
    release();
    await refresh(tabId).catch(() => undefined);
  }
}

async function hinder(tabId: number, hindrance: Hindrance, windowId: number | undefined): Promise<void> {
  if (hindrance.kind === "failed" && hindrance.code === "cancelled") return;
  await changeState(tabId, { hindrance }).catch(() => undefined);
  if (windowId !== undefined) setTimeout(() => void openPopup(windowId), POPUP_DELAY_MS);
}

async function answer(
  tabId: number,
  details: ComposeDetails,
  signal: AbortSignal,
): Promise<BeforeSendAnswer> {
  const state = await stateOf(tabId);
  const stored = await load();
  const { list, others, none } = recipientsOf(details, stored.lists);
  const twin = details.identityId !== undefined && (await isDraftIdentity(details.identityId));
  // an address of a list that was typed a moment ago, or a draft of a sealed mail, counts as switched on
  const wanted = state.sealing === "on" || (state.decidedBy === "recipients" && (list !== undefined || twin));
  // opened mail that leaves its list: one question, and only its answer lets it go unsealed
  const leaving = list === undefined && !none && state.quotesSealed;
  if (leaving && !state.clearAllowed) throw new Hindered({ kind: "sealed-quote" });
  if (!wanted || leaving) {
    if (list !== undefined && !state.clearAllowed) throw new Hindered({ kind: "clear-to-list" });
    return twin ? { details: { identityId: await trueIdentity(details.identityId ?? "") } } : {};
  }
  if (list === undefined || none) throw new ListSealError("no-list", "no known list among the recipients");
  if (others.length > 0) throw new Hindered({ kind: "other-recipients", others });
  await refresh(tabId);
  return sealInPlace(tabId, details, await authorFor(list, stored), signal);
}

interface Author {
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  readonly secret: string;
}

async function authorFor(list: StoredList, stored: Stored): Promise<Author> {
  if (list.membership === "left") throw new ListSealError("left-list", "one has left the list");
  const key = keyOf(stored, list.memberKey);
  await noteUse();
  const secret = await secretOf(key);
  if (secret === null)
    throw new Hindered({ kind: "locked", fingerprint: key.fingerprint, address: key.address });
  return { ...(await certified(list, key, secret)), secret };
}

async function sealInPlace(
  tabId: number,
  details: ComposeDetails,
  { list, key, secret }: Author,
  signal: AbortSignal,
): Promise<BeforeSendAnswer> {
  const { compose } = thunderbird();
  const attached = await compose.listAttachments(tabId);
  const files = await Promise.all(attached.map(({ id }) => compose.getAttachmentFile(id)));
  const letter = letterOf(
    details,
    await Promise.all(files.map(bytesOf)),
    list,
    await threadOf(details),
    new Date(),
  );
  const transfer = letter.attachments
    .map(({ bytes }) => bytes.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
  const sealed = await runJob("seal", { letter, list, key, secret }, { transfer, signal });
  if (signal.aborted) throw new ListSealError("cancelled", "stopped by the person");

  const added: number[] = [];
  keepOriginal(tabId, { details, files, sealed: added, release: stayAwake() });
  try {
    for (const part of sealed.parts) {
      const file = new File([new Uint8Array(part.bytes)], part.name, { type: part.type });
      added.push((await compose.addAttachment(tabId, { file })).id);
    }
    for (const { id } of attached) await compose.removeAttachment(tabId, id);
  } catch (cause) {
    await giveBack(tabId);
    throw new ListSealError("worker-failed", "the attachments could not be replaced", { cause });
  }
  return { details: await sealedDetails(details, sealed) };
}

async function bytesOf(file: File): Promise<ComposerFile> {
  return { name: file.name, type: file.type, bytes: new Uint8Array(await file.arrayBuffer()) };
}

/** What stands outside the seals: fixed texts, and nothing of what was written. */
async function sealedDetails(details: ComposeDetails, sealed: SealedLetter): Promise<ComposeDetails> {
  const { notice, subject, header } = sealed;
  const ours = (field: CustomHeader) => field.name.toLowerCase() === header.name.toLowerCase();
  const body =
    details.isPlainText === true
      ? { plainTextBody: notice }
      : // QUIRK: an HTML composer takes `body` alone, and sends it as plain text because of the delivery format
        { body: `<!DOCTYPE html><html><body><pre>${escapeHtml(notice)}</pre></body></html>` };
  return {
    ...body,
    subject,
    deliveryFormat: "plaintext",
    customHeaders: [...(details.customHeaders ?? []).filter((field) => !ours(field)), header],
    ...(details.identityId === undefined ? {} : { identityId: await trueIdentity(details.identityId) }),
    // an address card or an OpenPGP key would be attached in clear
    ...(details.attachVCard === true ? { attachVCard: false } : {}),
    ...(details.attachPublicPGPKey === true ? { attachPublicPGPKey: false } : {}),
  };
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Puts back what the person wrote. Does what it can: one step that fails doesn't stop the others. */
async function giveBack(tabId: number): Promise<void> {
  const original = takeOriginal(tabId);
  if (original === undefined) return;
  const { compose } = thunderbird();
  const { details, files, sealed } = original;
  const steps: (() => Promise<unknown>)[] = [
    // the identity first: a draft that is saved in between must not reach the server
    async () =>
      details.identityId !== undefined &&
      compose.setComposeDetails(tabId, { identityId: details.identityId }),
    ...sealed.map((id) => () => compose.removeAttachment(tabId, id)),
    async () => {
      const present = await compose.listAttachments(tabId);
      for (const file of files) {
        if (!present.some(({ name, size }) => name === file.name && size === file.size)) {
          await compose.addAttachment(tabId, { file, name: file.name });
        }
      }
    },
    () =>
      compose.setComposeDetails(tabId, {
        subject: details.subject ?? "",
        ...(details.isPlainText === true
          ? { plainTextBody: details.plainTextBody ?? "" }
          : { body: details.body ?? "" }),
        customHeaders: details.customHeaders ?? [],
        ...(details.deliveryFormat === undefined ? {} : { deliveryFormat: details.deliveryFormat }),
      }),
    () => compose.setComposeDetails(tabId, { isModified: true }),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch {
      // the next step is worth trying in any case
    }
  }
}

/**
 * Answers `compose.onAfterSend`. QUIRK: after a failed SMTP dialogue the sealed form stands in the composer, and
 * neither an error nor a Message-ID comes with the event; that is the only sign.
 */
export async function afterSend(tab: TabRef, info: SendInfo): Promise<void> {
  const tabId = tab.id;
  if (tabId === undefined) return;
  const failed =
    (info.error ?? "") !== "" || (info.mode === "sendNow" && (info.headerMessageId ?? "") === "");
  if (!failed) {
    takeOriginal(tabId);
    return;
  }
  await giveBack(tabId);
  await refresh(tabId);
}
