/**
 * A command that somebody signs and another program carries out: an OpenPGP signed message around JSON, so that gpg
 * shows what is in it, and gpg can write it:
 *
 *     {"listseal":1,"kind":"resume","list":"team@lists.example","id":"...","date":"2026-08-01T00:00:00Z", ...}
 *
 * The signature says `kind=request` and `list` in notations, so that nothing else that its maker ever signed can be
 * passed off as a command, nor a command for one list as one for another.
 */
import { createMessage, readMessage, sign, verify } from "openpgp";
import { notations, readNotations, verifyOnly } from "../protocol/binding.js";
import { ListSealError } from "../protocol/errors.js";
import type { OpeningKey, SealingKey } from "../protocol/keys.js";
import { readingConfig } from "../protocol/policy.js";
import { FILE_VERSION, Fields, formatDate } from "./fields.js";

/** Largest command, in bytes. Stops a file made to keep the parser busy. */
export const MAX_REQUEST_BYTES = 64 * 1024;
const MAX_ID_CHARACTERS = 64;

/** What every command says. */
export interface RequestHead {
  /** `resume`, `release` ...: what is asked for. */
  readonly kind: string;
  /** The list's address. */
  readonly list: string;
  /** 128 random bits in hex, or anything else that its maker never used before. */
  readonly id: string;
  readonly date: Date;
}

/**
 * Signs a command.
 *
 * @param more fields beside {@link RequestHead}; JSON values
 * @returns an ASCII-armored OpenPGP signed message
 */
export async function signRequest(
  head: RequestHead,
  more: Readonly<Record<string, string | number>>,
  signer: OpeningKey<"member">,
): Promise<string> {
  const { kind, list, id, date } = head;
  const json = JSON.stringify({ listseal: FILE_VERSION, kind, list, id, date: formatDate(date), ...more });
  return sign({
    message: await createMessage({ binary: new TextEncoder().encode(`${json}\n`), filename: "", date }),
    signingKeys: signer.secret,
    signatureNotations: notations({ kind: "request", list }),
    date,
    format: "armored",
  });
}

/** A command whose signature is good. What its fields beyond the head say is the caller's to read and judge. */
export interface SignedRequest extends RequestHead {
  /** When it was signed, by the signature. */
  readonly signedAt: Date;
  readonly fields: Fields;
}

/**
 * Reads a command of the kind `wanted.kind` for the list `wanted.list`, signed by `signer`. Whether the signer may give
 * it, and whether it came before, is the caller's to check.
 *
 * @throws ListSealError `too-large`, `damaged`, `unknown-author` (signed by another key), `bad-signature`, `wrong-kind`,
 *   `wrong-list`, `binding-missing`, `from-the-future`
 */
export async function readRequest(
  armored: string,
  wanted: Pick<RequestHead, "kind" | "list">,
  signer: SealingKey<"member">,
  now: Date,
): Promise<SignedRequest> {
  if (armored.length > MAX_REQUEST_BYTES) throw new ListSealError("too-large", "too large for a command");
  const { bytes, signatures } = await open(armored);
  const { packet, signedAt } = await verifyOnly(bytes, signatures, signer.certificate, now);
  const { list: bound } = readNotations(packet, "request", ["list"]);
  const fields = Fields.parse(bytes, "damaged");
  fields.assertKind(wanted.kind);
  const list = fields.address("list");
  if (bound !== wanted.list || list !== wanted.list) {
    throw new ListSealError("wrong-list", "the command is for another list");
  }
  const date = fields.date("date");
  return { kind: wanted.kind, list, id: fields.line("id", MAX_ID_CHARACTERS), date, signedAt, fields };
}

async function open(armored: string) {
  try {
    const message = await readMessage({ armoredMessage: armored, config: readingConfig });
    // no keys: this only takes the message apart
    const { data, signatures } = await verify({
      message,
      verificationKeys: [],
      format: "binary",
      config: readingConfig,
    });
    return { bytes: data, signatures: await Promise.all(signatures.map((each) => each.signature)) };
  } catch (cause) {
    throw new ListSealError("damaged", "not an OpenPGP signed message", { cause });
  }
}
