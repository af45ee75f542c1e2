/**
 * The sender's two seals (seed, steps 201 to 203 and 401 to 405).
 *
 * Inner: the payload, signed by its author (kind `post`) and encrypted to the list key.
 * Outer: what the server may open, signed by the same key (kind `submit`) and encrypted to the server key, and to the
 * author's own key, so that the copy in Sent can be read ("the server and the sender only", claim 1).
 */
import { createMessage, encrypt, type MaybeStream, type PublicKey, type Signature } from "openpgp";
import { type Binding, hex, listValue, notations, sha256 } from "./binding.js";
import { ListSealError } from "./errors.js";
import { assertUsable, type OpeningKey, profileOf, type SealingKey, sealingHalf } from "./keys.js";
import type { ListRef, Mode, SealedMessage } from "./message.js";
import { split } from "./packets.js";
import { assertSize, MAX_PAYLOAD_BYTES, type Profile, sealingConfig } from "./policy.js";

/** What {@link sealPost} takes. */
export interface PostToSeal {
  readonly mode: Mode;
  /** The MIME entity with protected headers, as `mail` writes it. */
  readonly payload: Uint8Array;
  /** The protected Message-ID, with its angle brackets. Every signature names it. */
  readonly messageId: string;
  readonly list: ListRef;
  /** The list's own server key. */
  readonly server: SealingKey<"server">;
  readonly author: OpeningKey<"member">;
  /** Date of both signatures; now if absent. */
  readonly date?: Date;
  /**
   * `server-and-author` (default) lets the author read the copy in Sent; `server` is for people who are not members and
   * could not open the list's seal inside anyway.
   */
  readonly outerFor?: "server-and-author" | "server";
}

/**
 * Seals a post twice.
 *
 * @returns the message as it goes to the server. Nothing in it names the list key; the outer names the server's and the
 *          author's encryption keys.
 * @throws ListSealError `too-large`; `key-expired`, `key-revoked`, `weak-algorithm` for a key that can't be used
 */
export async function sealPost(post: PostToSeal): Promise<SealedMessage> {
  const { mode, payload, messageId, list, server, author } = post;
  const date = post.date ?? new Date();
  assertSize(payload, MAX_PAYLOAD_BYTES, "the payload");
  const own = sealingHalf(author);
  for (const key of [list.key, server, own]) await assertUsable(key.certificate, date);
  const profile = profileOf(list.key);
  const common = { list: listValue(list.address, list.key.fingerprint), msgid: messageId };

  // steps 202, 402 to 404: one OpenPGP message does "encrypt with the message key" and "seal it with the list key"
  const inner = await signAndEncrypt(
    payload,
    { kind: "post", ...common },
    [list.key.certificate],
    author,
    profile,
    date,
  );
  const outerRecipients =
    post.outerFor === "server" ? [server.certificate] : [server.certificate, own.certificate];
  const outer = (literal: Uint8Array, binding: Binding) =>
    signAndEncrypt(literal, binding, outerRecipients, author, profile, date);

  if (mode === "whole") {
    return { mode, message: await outer(inner, { kind: "submit", ...common }) };
  }
  const { keyPacket, dataPacket } = split(inner);
  const binding = { kind: "submit", ...common, "body-sha256": await sha256(dataPacket) } as const;
  return { mode, key: await outer(keyPacket, binding), body: dataPacket };
}

async function signAndEncrypt(
  literal: Uint8Array,
  binding: Binding,
  encryptionKeys: PublicKey[],
  author: OpeningKey<"member">,
  profile: Profile,
  date: Date,
): Promise<Uint8Array> {
  const result: MaybeStream<Uint8Array> = await encrypt({
    message: await createMessage({ binary: literal, filename: "", date }),
    encryptionKeys,
    signingKeys: author.secret,
    signatureNotations: notations({ ...binding }),
    format: "binary",
    date,
    config: sealingConfig(profile, literal.length),
  });
  return result;
}

/**
 * Encrypts `literal` with a signature that already exists (the list signature: one a post, the same for all members).
 *
 * @throws ListSealError `key-expired`, `key-revoked`, `weak-algorithm`
 */
export async function encryptSigned(
  literal: Uint8Array,
  signature: Signature,
  recipient: SealingKey<"member">,
  profile: Profile,
  date: Date,
): Promise<Uint8Array> {
  await assertUsable(recipient.certificate, date);
  return encrypt({
    message: await createMessage({ binary: literal, filename: "", date }),
    encryptionKeys: recipient.certificate,
    signature,
    format: "binary",
    date,
    config: sealingConfig(profile, 0),
  });
}

/** A fresh message id at `domain`: 128 random bits, so that it tells nothing and never collides. With angle brackets. */
export function newMessageId(domain: string): string {
  if (!/^[a-z0-9.-]+$/.test(domain)) throw new ListSealError("bad-address", "not a domain for a message id");
  return `<${hex(crypto.getRandomValues(new Uint8Array(16)))}@${domain}>`;
}
