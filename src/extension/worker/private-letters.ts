import { fromBase64 } from "../../mail/base64.js";
import { privateNotice, privateSubject } from "../../mail/fixed-texts.js";
import { domainOf, type Mailbox, makeMailbox, parseAddress } from "../../mail/mailbox.js";
import { type Letter, type ReadLetter, readPayload, writePayload } from "../../mail/payload.js";
import { privatePart } from "../../mail/private-mail.js";
import { MembershipError } from "../../membership/file/errors.js";
import { authorOfLetter } from "../../membership/introduction/letter-author.js";
import type { Pins } from "../../membership/introduction/pins.js";
import { ProtocolError } from "../../openpgp/errors.js";
import {
  readOpeningKey,
  readSealingKey,
  type SealingKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { revokedSince } from "../../openpgp/revocation.js";
import { listValue } from "../../protocol/binding.js";
import { openPrivate, sealPrivate } from "../../protocol/private-letter.js";
import { newMessageId } from "../../protocol/seal-post.js";
import { AddonError } from "../platform/errors.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import { trustOf } from "./author-trust.js";
import type { Correspondent, OpenedPrivate, SealedPrivate } from "./jobs.js";
import { ownKey } from "./member-keys.js";
import { publicIntroduction } from "./seal.js";

/** Letters between two members of a list, past the list. */

/**
 * Seals an answer to one member. Its subject and words are inside; outside stand the two addresses.
 * @throws ListSealError `wrong-address` if From is not the key's address, or the certificate is not the reader's; what `sealPrivate` throws
 */
export async function sealPrivateLetter({
  from,
  to,
  subject,
  text,
  list,
  key,
  secret,
  now,
}: {
  readonly from: Mailbox;
  readonly to: Correspondent;
  readonly subject: string;
  readonly text: string;
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
  readonly now: string;
}): Promise<SealedPrivate> {
  const author = await ownKey(key, secret);
  if (key.address !== from.address)
    throw new MembershipError("wrong-address", "the key belongs to another address than From");
  const date = new Date(now);
  const reader = await readSealingKey("member", to.certificate, date);
  if (reader.fingerprint !== to.fingerprint)
    throw new MembershipError("wrong-address", "the certificate is not the reader's");
  const letter: Letter = {
    from,
    to: [makeMailbox(to.name ?? undefined, parseAddress(to.address))],
    cc: [],
    subject,
    date,
    messageId: newMessageId(domainOf(parseAddress(list.address))),
    inReplyTo: to.messageId,
    references: [...to.references.filter((id) => id !== to.messageId), to.messageId],
    text,
    attachments: [],
    author: {
      certificate: fromBase64(key.certificate),
      ...(list.certified === key.fingerprint ? await publicIntroduction(list) : {}),
    },
  };
  const outer = { subject: privateSubject(), from, to: letter.to, thread: false };
  const sealed = await sealPrivate({
    payload: writePayload(letter, outer),
    messageId: letter.messageId,
    list: listValue(list.address, (await readOpeningKey("list", fromBase64(list.listKey))).fingerprint),
    to: reader,
    author,
    date,
  });
  return { part: privatePart(sealed), subject: outer.subject, notice: privateNotice() };
}

/**
 * Opens a private letter: by one's own key, and by its author's signature, whom the list that it names knows.
 * @throws ListSealError `no-member-key`; `wrong-list` for a list, or a key of it, that is not known here; what `openPrivate` throws
 */
export async function openPrivateLetter({
  sealed,
  lists,
  secrets,
  pins,
  now,
}: {
  readonly sealed: Uint8Array;
  readonly lists: readonly StoredList[];
  /** Unlocked secrets of all member keys, in base64. */
  readonly secrets: readonly string[];
  readonly pins: Readonly<Record<string, Pins>>;
  readonly now: string;
}): Promise<OpenedPrivate | { readonly kind: "not-for-me" }> {
  const own = await Promise.all(secrets.map((secret) => readOpeningKey("member", fromBase64(secret))));
  if (own.length === 0) throw new AddonError("no-member-key", "no member key is here");
  const date = new Date(now);
  let read: { readonly letter: ReadLetter; readonly author: SealingKey<"member"> } | undefined;
  const opened = await openPrivate(
    sealed,
    own,
    async (payload) => {
      const letter = await readPayload(payload);
      const author = await authorOfLetter(letter);
      read = { letter, author };
      return { author, messageId: letter.messageId };
    },
    date,
  );
  if (opened === "not-for-me") return { kind: opened };
  if (read === undefined) throw new ProtocolError("damaged", "nothing was identified");
  const { letter, author } = read;
  const list = lists.find((each) => namesOf(each).includes(opened.list));
  if (list === undefined) throw new ProtocolError("wrong-list", "by a list that is not known here");
  const { author: brought, pieces: _pieces, ...shown } = letter;
  const { standing } = await trustOf(
    {
      signer: opened.author,
      signedAt: opened.signedAt,
      from: letter.from.address,
      seenAt: date,
      revokedSince: await revokedSince(author.certificate, date),
      certificate: brought?.certificate ?? new Uint8Array(),
      ...(brought?.introduction === undefined ? {} : { introduction: brought.introduction }),
    },
    list,
    own.map((key) => key.fingerprint),
    pins[list.address],
    date,
  );
  return {
    kind: "private",
    list: list.address,
    letter: shown,
    author: {
      fingerprint: author.fingerprint,
      userId: userIdOf(author),
      standing,
      certificate: writeSealingKey(author),
    },
    signedAt: opened.signedAt.toISOString(),
  };
}

/** What `list` may say of it: with its key of today, or one before. */
const namesOf = ({ address, listKeyFingerprint, formerListKeys }: StoredList): readonly string[] =>
  [listKeyFingerprint, ...formerListKeys.map(({ fingerprint }) => fingerprint)].map(
    (key) => `${address} ${key}`,
  );
