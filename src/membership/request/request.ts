/**
 * Requests: what a member, an owner or an invitee asks of the list's server, as a signed and sealed command.
 *
 * A request is JSON, signed (kind `request`) by its asker and sealed to the list's own server key: the wire sees a size
 * and a time. What it asks for is inside the signature together with an id, a date and the list, so that it can be
 * neither moved to another list nor be done twice. Commands change nothing unless they are signed by somebody whose role
 * allows it now; that, and the memory of ids, is the server's.
 *
 * ```json
 * { "listseal": 1, "kind": "request", "do": "remove", "id": "<32 hex digits>", "date": "2026-08-01T12:00:00Z",
 *   "list": { "address": "team@lists.example", "key": "<list key fingerprint>" },
 *   "address": "eve@example.test", "fingerprint": "<her key's>" }
 * ```
 *
 * With GnuPG alone: `gpg --sign --encrypt --set-notation kind@v1.listseal.example=request` around the same JSON
 * (docs/OPERATING.md); a `resume-server` may also come as a file that is signed and not sealed ({@link readRequestFile}).
 *
 * The signed bytes are kept as they are: they stand in the roster's record (roster/log.ts) and are sent to the owners,
 * who verify them without asking the server.
 */
import type { Address } from "../../mail/mailbox.js";
import { hex } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { assertIntendedFor, intendedRecipients } from "../../openpgp/intended-recipients.js";
import {
  allFingerprints,
  type Certificate,
  createdAt,
  type OpeningKey,
  type SealingKey,
} from "../../openpgp/keys.js";
import type { ListKeyId } from "../../openpgp/list-keys.js";
import { openLayer } from "../../openpgp/open-layer.js";
import { assertInWindow, assertSize } from "../../openpgp/policy.js";
import { sealLayer } from "../../openpgp/seal-layer.js";
import { profileOf } from "../../openpgp/secrets.js";
import {
  claimedIssuers,
  type DetachedSignature,
  joinSignatures,
  readSignature,
  separateSignatures,
  verifyOnly,
  writeSignature,
} from "../../openpgp/signature.js";
import { readSignedMessage } from "../../openpgp/signed-message.js";
import { readNotations, signBinding } from "../../protocol/binding.js";
import {
  both,
  canonicalAddress,
  type Declaration,
  formatDate,
  hexDigits,
  isoDate,
  line,
  objectOf,
  several,
} from "../file/declaration.js";
import { assertKind, checked, FILE_VERSION, kindFields, parseJson } from "../file/json-fields.js";
import type { CommandName } from "./command-names.js";
import {
  type Command,
  commandDeclaration,
  ID_OCTETS,
  listKeyIdText,
  readCommand,
  written,
} from "./commands.js";

export type { CommandName } from "./command-names.js";
export {
  type Command,
  type ConfirmedMember,
  fingerprintText,
  headDeclaration,
  listKeyIdText,
  MAX_CONFIRMED,
  MAX_MESSAGE_ID,
  MAX_NOTICE_BYTES,
  MAX_NOTICE_COPIES,
  MAX_NOTICE_PACKETS,
  MAX_PERSON_NAME,
  MAX_RECEIPT_BYTES,
  type MemberRole,
  memberRoles,
  type NewsKind,
  type NoticeCopy,
  type NoticePacket,
  newsKinds,
} from "./commands.js";

/** A sealed request. A join carries two certificates (4 kB). Against a "request" that keeps the server busy. */
export const MAX_REQUEST_BYTES = 64 * 1024;

/** A `notice`: a copy for each member, 2 kB each; a `shared-notice` or `list-key-notice`: 0.1 kB each. Never kept as it came. Against a "request" that fills the memory. */
export const MAX_NOTICE_REQUEST_BYTES = 4 * 1024 * 1024;

/** How large a command may be, sealed or opened. */
const limitOf = (name: CommandName): number =>
  large.has(name) ? MAX_NOTICE_REQUEST_BYTES : MAX_REQUEST_BYTES;

const large: ReadonlySet<CommandName> = new Set(["notice", "shared-notice", "list-key-notice"]);

/** The list as a request names it. */
export interface RequestedList {
  readonly address: Address;
  /** Fingerprint of the list key that the asker knows, or the id of the list's secret. */
  readonly key: ListKeyId;
}

/**
 * What a program can take of a server that not every one can, by words of its own: a server sends it to nobody whose program has not
 * said so. `riding-notice`: a copy that carries an owner's notice as one more part (FORMAT, 11.1).
 */
export const programFeatures = ["riding-notice"] as const;
export type ProgramFeature = (typeof programFeatures)[number];

/** Words in `takes`, and characters of one. Against a request that keeps the server busy with them. */
const MAX_FEATURES = 20;
const MAX_FEATURE_WORD = 40;

