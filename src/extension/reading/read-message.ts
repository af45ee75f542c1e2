import { filesInside } from "../../mail/shown-body.js";
import { lockIfDue } from "../keys/unlocked.js";
import { takeRidingNotice } from "../member/riding-notice.js";
import { awake } from "../platform/keep-awake.js";
import { type MessageHeader, thunderbird } from "../platform/thunderbird.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { MailRead } from "../worker/jobs.js";
import { keepCopy } from "./local-copies/keep.js";
import { basisNow, basisOf, type NotOpened, notOpened, type OpenedMail, openSealed } from "./opening.js";
import { type OpenedPrivateMail, openPrivateMail } from "./private-reading.js";

/**
 * Opening mail in Thunderbird's folders, and what is kept of it.
 *
 * QUIRK: Thunderbird 153 does in JavaScript, in the process of its windows, what an add-on asks about a message: it makes the
 * octets of a `File` one by one, and goes through the whole mail for its tree and for each part. Where JavaScript is not
 * compiled (Debian), no window answers meanwhile: half a second for 1 MB. As a binary string the mail comes in a tenth of
 * that, and the worker does the rest.
 *
 * Opened letters stay in memory for a while, for saving attachments, quoting and going back; never on disk. Each is kept with
 * the state of the lists that its verdict was made from, and counts for that state alone.
 */

export type MessageReading =
  | { readonly kind: "opened"; readonly opened: OpenedMail }
  /** No sealed post: an ordinary mail, or another of our kinds. */
  | Extract<MailRead, { readonly kind: "other" }>
  | OpenedPrivateMail
  | { readonly kind: "elsewhere" }
  | NotOpened;

/** Bytes of opened letters that are kept at most; the oldest go first. */
const CACHE_BYTES = 80_000_000;
const CACHE_LETTERS = 50;
const cache = new Map<string, { readonly opened: OpenedMail; readonly bytes: number }>();
/** A letter that is being opened: whoever asks meanwhile waits for the same, as long as nothing of {@link basis} has changed. */
interface Opening {
  /** Known before any part is opened: whether there are sealed ones. */
  readonly sealed: Promise<boolean>;
  readonly reading: Promise<MessageReading>;
  /** The state that it was begun in; never rejects. */
  readonly basis: Promise<string>;
}

const opening = new Map<string, Opening>();
/** How often everything was forgotten: what was begun before the last time is not kept. */
let forgotten = 0;

/** Forgets all opened letters when keys are locked, also those that are being opened. */
export function forgetOpened(): void {
  forgotten += 1;
  cache.clear();
  opening.clear();
}

function keep(key: string, opened: OpenedMail): void {
  const { letter, body } = opened.letter;
  const bytes = [...letter.attachments, ...filesInside(body)].reduce(
    (sum, each) => sum + each.bytes.length,
    (letter.html?.length ?? 0) + 1_000,
  );
  cache.set(key, { opened, bytes });
  let total = [...cache.values()].reduce((sum, each) => sum + each.bytes, 0);
  for (const [oldest, each] of cache) {
    if (oldest === key || (total <= CACHE_BYTES && cache.size <= CACHE_LETTERS)) break;
    cache.delete(oldest);
    total -= each.bytes;
  }
}

/**
 * What is somewhere in every mail of ours, by the types of its parts or by their names. Most mail has no trace of it and is
 * looked at no further.
 */
const TRACE = /listseal|\.pgp/i;
const nothing: MessageReading = { kind: "other", arriving: null, invitation: null };

/**
 * Reads one message of a folder. Never throws: what went wrong is part of the answer.
 * @param open `elsewhere` also opens a sealed part that is in a foreign shell (after a click)
 * @param foundSealed begun as soon as it is known that there are sealed parts, and awaited before anything opened is given out
 */
