import { keptKeysOf, type StoredList, type StoredMemberKey } from "../records/stored.js";
import type { OpenedLetter, SealedLetter } from "./jobs.js";
import { open } from "./open.js";
import { readMail } from "./read-mail.js";
import { seal } from "./seal.js";

/**
 * A post that is older is not sealed again: the server takes posts of seven days. Attack: a server that says of an old post,
 * which was passed on long ago, that it was not, and so has it sent to those who have come since.
 */
const GOOD_FOR_MS = 6 * 86_400_000;

/**
 * What became of it: `not-here` if the mail is not that post of one's own, under a list key that was replaced; `too-old` if it
 * is not to be sent by itself any more.
 */
export type SealedAgain =
  | { readonly kind: "sealed"; readonly sealed: SealedLetter }
  | { readonly kind: "not-here" }
  | { readonly kind: "too-old" };

/**
 * One's own post that was sealed under a list key of before, sealed under the key of today: the same letter with the same
 * Message-ID and Date. Nothing of it leaves the worker but the seals.
 *
 * @throws ListSealError what `seal` throws
 */
export async function sealAgain({
  mail,
  list,
  key,
  secret,
  messageId,
  now,
}: {
  /** As it lies in the folder of what was sent. */
  readonly mail: Uint8Array;
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
  /** The signed one. */
  readonly messageId: string;
  readonly now: string;
}): Promise<SealedAgain> {
  const opened = await openedUnderFormer(mail, list, secret, now);
  // attack: another's mail, or another of one's own, under the Message-ID that the server or a wire named
  if (opened === undefined || opened.messageId !== messageId || opened.passage.via !== "own-copy")
    return { kind: "not-here" };
  if (opened.author.fingerprint !== key.fingerprint) return { kind: "not-here" };
  if (Date.parse(now) - Date.parse(opened.signedAt) > GOOD_FOR_MS) return { kind: "too-old" };
  return { kind: "sealed", sealed: await seal({ letter: opened.letter, list, key, secret, at: now }) };
}

async function openedUnderFormer(
  mail: Uint8Array,
  list: StoredList,
  secret: string,
  now: string,
): Promise<OpenedLetter | undefined> {
  const read = await readMail({ raw: mail });
  if (read.kind !== "sealed") return undefined;
  const { parts } = read;
  for (const { listKey, fingerprint } of keptKeysOf(list).toReversed()) {
    const lists = [{ ...list, listKey, listKeyFingerprint: fingerprint, formerListKeys: [] }];
    // whatever is wrong with it under this key: it is not that post
    const result = await open({ parts, lists, secrets: [secret], pins: {}, now }).catch(() => undefined);
    if (result?.kind === "opened") return result;
  }
  return undefined;
}
