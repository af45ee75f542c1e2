import { fromBase64 } from "../../mail/base64.js";
import { outerSubject, submissionNotice } from "../../mail/fixed-texts.js";
import { sealHeader } from "../../mail/list-headers.js";
import { parseAddress } from "../../mail/mailbox.js";
import { type Letter, writePayload } from "../../mail/payload.js";
import { fromParts, sealHeaderValue, toParts, writeSubmission } from "../../mail/sealed-mail.js";
import { MembershipError } from "../../membership/file/errors.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { readOpeningKey, readSealingKey, sealingHalf, writeSealingKey } from "../../openpgp/keys.js";
import { listSealer, readListOpener } from "../../openpgp/list-keys.js";
import { sealPost } from "../../protocol/seal-post.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import type { SealedLetter } from "./jobs.js";
import { ownKey } from "./member-keys.js";

/**
 * A letter to the parts that go into the composer: payload, then the two seals. Its author's certificate is taken from the key.
 * @throws ListSealError `wrong-address` if From is not the key's address (the server would refuse it), and what
 *         `sealPost` throws for keys that can't be used
 */
export async function seal({
  letter,
  list,
  key,
  secret,
  at,
}: {
  readonly letter: Omit<Letter, "author">;
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
  /** When it is sealed, ISO 8601; at the letter's own date if absent. */
  readonly at?: string;
}): Promise<SealedLetter> {
  const author = await ownKey(key, secret);
  if (key.address !== letter.from.address) {
    throw new MembershipError("wrong-address", "the key belongs to another address than From");
  }
  const listKey = await readListOpener(fromBase64(list.listKey), list.profile);
  const server = await readSealingKey("server", fromBase64(list.serverCertificate));
  const address = parseAddress(list.address);
  const subject = outerSubject(address);
  const whole: Letter = {
    ...letter,
    author: {
      certificate: fromBase64(key.certificate),
      ...(list.certified === key.fingerprint ? await publicIntroduction(list) : {}),
    },
  };
  const payload = writePayload(whole, { subject, from: letter.from, to: letter.to });
  const sealed = await sealPost({
    mode: list.mode,
    payload,
    messageId: letter.messageId,
    list: { address, key: listSealer(listKey) },
    server,
    author,
    date: at === undefined ? letter.date : new Date(at),
  });
  return {
    parts: toParts(sealed),
    subject,
    notice: submissionNotice(),
    header: { name: sealHeader, value: sealHeaderValue(sealed) },
  };
}

/**
 * A letter to the whole mail that its author sends to the list's server: for somebody whose mail program can't be given parts.
 * @throws ListSealError as {@link seal}
 */
export async function sealMail(input: Parameters<typeof seal>[0]): Promise<{ readonly mail: Uint8Array }> {
  const sealed = fromParts((await seal(input)).parts);
  if ("kind" in sealed) throw new ProtocolError("not-sealed", "sealing made no sealed parts");
  const { from, date, messageId, inReplyTo, references } = input.letter;
  const list = parseAddress(input.list.address);
  const thread = { ...(inReplyTo === undefined ? {} : { inReplyTo }), references };
  return { mail: writeSubmission({ from, list, date, messageId, ...thread, sealed }) };
}

/** The introduction of one's own key without its secret: what readers check its author by. Nothing for an owner, who needs none. */
export async function publicIntroduction(list: StoredList): Promise<{ readonly introduction?: Uint8Array }> {
  const { introduction, introductionSecret } = list;
  if (introduction !== null) return { introduction: fromBase64(introduction) };
  if (introductionSecret === null) return {};
  const secret = await readOpeningKey("introduction", fromBase64(introductionSecret));
  return { introduction: writeSealingKey(sealingHalf(secret)) };
}
