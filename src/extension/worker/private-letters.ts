import { fromBase64 } from "../../mail/base64.js";
import { privateNotice, privateSubject } from "../../mail/fixed-texts.js";
import { parseAddress } from "../../mail/mailbox.js";
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
import { AddonError } from "../platform/errors.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import { trustOf } from "./author-trust.js";
import { type Correspondent, mayAnswerAlone, type OpenedPrivate, type SealedPrivate } from "./jobs.js";
import { ownKey } from "./member-keys.js";
import { publicIntroduction } from "./seal.js";

/** Letters between two members of a list, past the list. */

/**
 * Seals an answer to one member. What is in the letter is inside; outside stand the two addresses.
 *
 * Attack: between reading and sealing an owner has taken their word back, or somebody has told that the key was stolen. So who the
 * reader is, is judged when it is sealed, by what is known then.
 * @throws ListSealError `wrong-address` if From is not the key's address, or the certificate is not the reader's;
 *         `author-not-confirmed` if nobody vouches for it any more; what `sealPrivate` throws
 */
export async function sealPrivateLetter({
  letter,
  to: correspondent,
  list,
  pins,
  key,
  secret,
  now,
}: {
  readonly letter: Omit<Letter, "author">;
  readonly to: Correspondent;
  readonly list: StoredList;
  /** What is remembered of the list's authors. */
  readonly pins: Pins | undefined;
  readonly key: StoredMemberKey;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
  readonly now: string;
}): Promise<SealedPrivate> {
  const author = await ownKey(key, secret);
  const { from } = letter;
  if (key.address !== from.address)
    throw new MembershipError("wrong-address", "the key belongs to another address than From");
  const date = new Date(now);
  const reader = await readSealingKey("member", correspondent.certificate, date);
  if (reader.fingerprint !== correspondent.fingerprint)
    throw new MembershipError("wrong-address", "the certificate is not the reader's");
  const { standing } = await trustOf(
    {
      signer: reader.fingerprint,
      signedAt: new Date(correspondent.signedAt),
      from: parseAddress(correspondent.address),
      seenAt: date,
      revokedSince: await revokedSince(reader.certificate, date),
      certificate: correspondent.certificate,
      ...(correspondent.introduction === undefined ? {} : { introduction: correspondent.introduction }),
    },
    list,
    [key.fingerprint],
    pins,
    date,
  );
  if (!mayAnswerAlone(standing))
    throw new AddonError("author-not-confirmed", "nobody vouches for the reader's key");
  const whole: Letter = {
    ...letter,
    author: {
      certificate: fromBase64(key.certificate),
      ...(list.certified === key.fingerprint ? await publicIntroduction(list) : {}),
    },
  };
  // by what they call themselves inside the seal, nobody outside is to know them
  const to = letter.to.map(({ address }) => ({ address }));
  const outer = { subject: privateSubject(), from, to, thread: false };
  const sealed = await sealPrivate({
    payload: writePayload(whole, outer),
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
      ...(brought?.introduction === undefined ? {} : { introduction: brought.introduction }),
    },
    signedAt: opened.signedAt.toISOString(),
  };
}

/** What `list` may say of it: with its key of today, or one before. */
const namesOf = ({ address, listKeyFingerprint, formerListKeys }: StoredList): readonly string[] =>
  [listKeyFingerprint, ...formerListKeys.map(({ fingerprint }) => fingerprint)].map(
    (key) => `${address} ${key}`,
  );
