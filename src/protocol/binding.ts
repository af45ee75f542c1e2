/**
 * What a signature says about its message, and the check of it.
 *
 * Encryption to a key that all members hold proves nothing about an author. The signatures do, and each says in
 * notations (RFC 9580, 5.2.3.24) exactly what it is for: its `kind`, the list, the message id, and what else belongs to
 * that kind. A verifier knows the kind that it expects before it looks and refuses every other: otherwise an owner's
 * signed "remove Bob" could be shown as a post, or an old list signature be moved to a new body.
 *
 * Notations are never critical (gpg and sq call a signature bad that has an unknown critical one) and never doubled:
 * a missing or doubled notation is a failure, not a lesser success.
 */
import {
  createMessage,
  enums,
  LiteralDataPacket,
  PacketList,
  type PublicKey,
  type RawNotation,
  SecretKeyPacket,
  SecretSubkeyPacket,
  Signature,
  type SignaturePacket,
  verify,
} from "openpgp";
import { hex } from "../openpgp/digest.js";
import { ProtocolError } from "../openpgp/errors.js";
import { SignatureForRecipients } from "../openpgp/intended-recipients.js";
import {
  allFingerprints,
  type Fingerprint,
  type OpeningKey,
  parseFingerprint,
  type Role,
} from "../openpgp/keys.js";
import { assertNotFuture, fullReadingConfig, readingConfig, verificationDate } from "../openpgp/policy.js";
import type { SecretId } from "../openpgp/secrets.js";
import { type BegunDigest, hasOwnDigest, signedDigest } from "../openpgp/signed-digest.js";

/** Version of the notation namespace: what a signature says is defined per version. */
export const BINDING_VERSION = 1;

const suffix = `@v${BINDING_VERSION}.listseal.example`;
const anyVersion = /@v\d+\.listseal\.example$/;

/** Every kind of signature in the product. */
export type Kind =
  | "post"
  | "submit"
  | "through"
  | "through-nonmember"
  | "request"
  | "answer"
  | "card"
  | "invitation"
  | "introduction"
  | "member"
  | "new-list-key"
  | "new-server-key"
  | "owners"
  | "receipt"
  | "draft";

/** What an inner signature says: by the author, over the payload. */
export interface PostBinding {
  readonly kind: "post";
  /** See {@link listValue}. */
  readonly list: string;
  /** Message-ID with its angle brackets, as in the protected headers. */
  readonly msgid: string;
}

/** What an outer signature says: by the author, over the literal that the server gets. */
export interface SubmitBinding {
  readonly kind: "submit";
  readonly list: string;
  readonly msgid: string;
  /** Mode `key`: SHA-256 of the data packet, lower-case hex. */
  readonly "body-sha256"?: string;
}

/** What a list signature says: by the server, over the literal that it reseals, once a post. */
export interface ThroughBinding {
  readonly kind: "through" | "through-nonmember";
  readonly list: string;
  readonly msgid: string;
  readonly "body-sha256"?: string;
  /** Fingerprint of the certificate whose outer signature the server checked. */
  readonly by: string;
  /** `number SP hash` of the newest roster entry. */
  readonly roster: string;
}

export type Binding = PostBinding | SubmitBinding | ThroughBinding;