/** A command with what keeps it from being moved or repeated. */
export interface Request {
  /** 128 random bits in hex ({@link newRequestId}). */
  readonly id: string;
  /** Whole seconds. */
  readonly date: Date;
  readonly list: RequestedList;
  /** What the asker's program takes; nothing, if it does not say. */
  readonly takes?: readonly ProgramFeature[];
  readonly command: Command;
}

/** A fresh id for a request. */
export function newRequestId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(ID_OCTETS)));
}

/** The list that JSON names. */
export const requestedList: Declaration<RequestedList> = objectOf({
  address: canonicalAddress,
  key: listKeyIdText,
});

const envelope = objectOf(
  {
    ...kindFields("request"),
    id: hexDigits(2 * ID_OCTETS),
    date: isoDate,
    list: requestedList,
  },
  // words of later versions are passed over
  { takes: several(line(MAX_FEATURE_WORD), { limit: MAX_FEATURES }) },
);

/** A request's JSON. */
export const requestDeclaration = both(envelope, commandDeclaration);

/** JSON as it is signed: indented, for people who open it with gpg. */
export function jsonBytes(content: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
}

/** The date of a signature at about `date`: not before any of the keys, since other clocks made them. */
function signingDate(keys: readonly Certificate[], date: Date): Date {
  return new Date(Math.max(date.getTime(), ...keys.map((key) => createdAt(key).getTime())));
}

/**
 * Writes, signs and seals a request.
 *
 * @param signers the asker's member key; for `join` the introduction's as well. Unlocked
 * @param server  the list's own server key
 * @returns an OpenPGP message, binary
 * @throws ListSealError `key-locked`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a server key that can't be used;
 *   `too-large`
 */
export async function writeRequest(
  request: Request,
  {
    signers,
    server,
  }: {
    readonly signers: readonly OpeningKey<"member" | "introduction">[];
    readonly server: SealingKey<"server">;
  },
): Promise<Uint8Array> {
  const { command, id, date, list, takes } = request;
  const bytes = jsonBytes({
    listseal: FILE_VERSION,
    kind: "request",
    id,
    date: formatDate(date),
    list: { address: list.address, key: list.key },
    ...(takes === undefined ? {} : { takes }),
    ...written(command),
  });
  const signedAt = signingDate([server.certificate, ...signers.map(({ secret }) => secret)], date);
  const signatures: DetachedSignature[] = [];
  for (const signer of signers) {
    signatures.push(await signBinding(bytes, signer, { kind: "request" }, [server.fingerprint], signedAt));
  }
  const sealed = await sealLayer(bytes, joinSignatures(signatures), [server], profileOf(server), signedAt);
  assertSize(sealed, limitOf(command.do), "the request");
  return sealed;
}

/** A request as it was signed: what owners are shown, and what the record keeps. */
export interface SignedBytes {
  /** The JSON. */
  readonly bytes: Uint8Array;
  /** The signature packets, binary, one after the other. */
  readonly signatures: Uint8Array;
}

/** A request that was read. Its signatures say nothing yet: {@link verifyRequest}. */
export interface OpenedRequest {
  readonly request: Request;
  readonly signed: SignedBytes;
}

async function readJson(bytes: Uint8Array): Promise<Request> {
  const value = parseJson(bytes, "damaged");
  assertKind(value, { kind: "request", from: "message", code: "damaged" });
  const { id, date, list, takes } = checked(value, envelope, "damaged");
  const known = programFeatures.filter((word) => takes?.includes(word));
  return {
    ...{ id, date, list },
    ...(known.length === 0 ? {} : { takes: known }),
    command: await readCommand(value),
  };
}

/**
 * Opens a sealed request for `list`.
 *
 * @param server the key of the list that the mail was addressed to; no other is ever tried
 * @param list   its address, and all list keys that it has had: somebody who was away may still leave. `claim` comes with
 *               a list key of its own, and is not compared
 * @throws ListSealError `too-large`, `wrong-list` (sealed to another server key, or for another list), `damaged`,
 *   `wrong-kind`, `unsupported-version` (also: a command that this version does not know)
 */
export async function openRequest(
  sealed: Uint8Array,
  server: OpeningKey<"server">,
  list: { readonly address: Address; readonly keys: readonly string[] },
): Promise<OpenedRequest> {
  assertSize(sealed, MAX_NOTICE_REQUEST_BYTES, "the request");
  const layer = await openLayer(sealed, server, MAX_NOTICE_REQUEST_BYTES);
  if (layer === "not-for-me") throw new ProtocolError("wrong-list", "sealed to another server key");
  const request = await readJson(layer.literal);
  const limit = limitOf(request.command.do);
  assertSize(sealed, limit, "the request");
  assertSize(layer.literal, limit, "the opened request");
  const known = request.command.do === "claim" || list.keys.includes(request.list.key);
  if (request.list.address !== list.address || !known) {
    throw new ProtocolError("wrong-list", "the request is for another list");
  }
  // whose they are is verified later; what they say of their readers is hashed with the rest
  for (const { packets } of layer.signatures) {
    for (const packet of packets) assertIntendedFor(intendedRecipients(packet), server.fingerprint);
  }
  const signatures = writeSignature(joinSignatures(layer.signatures));
  return { request, signed: { bytes: layer.literal, signatures } };
}

