import { awake } from "../../platform/keep-awake.js";
import { type ComposeDetails, thunderbird } from "../../platform/thunderbird.js";
import { holdsCopies } from "../../reading/local-copies/keep.js";
import { load } from "../../records/storage.js";
import { SendBlocked } from "../author.js";
import { noThread } from "../letter.js";
import { addressed, recipientsOf } from "../recipients.js";
import { isDraftIdentity } from "./draft-identity.js";
import { changeIdentity, refresh, turnOn } from "./list-mode.js";
import { headersOf, openedDraft } from "./opened-draft.js";
import { leaveQuoteOut, putQuote } from "./quote.js";
import { beginningOf, type RelatedMail, relatedTo, type WindowContent } from "./related-mail.js";
import { replyIdentity } from "./reply-identity.js";
import { openSealedDraft } from "./sealed-draft.js";
import { settleOnce } from "./send-state.js";
import { threadOutside, withContinued } from "./thread.js";
import { changeState, stateOf } from "./window-state.js";

/**
 * Settling what a window quotes: once, when it opens or when it is sent, whoever comes first; the other waits. A page that slept
 * or died in between asks the state, which outlives it.
 *
 * Attack: an answer is sent at once, while the page sleeps or a large mail is still being read: Thunderbird's own quote leaves
 * before ours has taken its place, unsealed. So sending waits, and is cancelled where the person has not seen what came of it.
 */

/** Settles a window. Rejects if that can't be done: then nothing is sent, and the next try starts over. */
export function settleQuote(tabId: number): Promise<void> {
  return settleOnce(tabId, () => awake(() => settle(tabId)));
}

/**
 * Settles a window that is about to be sent.
 * @param seen what the person saw when they pressed Send
 * @returns what is there now
 * @throws Hindered if that is something else: they look at it, and press again
 */
export async function settledToSend(tabId: number, seen: ComposeDetails): Promise<ComposeDetails> {
  if ((await stateOf(tabId)).quote === "settled") return seen;
  await settleQuote(tabId);
  const now = await thunderbird().compose.getComposeDetails(tabId);
  if (whatLeaves(now) !== whatLeaves(seen)) throw new SendBlocked({ kind: "settled-late" });
  return now;
}

/** What a person looks at before they send. */
function whatLeaves({ subject, body, plainTextBody, ...details }: ComposeDetails): string {
  return JSON.stringify([subject, body, plainTextBody, addressed(details)]);
}

async function settle(tabId: number): Promise<void> {
  if ((await stateOf(tabId)).quote === "settled") return;
  const details = await thunderbird().compose.getComposeDetails(tabId);
  const beginning = await beginningOf(tabId, details);
  await takeIdentity(tabId, beginning, details);
  const related = await relatedTo(beginning, details, () =>
    leaves(beginning) ? sealFromNowOn(tabId, null) : Promise.resolve(),
  );
  await take(tabId, beginning, related);
  await openSealedDraft(tabId);
  await changeState(tabId, { quote: "settled" });
}

/** The fields of a draft that is there no more: it stops nobody from sending. */
const gone: Awaited<ReturnType<typeof headersOf>> = {};

/** From as it would be without the identities that keep drafts here; a draft that was kept under one goes on being sealed. */
async function takeIdentity(tabId: number, beginning: WindowContent, details: ComposeDetails): Promise<void> {
  const identity = await replyIdentity(beginning, details);
  if (identity !== null) await changeIdentity(tabId, identity);
  if (beginning !== "draft" || (await stateOf(tabId)).sealing === "on") return;
  // QUIRK: Thunderbird 153 goes by the address of a draft's identity, and that one has none
  const draft = await openedDraft(details);
  const key = draft === null ? undefined : (await headersOf(draft).catch(() => gone))["x-identity-key"]?.[0];
  if (key === undefined || !(await isDraftIdentity(key.trim()))) return;
  const { list } = recipientsOf(details, (await load()).lists);
  await turnOn(tabId, list === undefined ? "hand" : "recipients");
}

/** Whether a mail with sealed parts puts words of its own into the window. Attached or redirected it stays as sealed as it is. */
function leaves(beginning: WindowContent): beginning is "reply" | "forward" | "again" {
  return beginning === "reply" || beginning === "forward" || beginning === "again";
}

/** First of all, before any word is there: whatever happens next, the mail is sealed and its drafts stay here. */
async function sealFromNowOn(tabId: number, list: string | null): Promise<void> {
  const { quotedList, sealing, decidedBy } = await stateOf(tabId);
  await changeState(tabId, { quotesSealed: true, quotedList: list ?? quotedList });
  if (sealing === "off" && decidedBy === "recipients") await turnOn(tabId, "recipients");
}

async function take(tabId: number, beginning: WindowContent, related: RelatedMail): Promise<void> {
  switch (related.kind) {
    case "nothing":
      return;
    case "continued":
      await sealFromNowOn(tabId, related.list);
      // QUIRK: a draft's own fields are not restored
      if (related.thread !== null)
        await note(tabId, (details) => ({
          customHeaders: withContinued(details, related.thread ?? noThread, related.list),
        }));
      return;
    case "copy":
      await sealFromNowOn(tabId, related.list);
      await takeCopy(tabId, beginning, related.list);
      return;
    case "opened":
      if (!leaves(beginning)) return;
      await sealFromNowOn(tabId, related.list);
      await putQuote(tabId, beginning, related.opened);
      return;
    case "unopened":
      if (!leaves(beginning)) return;
      await sealFromNowOn(tabId, null);
      await leaveOut(tabId, beginning);
  }
}

/**
 * What a readable copy says stays where Thunderbird has put it. An answer goes to the list and not to the author alone: where
 * the copy lies in the folder that we keep, and not on the word of a mail that calls itself a copy.
 */
async function takeCopy(tabId: number, beginning: WindowContent, list: string | null): Promise<void> {
  const { compose, messages } = thunderbird();
  const { relatedMessageId } = await compose.getComposeDetails(tabId);
  const reply = beginning === "reply" && relatedMessageId !== undefined;
  const thread = reply ? await threadOutside(relatedMessageId) : noThread;
  const ours = reply && holdsCopies((await messages.get(relatedMessageId)).folder);
  const to =
    ours && list !== null && (await load()).lists[list] !== undefined ? { to: [list], cc: [], bcc: [] } : {};
  await note(tabId, (details) => ({ ...to, customHeaders: withContinued(details, thread, list) }));
}

/** QUIRK: Thunderbird quotes what is selected in answers only; in a forward stands what the mail says outside its seals. */
async function leaveOut(tabId: number, beginning: "reply" | "forward" | "again"): Promise<void> {
  if (beginning !== "reply") {
    await note(tabId, (details) => ({ customHeaders: withContinued(details, noThread, null) }));
    return;
  }
  const { relatedMessageId } = await thunderbird().compose.getComposeDetails(tabId);
  const thread = relatedMessageId === undefined ? noThread : await threadOutside(relatedMessageId);
  await leaveQuoteOut(tabId, thread);
  await changeState(tabId, { notice: "quote-left-out" });
  await refresh(tabId);
}

/** Changes a window in a way that is nothing to save or to ask about. */
async function note(tabId: number, change: (details: ComposeDetails) => ComposeDetails): Promise<void> {
  const { compose } = thunderbird();
  const details = await compose.getComposeDetails(tabId);
  const { isModified = false } = details;
  await compose.setComposeDetails(tabId, { ...change(details), isModified });
}
