import { AddonError, codeOf } from "../../platform/errors.js";
import { stayAwake } from "../../platform/keep-awake.js";
import {
  type BeforeSendAnswer,
  type ComposeDetails,
  type SendInfo,
  type TabRef,
  thunderbird,
} from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import { noteSent } from "../../requests/by-hand.js";
import { sendHeldReceipts } from "../../requests/held-receipts.js";
import { runJob } from "../../worker/client.js";
import { authorFor, type LetterAuthor, SendBlocked } from "../author.js";
import type { SendBlocker } from "../compose-status.js";
import { loadGuards } from "../guard-switches.js";
import { questionsAbout } from "../guards.js";
import { bytesOf, letterOf, mailboxOf } from "../letter.js";
import { addressed, recipientsOf } from "../recipients.js";
import { openPopup } from "./button.js";
import { isDraftIdentity, trueIdentity, withTrueSender } from "./draft-identity.js";
import { filesIn } from "./files.js";
import { refresh } from "./list-mode.js";
import { approved, innerDetails, outerDetails, spellIn, spellInNothing } from "./outer-details.js";
import { unsealInPlace } from "./recover.js";
import {
  begin,
  end,
  keepDrafts,
  keepOriginal,
  stop,
  takeDrafts,
  takeHeldRequest,
  takeOriginal,
  whenKept,
} from "./send-state.js";
import { removeDrafts } from "./server-draft.js";
import { settledToSend } from "./settle.js";
import { isContinued, quotedIn, threadOf, withoutContinued } from "./thread.js";
import { changeState, stateOf } from "./window-state.js";

/**
 * Sending. `onBeforeSend` either gives back a sealed mail or cancels; it never throws, never gives back a detail that
 * Thunderbird refuses, and never hangs: each of the three would lock the compose window for good.
 */

/** Longer than any job; the last resort against a call that never settles. */
const SEND_MS = 240_000;
/** QUIRK: Thunderbird 153 opens no popup while `onBeforeSend` is being answered; a moment later it does. */
const POPUP_DELAY_MS = 300;

/** Answers `compose.onBeforeSend`. Never rejects. */
export async function beforeSend(tab: TabRef, details: ComposeDetails): Promise<BeforeSendAnswer> {
  const tabId = tab.id;
  if (tabId === undefined) return { cancel: true };
  const release = stayAwake();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AddonError("timed-out", "sealing took too long")), SEND_MS);
  });
  try {
    return await Promise.race([answer(tabId, details), late]);
  } catch (error) {
    // what goes on beyond its time touches nothing any more
    stop(tabId);
    const hindrance: SendBlocker =
      error instanceof SendBlocked
        ? error.hindrance
        : { kind: "failed", doing: "sending", code: codeOf(error, "worker-failed") };
    await hinder(tabId, hindrance, tab.windowId);
    return { cancel: true };
  } finally {
    clearTimeout(timer);
    end(tabId);
    await endOfSealing(tabId).catch(() => undefined);
    release();
    await refresh(tabId).catch(() => undefined);
  }
}

async function hinder(tabId: number, hindrance: SendBlocker, windowId: number | undefined): Promise<void> {
  if (hindrance.kind === "failed" && hindrance.code === "cancelled") return;
  await changeState(tabId, { hindrance }).catch(() => undefined);
  if (windowId !== undefined) setTimeout(() => void openPopup(windowId), POPUP_DELAY_MS);
}

/** Whatever became of it. Not where a sealed form is in the window now: what becomes of that is not known yet. */
async function endOfSealing(tabId: number): Promise<void> {
  if ((await stateOf(tabId)).phase === "sealing") await changeState(tabId, { phase: "writing" });
}

async function answer(tabId: number, seen: ComposeDetails): Promise<BeforeSendAnswer> {
  // first: switching to the identity whose drafts stay here is for a window that is not on its way yet
  const details = await withTrueSender(await settledToSend(tabId, seen));
  // a sealed draft that is still on its way to the server is in the state when it is there
  await whenKept(tabId);
  const state = await stateOf(tabId);
  // the page that would have heard that the last sending failed did not live to hear it
  if (state.phase === "sealed" && (await comeBack(tabId))) throw new SendBlocked({ kind: "settled-late" });
  const signal = begin(tabId);
  const stored = await load();
  const recipients = recipientsOf(details, stored.lists);
  const { list, none } = recipients;
  const twin = details.identityId !== undefined && (await isDraftIdentity(details.identityId));
  // an address of a list that was typed a moment ago, or a draft of a sealed mail, counts as switched on
  const wanted = state.sealing === "on" || (state.decidedBy === "recipients" && (list !== undefined || twin));
  const quotesSealed = state.quotesSealed || isContinued(details);
  const quotedList = state.quotedList ?? quotedIn(details);
  const goesTo = addressed(details);
  const answered = state.answeredFor === goesTo ? state.answered : [];
  const switches = await loadGuards();
  // opened mail that leaves its list: there is nobody to seal it for, and an answer, or the button, lets it go
  const mayLeave = state.sealing === "off" || switches["sealed-quote"];
  const leaving = list === undefined && !none && quotesSealed && mayLeave;
  const sealing = wanted && !leaving ? "on" : "off";
  if (sealing === "on" && (list === undefined || none)) {
    throw new SendBlocked({ kind: "no-list" });
  }
  const attached = await thunderbird().compose.listAttachments(tabId);
  const [question] = questionsAbout(
    {
      recipients,
      sealing,
      quotesSealed,
      quotedList,
      body:
        details.isPlainText === true
          ? { kind: "text", content: details.plainTextBody ?? "" }
          : { kind: "html", content: details.body ?? "" },
      attachments: attached.length,
    },
    switches,
    answered,
  );
  if (question !== undefined) {
    await changeState(tabId, { answered, answeredFor: goesTo });
    throw new SendBlocked(question);
  }
  if (sealing === "off" || list === undefined) return inClear(details);
  // all of it at once: whatever becomes of this, the window that goes on with it seals
  await changeState(tabId, { phase: "sealing", sealing: "on", listAddress: list.address });
  keepDrafts(tabId, [state.keptDraft, state.openedDraft]);
  await refresh(tabId);
  return sealInPlace(tabId, details, await authorFor(list), signal);
}

