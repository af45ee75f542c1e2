import { type ReadLetter, readPayload } from "../../mail/payload.js";
import { fromParts, type MailPart } from "../../mail/sealed-mail.js";
import { shownBody } from "../../mail/shown-body.js";
import { authorOfLetter } from "../../membership/introduction/letter-author.js";
import type { Pins } from "../../membership/introduction/pins.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import { type OpeningKey, type SealingKey, userIdOf, writeSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { revokedSince } from "../../openpgp/revocation.js";
import { listValue } from "../../protocol/binding.js";
import type { SealedMessage } from "../../protocol/message.js";
import { listKeySaid, openPost } from "../../protocol/open-post.js";
import { AddonError, codeOf } from "../platform/errors.js";
import { deletedKeysOf, keptKeysOf, lastEnd, type StoredList } from "../records/stored.js";
import { trustOf } from "./author-trust.js";
import type { OpenedLetter } from "./jobs.js";
import { listOpener, memberCertificateOf, memberSecret, serverCertificate } from "./read-keys.js";

/** Sealed to a list key that the person has deleted here. */
export interface UnderDeletedKey {
  readonly kind: "key-deleted";
  /** The list's address. */
  readonly list: string;
  /** ISO 8601: until when the newest of the keys that were deleted was the list's. */
  readonly before: string;
}

/**
 * Opens a sealed mail with what is here. The lists are tried in their order; the first that opens it wins, and a
 * failure is told only if none does. Nothing is given out before every check has passed.
 * @throws ListSealError what `openPost` throws; `no-lists-here` and `no-member-key` if there is nothing to open with
 */
export async function open({
  parts,
  lists,
  secrets,
  pins,
  now,
}: {
  readonly parts: readonly MailPart[];
  /** The lists to try, the likeliest first. */
  readonly lists: readonly StoredList[];
  /** Unlocked secrets of all member keys, in base64. */
  readonly secrets: readonly string[];
  readonly pins: Readonly<Record<string, Pins>>;
  readonly now: string;
}): Promise<
  OpenedLetter | UnderDeletedKey | { readonly kind: "not-for-me" } | { readonly kind: "not-sealed" }
> {
  const sealed = fromParts(parts);
  if ("kind" in sealed) return { kind: "not-sealed" };
  if (lists.length === 0) throw new AddonError("no-lists-here", "no list is known here");
  const member = await Promise.all(secrets.map(memberSecret));
  if (member.length === 0) throw new AddonError("no-member-key", "no member key is here");

  let failure: ListSealError | undefined;
  let deleted: UnderDeletedKey | undefined;
  for (const list of lists) {
    try {
      const result = await openByAny(sealed, list, member, pins[list.address], new Date(now));
      if (result.kind === "opened") return result;
    } catch (error) {
      if (!(error instanceof ListSealError)) throw error;
      // "for another list" says least: any other failure is about this very mail
      if (failure === undefined || codeOf(failure, "wrong-list") === "wrong-list") failure = error;
    }
    deleted ??= await underDeletedKey(sealed, list, member, new Date(now));
  }
  if (deleted !== undefined) return deleted;
  if (failure !== undefined) throw failure;
  return { kind: "not-for-me" };
}

/** Whether a mail is under one of the list's deleted keys, by the word of its server or of one's own submission. */
async function underDeletedKey(
  sealed: SealedMessage,
  { address, profile, ...list }: StoredList,
  member: readonly OpeningKey<"member">[],
  now: Date,
): Promise<UnderDeletedKey | undefined> {
  const deleted = deletedKeysOf(list);
  if (deleted.length === 0) return undefined;
  const key = await listOpener(list.listKey, profile);
  const names = deleted.map(({ fingerprint }) => listValue(address, parseListKeyId(fingerprint)));
  for (const each of [list.serverCertificate, ...list.formerServers]) {
    const server = await serverCertificate(each);
    const said = await listKeySaid(sealed, { member, list: { address, key }, server, now }).catch(
      () => undefined,
    );
    if (said === undefined || !names.includes(said)) continue;
    return { kind: "key-deleted", list: address, before: lastEnd(deleted) };
  }
  return undefined;
}

/** What one list opens mail with: a key of its own, of today or before, and a server. */
interface Keys {
  readonly listKey: string;
  /** From when on posts under this list key are marked; null for today's. */
  readonly graceEnds: string | null;
  readonly server: string;
}

/** Tries the list's keys and servers, today's first. A server counts only for the list's word about how the mail came. */
async function openByAny(
  sealed: SealedMessage,
  list: StoredList,
  member: readonly OpeningKey<"member">[],
  pins: Pins | undefined,
  now: Date,
): Promise<OpenedLetter | { readonly kind: "not-for-me" }> {
  const listKeys = [{ listKey: list.listKey, graceEnds: null }, ...keptKeysOf(list).toReversed()];
  const servers = [list.serverCertificate, ...list.formerServers.toReversed()];
  let failure: unknown;
  let opened: OpenedLetter | undefined;
  for (const key of listKeys) {
    for (const server of servers) {
      try {
        const result = await openFor(sealed, list, { ...key, server }, member, pins, now);
        if (result.kind !== "opened") return result;
        if (result.passage.via !== "unproved") return result;
        opened ??= result;
      } catch (error) {
        failure ??= error;
      }
    }
    if (opened !== undefined) return opened;
  }
  throw failure;
}

async function openFor(
  sealed: SealedMessage,
  list: StoredList,
  keys: Keys,
  member: readonly OpeningKey<"member">[],
  pins: Pins | undefined,
  now: Date,
): Promise<OpenedLetter | { readonly kind: "not-for-me" }> {
  const listKey = await listOpener(keys.listKey, list.profile);
  // old mail has to open after the server's certificate has run out: parsed, not checked for today
  const server = await serverCertificate(keys.server);
  let read: { readonly letter: ReadLetter; readonly author: SealingKey<"member"> } | undefined;
  const result = await openPost(
    sealed,
    { member, list: { address: list.address, key: listKey }, server },
    async (payload) => {
      const letter = await readPayload(payload);
      const author = await authorOfLetter(letter, memberCertificateOf);
      read = { letter, author };
      return { author, messageId: letter.messageId };
    },
  );
  if (result.kind === "not-for-me") return result;
  if (read === undefined) throw new ProtocolError("damaged", "nothing was identified");
  const { letter, author } = read;
  const { author: brought, pieces, ...shown } = letter;
  const evidence = {
    signer: result.author,
    signedAt: result.signedAt,
    from: letter.from.address,
    seenAt: "roster" in result.passage ? result.passage.signedAt : now,
    revokedSince: await revokedSince(author.certificate, now),
    certificate: brought?.certificate ?? new Uint8Array(),
    ...(brought?.introduction === undefined ? {} : { introduction: brought.introduction }),
  };
  const own = member.map((key) => key.fingerprint);
  const { standing, pins: next } = await trustOf(evidence, list, own, pins, now);
  return {
    kind: "opened",
    list: list.address,
    letter: shown,
    body: await shownBody({ pieces, attachments: letter.attachments }),
    author: {
      fingerprint: author.fingerprint,
      userId: userIdOf(author),
      standing,
      certificate: writeSealingKey(author),
      ...(brought?.introduction === undefined ? {} : { introduction: brought.introduction }),
    },
    pins: next,
    passage: result.passage,
    hasStraySignature: result.hasStraySignature,
    messageId: result.messageId,
    dataPacketDigest: result.dataPacketDigest,
    signedAt: result.signedAt.toISOString(),
    underOldKey: keys.graceEnds !== null && result.signedAt > new Date(keys.graceEnds),
  };
}
