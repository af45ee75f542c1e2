/**
 * A message under a code that a person tells another: `SKESK || SEIPD`, one of each, binary. gpg opens it with the code
 * (profile `compatible`).
 *
 * The stretching makes each guess cost: iterated and salted S2K at its maximum (65,011,712 octets hashed) in `compatible`,
 * Argon2id (RFC 9106: 3 passes over 64 MiB, 4 lanes) in `rfc9580`.
 */

import {
  createMessage,
  decrypt,
  decryptSessionKeys,
  encrypt,
  enums,
  type PartialConfig,
  readMessage,
} from "openpgp";
import { hex } from "./digest.js";
import { ProtocolError } from "./errors.js";
import type { OpeningKey, Role } from "./keys.js";
import { split } from "./packets.js";
import { configFor, MAX_ARGON2_MEMORY_EXPONENT, readingConfig } from "./policy.js";
import type { Profile } from "./profiles.js";
import type { Notation } from "./signature.js";
import type { SignedMessage } from "./signed-message.js";

/** The count octet of RFC 9580, 3.7.1.3 that means 65,011,712 octets, the most there is. */
const MAX_COUNT_OCTET = 255;

/** Passes over the memory, which policy.ts bounds, and lanes in it. Against a message that keeps its reader busy. */
const MAX_ARGON2_PASSES = 10;
const MAX_ARGON2_LANES = 16;

function stretching(profile: Profile): PartialConfig {
  switch (profile) {
    case "compatible":
      return { s2kType: enums.s2k.iterated, s2kIterationCountByte: MAX_COUNT_OCTET };
    case "rfc9580":
      return {
        s2kType: enums.s2k.argon2,
        s2kArgon2Params: { passes: 3, parallelism: 4, memoryExponent: 16 },
      };
  }
}

/** How a message is sealed under a code. */
export interface CodeSeal {
  readonly code: string;
  readonly profile: Profile;
  readonly date: Date;
  /** Who signs it inside, and what the signature says; nobody if absent. */
  readonly signed?: { readonly by: OpeningKey<Role>; readonly notations: readonly Notation[] };
}

/** Seals `bytes` under a code. */
export async function sealUnderCode(
  bytes: Uint8Array,
  { code, profile, date, signed }: CodeSeal,
): Promise<Uint8Array> {
  return encrypt({
    message: await createMessage({ binary: bytes, filename: "", date }),
    passwords: [code],
    ...(signed === undefined
      ? {}
      : { signingKeys: signed.by.secret, signatureNotations: [...signed.notations] }),
    format: "binary",
    date,
    config: { ...configFor(profile), ...stretching(profile) },
  });
}

const damaged = (why: string, cause?: unknown) => new ProtocolError("damaged", why, { cause });

/** S2K specifier of a SKESK body (RFC 9580, 5.3): the type octet and what follows it. */
function stretchingOf(skesk: Uint8Array): Uint8Array {
  // version 4: version, cipher, S2K; version 6: version, count, cipher, AEAD, count, S2K
  return skesk.subarray(skesk[0] === 6 ? 5 : 2);
}

/** @throws ListSealError `damaged` unless the message begins with a SKESK with a bearable S2K, and ends with a SEIPD */
function assertShape(message: Uint8Array): void {
  let keyPacket: Uint8Array;
  try {
    keyPacket = split(message).keyPacket;
  } catch (cause) {
    throw damaged("not an OpenPGP message, or cut short", cause);
  }
  // tag 3 in the new format; its length and that nothing follows it is seen when it is written again
  if (keyPacket[0] !== 0xc3) throw damaged("not encrypted under a code");
  const specifier = stretchingOf(keyPacket.subarray(2));
  const [type, passes = 0, lanes = 0, memory = 0] = [specifier[0], ...specifier.subarray(17, 20)];
  const argon2 =
    type === 4 &&
    passes <= MAX_ARGON2_PASSES &&
    lanes <= MAX_ARGON2_LANES &&
    memory <= MAX_ARGON2_MEMORY_EXPONENT;
  if (type !== 3 && !argon2) throw damaged("stretched in a way that nobody writes");
}

/**
 * Opens a message under a code.
 *
 * @param maxBytes the longest content after decompression
 * @returns what is inside (its signatures say nothing yet), or `wrong-code` if the code does not open the message's key. In
 *   `compatible` a wrong code looks like damage once in 256 times: the session key of a v4 SKESK carries no check
 * @throws ListSealError `damaged` if it is no such message, or its key opens and the rest does not
 */
export async function openUnderCode(
  sealed: Uint8Array,
  code: string,
  maxBytes: number,
): Promise<SignedMessage | "wrong-code"> {
  assertShape(sealed);
  const parse = () => readMessage({ binaryMessage: new Uint8Array(sealed), config: readingConfig });
  let message: Awaited<ReturnType<typeof parse>>;
  try {
    message = await parse();
  } catch (cause) {
    throw damaged("not a readable OpenPGP message", cause);
  }
  // exactly one SKESK, as it is written: each further one would be one more stretching to pay for, and the library
  // passes over the counts inside a version 6 SKESK
  const [keyPacket] = message.packets;
  if (keyPacket === undefined || hex(keyPacket.write()) !== hex(split(sealed).keyPacket.subarray(2))) {
    throw damaged("a key packet in another spelling");
  }
  let sessionKeys: Awaited<ReturnType<typeof decryptSessionKeys>>;
  try {
    sessionKeys = await decryptSessionKeys({ message, passwords: [code], config: readingConfig });
  } catch {
    return "wrong-code";
  }
  try {
    const [only] = sessionKeys;
    if (only === undefined || sessionKeys.length !== 1) throw new Error("not one session key");
    const result = await decrypt({
      message,
      sessionKeys: { data: only.data, algorithm: only.algorithm ?? "aes256" },
      format: "binary",
      config: { ...readingConfig, maxDecompressedMessageSize: maxBytes },
    });
    return {
      bytes: result.data,
      signatures: await Promise.all(result.signatures.map((each) => each.signature)),
    };
  } catch (cause) {
    throw damaged("altered or cut short", cause);
  }
}