/** Reads a request from its signed bytes, as the record keeps it. @throws ListSealError as {@link openRequest} */
export async function readSigned(signed: SignedBytes): Promise<OpenedRequest> {
  assertSize(signed.bytes, MAX_REQUEST_BYTES, "the command");
  assertSize(signed.signatures, MAX_REQUEST_BYTES, "the signatures");
  return { request: await readJson(signed.bytes), signed };
}

/**
 * Reads a request that somebody signed and did not seal: a file that an owner with GnuPG alone gives to the operator.
 * Nobody else may see what is in it, since it came by hand.
 *
 * @param armored what `gpg --armor --sign` wrote around the JSON
 * @throws ListSealError `too-large`, `damaged`, `wrong-kind`, `unsupported-version`
 */
export async function readRequestFile(armored: string): Promise<OpenedRequest> {
  if (armored.length > MAX_REQUEST_BYTES) throw new ProtocolError("too-large", "too large for a command");
  const { bytes, signatures } = await readSignedMessage(armored);
  return readSigned({ bytes, signatures: writeSignature(joinSignatures(signatures)) });
}

async function signaturesOf(signed: SignedBytes): Promise<readonly DetachedSignature[]> {
  if (signed.signatures.length === 0) return [];
  try {
    return separateSignatures(await readSignature(signed.signatures));
  } catch (cause) {
    throw new ProtocolError("bad-signature", "the signatures can't be read", { cause });
  }
}

/**
 * Verifies a request's signatures, without looking at its age: for what is in the record.
 *
 * @param certificates whose signatures it must have, chosen by the caller and never by the request's own words: each
 *   exactly one of kind `request`, and no other
 * @returns the date of the oldest signature
 * @throws ListSealError `not-signed`, `several-signatures`, `unknown-author`, `bad-signature`, `wrong-kind`,
 *   `binding-missing`, `binding-mismatch`, `from-the-future`
 */
export async function verifySigned(
  { signed }: Pick<OpenedRequest, "signed">,
  certificates: readonly Certificate[],
  now: Date,
): Promise<Date> {
  const signatures = await signaturesOf(signed);
  if (signatures.length === 0) throw new ProtocolError("not-signed", "nobody signed the request");
  if (certificates.length === 0) throw new ProtocolError("unknown-author", "nobody is expected to sign");
  if (signatures.length !== certificates.length) {
    throw new ProtocolError("several-signatures", `${signatures.length} signatures on the request`);
  }
  let oldest = Number.POSITIVE_INFINITY;
  for (const certificate of certificates) {
    const made = signatures.filter((signature) => isBy(signature, certificate));
    const { notations, signedAt } = await verifyOnly(
      signed.bytes,
      certificates.length === 1 ? signatures : made,
      certificate,
      now,
    );
    readNotations(notations, "request", []);
    oldest = Math.min(oldest, signedAt.getTime());
  }
  return new Date(oldest);
}

function isBy(signature: DetachedSignature, certificate: Certificate): boolean {
  const fingerprints = allFingerprints(certificate);
  return claimedIssuers(signature).some((issuer) => fingerprints.includes(issuer));
}

/** Fingerprints of the keys, primary or subkeys, that say to have signed: whom to look up. Proves nothing. */
export async function claimedSigners({ signed }: OpenedRequest): Promise<readonly string[]> {
  const signatures = await signaturesOf(signed);
  return signatures.flatMap(claimedIssuers);
}

/** Throws `too-old` or `from-the-future` for a request that is not of these days. */
export function assertRecent(request: Request, signedAt: Date, now: Date): void {
  assertInWindow(signedAt, now);
  assertInWindow(request.date, now);
}

/**
 * Verifies a request that just came: its signatures ({@link verifySigned}), then its date and theirs, which must be in
 * the server's window.
 *
 * What stays with the caller: whether the signer's role allows the command now, and the memory of (signer, id).
 *
 * @throws ListSealError as {@link verifySigned}, and `too-old`
 */
export async function verifyRequest(
  opened: OpenedRequest,
  certificates: readonly Certificate[],
  now: Date,
): Promise<void> {
  assertRecent(opened.request, await verifySigned(opened, certificates, now), now);
}