export async function readMessage(
  header: MessageHeader,
  open: "in-its-own-shell" | "elsewhere",
  foundSealed: () => Promise<void> = async () => undefined,
): Promise<MessageReading> {
  // the id alone is not enough: Thunderbird gives it out again after each start
  const key = `${header.id} ${header.headerMessageId} ${open}`;
  try {
    const known = await knownAt(key);
    if (known !== undefined) {
      await foundSealed();
      return { kind: "opened", opened: known };
    }
    const begun = (await begunAt(key)) ?? begin(header, open, key);
    if (await begun.sealed) await foundSealed();
    return await begun.reading;
  } catch (error) {
    return notOpened(error);
  }
}

/** Large mail takes seconds: a verdict from before a change must not be given to who asks after it. */
async function begunAt(key: string): Promise<Opening | undefined> {
  const begun = opening.get(key);
  return begun !== undefined && (await begun.basis) === (await basisNow()) ? begun : undefined;
}

function begin(header: MessageHeader, open: "in-its-own-shell" | "elsewhere", key: string): Opening {
  let found: (sealed: boolean) => void = () => undefined;
  const sealed = new Promise<boolean>((resolve) => {
    found = resolve;
  });
  const reading = awake(() => readAnew(header, open, key, () => found(true))).finally(() => {
    found(false);
    if (opening.get(key) === begun) opening.delete(key);
  });
  // whoever asked hears of it, after they have waited for `sealed`
  reading.catch(() => undefined);
  const begun: Opening = { sealed, reading, basis: basisNow() };
  opening.set(key, begun);
  return begun;
}

/**
 * The letter that was opened before, if everything is as it was.
 *
 * Attack: owners take a member's key back, or hand the list over; the mail on the screen kept its green line for as long as the
 * page lived, since only some changes of the lists had the letters forgotten. Now none can be left out: a letter that was opened
 * from another state of lists, keys and pins is opened again.
 */
async function knownAt(key: string): Promise<OpenedMail | undefined> {
  if (!cache.has(key)) return undefined;
  // locking empties the cache, so it is asked for after the time was looked at
  await lockIfDue();
  const stored = await load();
  const basis = await basisOf(stored);
  const known = cache.get(key)?.opened;
  if (known === undefined || known.basis === basis) return known;
  cache.delete(key);
  return undefined;
}

async function readAnew(
  header: MessageHeader,
  open: "in-its-own-shell" | "elsewhere",
  key: string,
  foundSealed: () => void,
): Promise<MessageReading> {
  const begun = forgotten;
  const raw = await thunderbird().messages.getRaw(header.id, { decrypt: false, data_format: "BinaryString" });
  if (!TRACE.test(raw)) return nothing;
  const mail = await runJob("read-mail", { raw });
  if (mail.kind === "other") return mail;
  foundSealed();
  if (mail.kind === "private") return openPrivateMail(mail);
  if (mail.shell === "elsewhere" && open !== "elsewhere") return { kind: "elsewhere" };
  await takeRidingNotice(mail.riding, mail);
  const reading = await openSealed({ ...mail, parts: async () => mail.parts });
  if (reading.kind !== "opened") return reading;
  const { letter, view } = reading.opened;
  if (begun === forgotten) keep(key, reading.opened);
  // the reader waits for the mail and not for its copy
  keepCopy(view.list, letter.letter, () => isRead(header)).catch(() =>
    console.warn("ListSeal: a copy could not be kept"),
  );
  return reading;
}

/** Whether a mail is marked as read now: opening it may have done that. One that is gone was looked at. */
async function isRead({ id }: MessageHeader): Promise<boolean> {
  try {
    return (await thunderbird().messages.get(id)).read === true;
  } catch {
    return true;
  }
}

/** The one message that a tab shows, or undefined if it shows none or several. */
export async function shownMessage(tabId: number): Promise<MessageHeader | undefined> {
  const { messages } = await thunderbird().messageDisplay.getDisplayedMessages(tabId);
  return messages.length === 1 ? messages[0] : undefined;
}
