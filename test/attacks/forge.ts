/** An attacker's tools: whatever can be made with the keys at hand and no respect for the format. */
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import {
  createMessage,
  decryptSessionKeys,
  encrypt,
  encryptSessionKey,
  PacketList,
  type PublicKey,
  readMessage,
  readSignature,
  Signature,
  type SignaturePacket,
  sign,
} from "openpgp";
import { sha256 } from "../../src/openpgp/digest.js";
import { type OpenedLayer, openLayer } from "../../src/openpgp/open-layer.js";
import { join, split } from "../../src/openpgp/packets.js";
import { configFor } from "../../src/openpgp/policy.js";
import { type Kind, listValue, notations } from "../../src/protocol/binding.js";
import type { ClaimedAuthor, ListRef, OpeningKey, SealedMessage } from "../../src/protocol/index.js";
import { sealingHalf } from "../../src/protocol/index.js";
import { type Cast, listOf } from "../protocol/people.js";

/** Text as bytes. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value of a list's notation. */
export const nameOf = (list: ListRef): string => listValue(list.address, list.key.fingerprint);

/** Says, as a payload without headers must, who wrote it. */
export const saysIt =
  (author: OpeningKey<"member">, messageId: string) => async (): Promise<ClaimedAuthor> => ({
    author: sealingHalf(author),
    messageId,
  });

function oneMessage(signatures: readonly Signature[]): Signature {
  const all = new PacketList<SignaturePacket>();
  for (const each of signatures) all.push(...each.packets);
  return new Signature(all);
}

/** Encrypts `literal`, with any signatures that exist, to anybody's keys. */
export async function encryptWith(
  literal: Uint8Array,
  signatures: readonly Signature[],
  recipients: readonly PublicKey[],
  options: { readonly anonymous?: boolean } = {},
): Promise<Uint8Array> {
  const common = {
    message: await createMessage({ binary: literal, filename: "" }),
    encryptionKeys: [...recipients],
    wildcard: options.anonymous ?? false,
    config: configFor("compatible"),
  };
  return signatures.length === 0
    ? encrypt({ ...common, format: "binary" })
    : encrypt({ ...common, format: "binary", signature: oneMessage(signatures) });
}

/** A data packet under a session key that is known from elsewhere, so that an old key packet opens it. */
export async function dataPacketUnder(
  sessionKey: Uint8Array,
  literal: Uint8Array,
  signatures: readonly Signature[],
  recipient: PublicKey,
): Promise<Uint8Array> {
  const message: Uint8Array = await encrypt({
    message: await createMessage({ binary: literal, filename: "" }),
    encryptionKeys: recipient,
    sessionKey: { data: sessionKey, algorithm: "aes256" },
    signature: oneMessage(signatures),
    format: "binary",
    config: configFor("compatible"),
  });
  return split(message).dataPacket;
}

/** The session key of a message that one has a key for. */
export async function sessionKeyOf(
  message: Uint8Array,
  key: OpeningKey<"list" | "server">,
): Promise<Uint8Array> {
  const [found] = await decryptSessionKeys({
    message: await readMessage({ binaryMessage: message }),
    decryptionKeys: key.secret,
  });
  if (found === undefined) throw new Error("no session key");
  return found.data;
}

/** A signature over `data` that says whatever its maker likes. */
export async function signs(
  key: OpeningKey<"member" | "server">,
  data: Uint8Array,
  values: Readonly<Record<string, string>> & { readonly kind: Kind },
  date = new Date(),
): Promise<Signature> {
  const binarySignature: Uint8Array = await sign({
    message: await createMessage({ binary: data, filename: "", date }),
    signingKeys: key.secret,
    detached: true,
    format: "binary",
    signatureNotations: notations(values),
    date,
    config: configFor("compatible"),
  });
  return readSignature({ binarySignature });
}

/** Opens a layer that one surely has the key for. */
export async function opened(
  message: Uint8Array,
  key: OpeningKey<"list" | "server" | "member">,
): Promise<OpenedLayer> {
  const layer = await openLayer(message, key);
  if (layer === "not-for-me") throw new Error("not for this key");
  return layer;
}

/** The one signature of a layer. */
export function firstOf({ signatures: [signature] }: OpenedLayer): Signature {
  if (signature === undefined) throw new Error("not signed");
  return signature;
}

/** What a member has of a post in mode `key` after reading it. */
export async function asMember(copy: SealedMessage, cast: Cast, member: OpeningKey<"member">) {
  if (copy.mode !== "key") throw new Error("mode key is meant");
  const outer = await opened(copy.key, member);
  const inner = await opened(join(outer.literal, copy.body), cast.listKey);
  return {
    keyPacket: outer.literal,
    body: copy.body,
    listSignature: firstOf(outer),
    payload: inner.literal,
    innerSignature: firstOf(inner),
    sessionKey: await sessionKeyOf(join(outer.literal, copy.body), cast.listKey),
  };
}

