import { takeRidingNotice } from "../member/riding-notice.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import { type MessageHeader, thunderbird } from "../platform/thunderbird.js";
import { secretsOf } from "../reading/opening.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { OpenedLetter } from "../worker/jobs.js";
import type { JobInput } from "../worker/table.js";
import type { MailToIndex } from "./indexed-mail.js";
import { isDoubtful, letterForIndex } from "./letter-for-index.js";

/**
 * Opens a mail of a folder for the index. Nothing of it is remembered but in the index: that a mail was listed does not make its
 * author known, nor a copy of it the first. Both are decided when somebody reads it.
 */

/** Failures that are none of the mail's: another time it may open. */
const passing: readonly ErrorCode[] = [
  "key-locked",
  "worker-failed",
  "timed-out",
  "cancelled",
  "storage-failed",
];

/** What is in every mail of ours; {@link readMessage} of reading looks for the same. */
const TRACE = /listseal|\.pgp/i;

/** Lists, pins, unlocked secrets and a date, which many mails one after the other are opened with. */
export type Openers = Omit<JobInput<"open-mail">, "raw">;

/** Those of now. @throws ListSealError `key-locked`, and what storage throws */
export async function openersNow(): Promise<Openers> {
  const stored = await load();
  const { lists, pins } = stored;
  const now = new Date().toISOString();
  return { lists: Object.values(lists), secrets: await secretsOf(stored), pins, now };
}

/**
 * Opens a mail for the index.
 * @param folder the id of the folder that it is in
 * @param openers read a moment ago: for each mail anew, that takes as long as opening it
 * @returns null for what is no list mail, or is none that opens by itself
 * @throws ListSealError `key-locked`, and what says nothing of the mail, such as `timed-out`
 */
export async function mailForIndex(
  header: MessageHeader,
  folder: string,
  openers: Openers,
): Promise<MailToIndex | null> {
  const raw = await rawOf(header);
  if (raw === null || !TRACE.test(raw)) return null;
  const openWith = (keys: Openers) => runJob("open-mail", { ...keys, raw });
  try {
    const { letter, carried } = await openWith(openers);
    const isNews = carried !== null && (await takeRidingNotice(carried.notice, carried));
    // the copy that brings a list key is under it
    const opened = letter === null && isNews ? (await openWith(await openersNow())).letter : letter;
    return opened === null ? null : indexed(opened, header, folder);
  } catch (error) {
    if (passing.includes(codeOf(error, "worker-failed"))) throw error;
    return null;
  }
}

/** A mail that can't be fetched, since it is gone or its server does not answer, is left for another time. */
async function rawOf({ id }: MessageHeader): Promise<string | null> {
  try {
    return await thunderbird().messages.getRaw(id, { decrypt: false, data_format: "BinaryString" });
  } catch {
    return null;
  }
}

function indexed(opened: OpenedLetter, header: MessageHeader, folder: string): MailToIndex {
  const at = { id: header.headerMessageId, folder, unread: header.read !== true };
  return letterForIndex(opened, at, isDoubtful(opened.passage.via, opened.author.standing));
}