/** Lets a mail go as it is, but for what only drafts have to know. */
async function inClear(details: ComposeDetails): Promise<BeforeSendAnswer> {
  const { identityId } = details;
  const identity = identityId === undefined ? undefined : await trueIdentity(identityId);
  const changed: ComposeDetails = {
    ...(identity === undefined || identity === identityId
      ? {}
      : { identityId: identity, ...approved(details) }),
    ...(isContinued(details) ? { customHeaders: withoutContinued(details) } : {}),
  };
  return Object.keys(changed).length === 0 ? {} : { details: changed };
}

async function sealInPlace(
  tabId: number,
  details: ComposeDetails,
  { list, key, secret }: LetterAuthor,
  signal: AbortSignal,
): Promise<BeforeSendAnswer> {
  const { compose } = thunderbird();
  const { attached, files } = await filesIn(tabId, details);
  const letter = letterOf(
    details,
    await Promise.all(files.map(bytesOf)),
    mailboxOf(list),
    await threadOf(details),
    new Date(),
  );
  const transfer = letter.attachments
    .map(({ bytes }) => bytes.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
  const sealed = await runJob("seal", { letter, list, key, secret }, { transfer, signal });
  if (signal.aborted) throw new AddonError("cancelled", "stopped by the person");

  const added: number[] = [];
  const dictionaries = await spellInNothing(tabId);
  keepOriginal(tabId, { details, files, sealed: added, dictionaries, release: stayAwake() });
  try {
    for (const part of sealed.parts) {
      const file = new File([new Uint8Array(part.bytes)], part.name, { type: part.type });
      added.push((await compose.addAttachment(tabId, { file })).id);
    }
    for (const { id } of attached) await compose.removeAttachment(tabId, id);
  } catch (cause) {
    await giveBack(tabId);
    throw new AddonError("worker-failed", "the attachments could not be replaced", { cause });
  }
  const outer = await outerDetails(details, sealed);
  await changeState(tabId, { phase: "sealed" });
  return { details: outer };
}

/**
 * Answers `compose.onAfterSend`. QUIRK: after a failed SMTP dialogue the sealed form is in the composer, and
 * neither an error nor a Message-ID comes with the event; that is the only sign.
 */
export async function afterSend(tab: TabRef, info: SendInfo): Promise<void> {
  const tabId = tab.id;
  if (tabId === undefined) return;
  const failed =
    (info.error ?? "") !== "" || (info.mode === "sendNow" && (info.headerMessageId ?? "") === "");
  const drafts = takeDrafts(tabId);
  if (!failed) {
    const { listAddress } = await stateOf(tabId);
    // the list's server hears from this member now in any case
    if (listAddress !== null) void sendHeldReceipts(listAddress);
    takeOriginal(tabId);
    await removeDrafts(drafts);
    const request = takeHeldRequest(tabId);
    // forgotten meanwhile: then nothing waits for it
    if (request !== undefined) await noteSent(request).catch(() => undefined);
    return;
  }
  await comeBack(tabId);
  await changeState(tabId, { sendMode: info.mode });
  await refresh(tabId);
}

/**
 * Goes on with a sending that was stopped by a question, now that it has its answer: nobody presses Send twice for one mail.
 * Does not wait for what becomes of it; the next question, a failure or the window's end shows that.
 */
export async function goOnSending(tabId: number): Promise<void> {
  const { sendMode } = await stateOf(tabId);
  await changeState(tabId, { hindrance: null });
  void thunderbird()
    .compose.sendMessage(tabId, { mode: sendMode === "sendLater" ? "sendLater" : "default" })
    .catch(() => undefined);
}

/** What was written comes back into the window that holds its sealed form. @returns whether something came back */
async function comeBack(tabId: number): Promise<boolean> {
  const back = (await giveBack(tabId)) || (await unsealInPlace(tabId));
  await changeState(tabId, { phase: "writing" });
  return back;
}

/**
 * Puts back what the person wrote, after a sending that did not happen. Does what it can: one step that fails doesn't
 * stop the others.
 * @returns whether there was something to put back
 */
export async function giveBack(tabId: number): Promise<boolean> {
  const original = takeOriginal(tabId);
  if (original === undefined) return false;
  const { compose } = thunderbird();
  const { details, files, sealed, dictionaries } = original;
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
    () => compose.setComposeDetails(tabId, innerDetails(details)),
    () => spellIn(tabId, dictionaries),
    () => compose.setComposeDetails(tabId, { isModified: true }),
  ];
  for (const step of steps) {
    try {
      await step();
    } catch {
      // the next step is worth trying in any case
    }
  }
  return true;
}