/** Submits a message that was sealed to the list somehow, as `signer`, in mode `key`. */
export function submits(
  cast: Cast,
  signer: OpeningKey<"member">,
  message: Uint8Array,
  messageId: string,
  date = new Date(),
): Promise<SealedMessage> {
  const { keyPacket, dataPacket } = split(message);
  return submitsParts(cast, signer, { keyPacket, dataPacket }, messageId, date);
}

/** The same with the two packets as they are: a key packet may be spelled in many ways. */
export async function submitsParts(
  cast: Cast,
  signer: OpeningKey<"member">,
  { keyPacket, dataPacket }: { readonly keyPacket: Uint8Array; readonly dataPacket: Uint8Array },
  messageId: string,
  date = new Date(),
): Promise<SealedMessage> {
  const signature = await signs(
    signer,
    keyPacket,
    {
      kind: "submit",
      list: nameOf(listOf(cast)),
      msgid: messageId,
      "body-sha256": await sha256(dataPacket),
    },
    date,
  );
  const server = sealingHalf(cast.serverKey).certificate;
  return { mode: "key", key: await encryptWith(keyPacket, [signature], [server]), body: dataPacket };
}

/** One packet in the new format. */
export function packet(tag: number, body: Uint8Array): Uint8Array {
  const length = Buffer.alloc(5, 0xff);
  length.writeUInt32BE(body.length, 1);
  return Buffer.concat([
    Uint8Array.of(0xc0 | tag),
    body.length < 192 ? Uint8Array.of(body.length) : length,
    body,
  ]);
}

/** A literal packet with `text`. */
export const literalPacket = (text: string): Uint8Array =>
  packet(11, Buffer.concat([Uint8Array.of(0x62, 0, 0, 0, 0, 0), bytes(text)]));

/** A SEIPD of version 1 around any packets, written by hand (RFC 9580, 5.13.1): no library checks what is inside. */
export function seipdAround(sessionKey: Uint8Array, content: Uint8Array): Uint8Array {
  const prefix = randomBytes(16);
  const plain = Buffer.concat([prefix, prefix.subarray(14), content, Uint8Array.of(0xd3, 0x14)]);
  const cipher = createCipheriv("aes-256-cfb", sessionKey, new Uint8Array(16));
  const digest = createHash("sha1").update(plain).digest();
  return packet(
    18,
    Buffer.concat([Uint8Array.of(1), cipher.update(plain), cipher.update(digest), cipher.final()]),
  );
}

/** The unprotected data packet (type 9; RFC 9580, 5.7 and 12.9) around `content`: no check finds a flipped bit in it. */
export function unprotectedAround(sessionKey: Uint8Array, content: Uint8Array): Uint8Array {
  const prefix = randomBytes(16);
  const first = createCipheriv("aes-256-cfb", sessionKey, new Uint8Array(16));
  const head = Buffer.concat([first.update(Buffer.concat([prefix, prefix.subarray(14)])), first.final()]);
  const second = createCipheriv("aes-256-cfb", sessionKey, head.subarray(2));
  return packet(9, Buffer.concat([head, second.update(content), second.final()]));
}

/** Other key packets for the same session key, as any member can make them: each opens the same data packet. */
export const respellings = ["wrapped anew", "in the old format", "with the point 1/u"] as const;

/** @param message key packet and data packet, sealed to `listKey` in profile `compatible` */
export async function respelled(
  message: Uint8Array,
  listKey: OpeningKey<"list">,
  how: (typeof respellings)[number],
): Promise<Uint8Array> {
  const { keyPacket } = split(message);
  switch (how) {
    case "wrapped anew":
      return encryptSessionKey({
        data: await sessionKeyOf(message, listKey),
        algorithm: "aes256",
        encryptionKeys: sealingHalf(listKey).certificate,
        format: "binary",
        config: configFor("compatible"),
      });
    case "in the old format":
      return Uint8Array.from([0x84, ...keyPacket.subarray(1)]);
    case "with the point 1/u": {
      // header 2, version 1, key id 8, algorithm 1, bit count 2, prefix 1: then u, 32 octets, the lowest first
      const bent = Uint8Array.from(keyPacket);
      const u = bent.subarray(14 + 1, 14 + 1 + 32);
      const p = 2n ** 255n - 19n;
      let value = 0n;
      for (const octet of u.toReversed()) value = value * 256n + BigInt(octet);
      let inverse = power(value, p - 2n, p);
      for (let at = 0; at < 32; at++, inverse /= 256n) u[at] = Number(inverse % 256n);
      return bent;
    }
  }
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let left = exponent; left > 0n; left /= 2n, square = (square * square) % modulus) {
    if (left % 2n === 1n) result = (result * square) % modulus;
  }
  return result;
}
