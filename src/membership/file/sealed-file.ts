/**
 * A file under a code: an OpenPGP message around JSON, encrypted under a code that a person tells another, and signed
 * by whoever made it. What kind of file it is stands inside. gpg opens it with the code (profile `compatible`), so
 * nobody has to take our word for what is in it.
 *
 * Binary: `SKESK || SEIPD`, one of each. The code has 66 random bits; the stretching on top makes each guess cost:
 * iterated and salted S2K at its maximum (65,011,712 octets hashed) in `compatible`, Argon2id (RFC 9106: 3 passes over
 * 64 MiB, 4 lanes) in `rfc9580`. A file may therefore be seen by anybody, on a mail server for years.
 */
import {
  createMessage,
  decrypt,
  decryptSessionKeys,
  encrypt,
  enums,
  type PartialConfig,
  readMessage,
  type Signature,
} from "openpgp";
import { hex } from "../../openpgp/digest.js";
import { ListSealError } from "../../openpgp/errors.js";
import type { OpeningKey, Profile } from "../../openpgp/keys.js";
import { split } from "../../openpgp/packets.js";
import { assertSize, configFor, readingConfig } from "../../openpgp/policy.js";
import { type Kind, notations } from "../../protocol/binding.js";
import { MembershipError } from "./errors.js";

/** An honest file has about 10 kB. Against a "file" that fills the memory. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** The count octet of RFC 9580, 3.7.1.3 that stands for 65,011,712 octets, the most there is. */
const MAX_COUNT_OCTET = 255;

/** Against a file that keeps its reader busy: the memory is bounded by policy.ts, this bounds the passes over it. */
const MAX_ARGON2_PASSES = 10;

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

/** How a file is sealed. */
export interface FileSeal {
  /** Its one spelling, as `makeCode` gives it. */
  readonly code: string;
  readonly profile: Profile;
  readonly date: Date;
  /** Who signs, and the kind of the signature; a file that a person makes for themself is not signed. */
  readonly signed?: { readonly by: OpeningKey<"member">; readonly kind: Kind };
  /** The largest content, in bytes. */
  readonly limit?: number;
}

/**
 * Seals `content` under a code.
 *
 * @param content what the file says; written as indented JSON for people who open it with gpg
 * @returns the file, binary
 */
export async function sealFile(
  content: Readonly<Record<string, unknown>>,
  { code, profile, date, signed, limit = MAX_FILE_BYTES }: FileSeal,
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
  assertSize(bytes, limit, "the file");
  return encrypt({
    message: await createMessage({ binary: bytes, filename: "", date }),
    passwords: [code],
    ...(signed === undefined
      ? {}
      : { signingKeys: signed.by.secret, signatureNotations: notations({ kind: signed.kind }) }),
    format: "binary",
    date,
    config: { ...configFor(profile), ...stretching(profile) },
  });
}

/** An opened file. The signatures say nothing yet. */
export interface OpenedFile {
  /** The JSON's bytes, as they were signed. */
  readonly bytes: Uint8Array;
  readonly signatures: readonly Signature[];
}

type Damaged = (why: string, cause?: unknown) => ListSealError;

/** What a damaged file is called, by what it was expected to be. */
export type DamageCode = "invitation-damaged" | "backup-damaged";

/** S2K specifier of a SKESK body (RFC 9580, 5.3): the type octet and what follows it. */
function stretchingOf(skesk: Uint8Array): Uint8Array {
  // version 4: version, cipher, S2K; version 6: version, count, cipher, AEAD, count, S2K
  return skesk.subarray(skesk[0] === 6 ? 5 : 2);
}

/** @throws ListSealError `code` unless the file begins with a SKESK with a bearable S2K, and ends with a SEIPD */
function assertShape(file: Uint8Array, damaged: Damaged): void {
  let keyPacket: Uint8Array;
  try {
    keyPacket = split(file).keyPacket;
  } catch (cause) {
    throw damaged("not an OpenPGP message, or cut short", cause);
  }
  // tag 3 in the new format; its length and that nothing follows it is seen when it is written again
  if (keyPacket[0] !== 0xc3) throw damaged("not encrypted under a code");
  const specifier = stretchingOf(keyPacket.subarray(2));
  const iterated = specifier[0] === 3;
  const argon2 = specifier[0] === 4 && (specifier[17] ?? 0) <= MAX_ARGON2_PASSES;
  if (!iterated && !argon2) throw damaged("stretched in a way that nobody writes");
}

/**
 * Opens a file under a code.
 *
 * @param code  its one spelling (`readCode`)
 * @param limit its largest size in bytes, also of what is inside
 * @param blame the code for damage
 * @throws ListSealError `too-large`; `wrong-code` if the code does not open the file's key; `blame` if the
 *   file is no such file, or its key opens and the rest does not. In `compatible` a wrong code looks like damage once in
 *   256 times (the session key of a v4 SKESK carries no check); a mistyped one is found before, by its check digits.
 */
export async function openFile(
  file: Uint8Array,
  code: string,
  limit: number = MAX_FILE_BYTES,
  blame: DamageCode = "invitation-damaged",
): Promise<OpenedFile> {
  const damaged: Damaged = (why, cause) => new ListSealError(blame, why, { cause });
  assertSize(file, limit, "the file");
  assertShape(file, damaged);
  const parse = () => readMessage({ binaryMessage: new Uint8Array(file), config: readingConfig });
  let message: Awaited<ReturnType<typeof parse>>;
  try {
    message = await parse();
  } catch (cause) {
    throw damaged("not a readable OpenPGP message", cause);
  }
  // exactly one SKESK, as it is written: each further one would be one more stretching to pay for, and the library
  // passes over the counts inside a version 6 SKESK
  const [keyPacket] = message.packets;
  if (keyPacket === undefined || hex(keyPacket.write()) !== hex(split(file).keyPacket.subarray(2))) {
    throw damaged("a key packet in another spelling");
  }
  let sessionKeys: Awaited<ReturnType<typeof decryptSessionKeys>>;
  try {
    sessionKeys = await decryptSessionKeys({ message, passwords: [code], config: readingConfig });
  } catch (cause) {
    throw new MembershipError("wrong-code", "the code does not open the file", { cause });
  }
  try {
    const [only] = sessionKeys;
    if (only === undefined || sessionKeys.length !== 1) throw new Error("not one session key");
    const result = await decrypt({
      message,
      sessionKeys: { data: only.data, algorithm: only.algorithm ?? "aes256" },
      format: "binary",
      config: { ...readingConfig, maxDecompressedMessageSize: limit },
    });
    return {
      bytes: result.data,
      signatures: await Promise.all(result.signatures.map((each) => each.signature)),
    };
  } catch (cause) {
    throw damaged("altered or cut short", cause);
  }
}