/** The value of the `list` notation: `address SP list-key-fingerprint`. The address alone could be re-used with another key. */
export function listValue(address: string, listKey: Fingerprint | SecretId): string {
  return `${address} ${listKey}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The notations that say `values`, one each, human readable, not critical. */
export function notations(values: Readonly<Record<string, string | undefined>>): RawNotation[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ name: name + suffix, value: encoder.encode(value), humanReadable: true, critical: false }],
  );
}

/**
 * Reads the notations of our namespace from a signature of the expected kind.
 *
 * @param names the notations that this kind must have, besides `kind`: each exactly once, and no other of ours
 * @throws ListSealError `wrong-kind`, `binding-missing` (absent or doubled), `binding-mismatch` (one too many),
 *         `unsupported-version` (made by a later version)
 */
export function readNotations<N extends string>(
  signature: SignaturePacket,
  kind: Kind,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const ours = signature.rawNotations.filter(({ name }) => name.endsWith(suffix));
  if (ours.length === 0 && signature.rawNotations.some(({ name }) => anyVersion.test(name))) {
    throw new ProtocolError("unsupported-version", "the signature was made by another version");
  }
  const read = (name: string): string => {
    const found = ours.filter((notation) => notation.name === name + suffix);
    const [only] = found;
    if (only === undefined || found.length !== 1) {
      throw new ProtocolError("binding-missing", `the notation ${name} is absent or doubled`);
    }
    try {
      return decoder.decode(only.value);
    } catch (cause) {
      throw new ProtocolError("binding-missing", `the notation ${name} is not text`, { cause });
    }
  };
  if (read("kind") !== kind) throw new ProtocolError("wrong-kind", `a ${kind} signature was expected`);
  const values = Object.fromEntries(names.map((name) => [name, read(name)]));
  if (ours.length !== names.length + 1) {
    throw new ProtocolError("binding-mismatch", "the signature says more than its kind may say");
  }
  const complete = (v: Record<string, string>): v is Record<N, string> => names.every((name) => name in v);
  if (!complete(values)) throw new ProtocolError("binding-missing", "a notation is absent");
  return values;
}

/** The names that a binding of this kind carries, besides `kind`. */
export function bindingNames(
  kind: Binding["kind"],
  mode: "key" | "whole",
): readonly ("list" | "msgid" | "body-sha256" | "by" | "roster")[] {
  const body = mode === "key" ? (["body-sha256"] as const) : [];
  switch (kind) {
    case "post":
      return ["list", "msgid"];
    case "submit":
      return ["list", "msgid", ...body];
    case "through":
    case "through-nonmember":
      return ["list", "msgid", ...body, "by", "roster"];
  }
}

/**
 * Signs `data` with `key`: a signature packet of binary type (0x00) that says `values`, by the key's signing key.
 *
 * @param readers certificates that the signature is meant for (Intended Recipient Fingerprint); none for the list
 *                signature, which is one for all members and must not name them
 * @returns the signature, apart from the data
 */
export async function signBinding(
  data: Uint8Array,
  key: OpeningKey<Role>,
  values: Readonly<Record<string, string | undefined>> & { readonly kind: Kind },
  readers: readonly Fingerprint[],
  date: Date,
): Promise<Signature> {
  const config = fullReadingConfig();
  const signing = await key.secret.getSigningKey(undefined, date, undefined, config);
  const secret = signing.keyPacket;
  if (!(secret instanceof SecretKeyPacket || secret instanceof SecretSubkeyPacket) || !secret.isDecrypted()) {
    throw new ProtocolError("key-locked", "the signing key is locked");
  }
  const packet = new SignatureForRecipients(readers, data);
  packet.signatureType = enums.signature.binary;
  packet.publicKeyAlgorithm = secret.algorithm;
  packet.hashAlgorithm = enums.hash.sha512;
  packet.rawNotations = notations(values);
  const message = await createMessage({ binary: data, filename: "", date });
  const literal = message.packets.findPacket(enums.packet.literalData);
  if (!(literal instanceof LiteralDataPacket)) throw new ProtocolError("damaged", "no literal to sign");
  await packet.sign(secret, literal, date, true, config);
  const list = new PacketList<SignaturePacket>();
  list.push(packet);
  return new Signature(list);
}

const NOTHING = new Uint8Array();

/** A signature that verified: who made it, when, and its packet for {@link readNotations}. */
export interface VerifiedSignature {
  readonly by: Fingerprint;
  readonly signedAt: Date;
  readonly packet: SignaturePacket;
}

/** The one signature packet among `signatures`. @throws ListSealError `not-signed`, `several-signatures`, `wrong-kind` */
export function onlySignature(signatures: readonly Signature[]): {
  signature: Signature;
  packet: SignaturePacket;
} {
  const [signature] = signatures;
  if (signature === undefined) throw new ProtocolError("not-signed", "there is no signature");
  const [packet] = signature.packets;
  if (signatures.length !== 1 || signature.packets.length !== 1 || packet === undefined) {
    throw new ProtocolError("several-signatures", "there is more than one signature");
  }
  // only type 0x00: a text signature (0x01) verifies for bytes that differ in their line endings
  if (packet.signatureType !== 0) throw new ProtocolError("wrong-kind", "not a signature over bytes");
  return { signature, packet };
}

/**
 * Verifies that `data` bears exactly one signature, by `certificate`, not from the future.
 *
 * Key expiry and revocation are judged at the signature's date, so that old mail stays readable.
 *
 * @param begun the hash of `data`, if the caller has begun it; one of other data is not used
 * @throws ListSealError `not-signed`, `several-signatures`, `wrong-kind`, `unknown-author` (made by another key),
 *         `from-the-future`, `bad-signature`
 */
export async function verifyOnly(
  data: Uint8Array,
  signatures: readonly Signature[],
  certificate: PublicKey,
  now: Date,
  begun?: BegunDigest,
): Promise<VerifiedSignature> {
  const { signature, packet } = onlySignature(signatures);
  const issuer = packet.issuerFingerprint;
  const ids = certificate.getKeys().map((key) => key.getKeyID());
  // the issuer fingerprint decides where there is one; GnuPG 2.2 and openpgp.js always write it
  const known =
    issuer === null
      ? ids.some((id) => id.equals(packet.issuerKeyID))
      : allFingerprints(certificate).includes(hex(issuer));
  if (!known) throw new ProtocolError("unknown-author", "signed by another key than the one expected");
  const { created } = packet;
  if (created === null) throw new ProtocolError("bad-signature", "the signature has no date");
  // the signature first, its date after: "your clock is ahead" may be told only to somebody who proved who they are
  const date = new Date(Math.max(created.getTime(), verificationDate(now).getTime()));
  const own = hasOwnDigest(packet);
  // the library looks at the message only where the hash is its own to make: then nothing else could verify
  const seen = own ? NOTHING : data;
  const fits = begun?.packet === packet && begun.data === data;
  if (own) packet.hashed = fits ? begun.hash : signedDigest(packet, data);
  try {
    const result = await verify({
      message: await createMessage({ binary: seen, filename: "" }),
      signature,
      verificationKeys: certificate,
      date,
      format: "binary",
      config: readingConfig,
    });
    const [only] = result.signatures;
    if (only === undefined || result.signatures.length !== 1) throw new Error("no result");
    await only.verified;
  } catch (cause) {
    throw new ProtocolError("bad-signature", "the signature does not fit", { cause });
  } finally {
    // of this data; the same signature may be asked about other data
    packet.hashed = undefined;
  }
  assertNotFuture(created, now);
  return { by: parseFingerprint(certificate.getFingerprint()), signedAt: created, packet };
}
