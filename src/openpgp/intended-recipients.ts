/**
 * Intended Recipient Fingerprint (RFC 9580, 5.2.3.36): a signature says for which keys it was made.
 *
 * It stops surreptitious forwarding for readers that know nothing of our notations (sq refuses such a message; GnuPG 2.2
 * ignores the subpacket). Our own readers go by the notations and check this one too where it is present: a sender with
 * GnuPG alone can't write it.
 *
 * QUIRK: openpgp.js 6.3.2 neither writes nor interprets subpacket 35; it reads it as an unknown subpacket. So the signature
 * packet is extended by one method here, and everything else about signing stays the library's.
 */
import { type Config, type enums, type LiteralDataPacket, SignaturePacket } from "openpgp";
import { ProtocolError } from "./errors.js";
import type { Fingerprint } from "./keys.js";
import { hasOwnDigest, signedDigest } from "./signed-digest.js";

declare module "openpgp" {
  // present at run time, absent from the library's type file
  interface SignaturePacket {
    /** The hashed subpacket area with its two-octet length in front (RFC 9580, 5.2.3). */
    writeHashedSubPackets(): Uint8Array;
    /** For a message signature `data` is the literal data packet, and the configuration is not optional. */
    sign(
      key: AnySecretKeyPacket,
      data: LiteralDataPacket,
      date: Date,
      detached: boolean,
      config: Config,
    ): Promise<void>;
    /** All that is hashed, in one buffer. */
    toHash(type: enums.signature, data: LiteralDataPacket, detached?: boolean): Uint8Array;
    /** The hash of it; `toHash` is made if absent. */
    hash(
      type: enums.signature,
      data: LiteralDataPacket,
      toHash?: Uint8Array,
      detached?: boolean,
    ): Promise<Uint8Array>;
  }
}

const SUBPACKET_TYPE = 35;

/**
 * A signature packet over `message` that will carry one Intended Recipient subpacket for each of `recipients`, in their
 * order.
 */
export class SignatureForRecipients extends SignaturePacket {
  readonly #recipients: readonly Fingerprint[];
  readonly #message: Uint8Array;

  constructor(recipients: readonly Fingerprint[], message: Uint8Array) {
    super();
    this.#recipients = recipients;
    this.#message = message;
  }

  /** Nothing, where the hash is made without a copy of the message: EdDSA signs the hash and looks at nothing else. */
  override toHash(type: enums.signature, data: LiteralDataPacket, detached?: boolean): Uint8Array {
    return hasOwnDigest(this) ? new Uint8Array() : super.toHash(type, data, detached);
  }

  override async hash(
    type: enums.signature,
    data: LiteralDataPacket,
    toHash?: Uint8Array,
    detached?: boolean,
  ): Promise<Uint8Array> {
    return hasOwnDigest(this) ? signedDigest(this, this.#message) : super.hash(type, data, toHash, detached);
  }

  override writeHashedSubPackets(): Uint8Array {
    const written = super.writeHashedSubPackets();
    // v6 counts the area in four octets, v4 in two
    const counter = this.version === 6 ? 4 : 2;
    const area = [...written.subarray(counter), ...this.#recipients.flatMap(subpacket)];
    const count = Array.from({ length: counter }, (_, i) => (area.length >>> (8 * (counter - 1 - i))) & 0xff);
    return Uint8Array.from([...count, ...area]);
  }
}

/** Length, type, key version, fingerprint. */
function subpacket(fingerprint: Fingerprint): readonly number[] {
  const octets = (fingerprint.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  const version = octets.length === 32 ? 6 : 4;
  return [octets.length + 2, SUBPACKET_TYPE, version, ...octets];
}

/** The fingerprints (lower-case hex) that the signature names as its readers; empty if it names none. */
export function intendedRecipients(signature: SignaturePacket): readonly string[] {
  return signature.unknownSubpackets
    .filter(({ type }) => type === SUBPACKET_TYPE)
    .map(({ body }) => Array.from(body.subarray(1), (octet) => octet.toString(16).padStart(2, "0")).join(""));
}

/** @throws ListSealError `wrong-list` if a signature names its readers and `reader` is not among them. */
export function assertIntendedFor(named: readonly string[], reader: string): void {
  if (named.length > 0 && !named.includes(reader)) {
    throw new ProtocolError("wrong-list", "the signature was made for other readers");
  }
}
