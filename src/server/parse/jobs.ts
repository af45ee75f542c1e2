/**
 * What is done with octets that anybody may have sent, before it is known who did. Each job takes octets and gives plain
 * values, so that it can be done in a thread of its own (thread.ts), whose end costs one mail and nobody else anything.
 */
import { type Address, parseMailbox } from "../../mail/mailbox.js";
import { readRequestMail } from "../../mail/request-mail.js";
import { readSealedMail } from "../../mail/sealed-mail.js";
import { type RefusalCode, refusalOf } from "../../membership/file/errors.js";
import { type OpenedRequest, openRequest } from "../../membership/request/request.js";
import { sha256 } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import {
  generateMemberKey,
  parseSealingKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { assertFewPackets } from "../../openpgp/packets.js";
import { assertSize } from "../../openpgp/policy.js";
import type { SealedMessage } from "../../protocol/message.js";
import type { OpenedAtServer } from "../../protocol/reseal.js";
import { MAX_BROUGHT_PACKETS, MAX_CERTIFICATE_BYTES } from "../base/limits.js";
import { isForAnother, openPastGrace, openSubmission } from "../delivery/open-submission.js";
import { type BounceReport, readBounceReport } from "./bounce-report.js";
import { KeyReader, type KeyTransfer } from "./key-transfer.js";
import {
  type CertificateRead,
  type Proved,
  proveRequest,
  type RequestProof,
  readCertificate,
} from "./proofs.js";

/** Of a mail that is a post, all that its header and parts say. */
export type SealedMail = Extract<Awaited<ReturnType<typeof readSealedMail>>, { readonly kind: "sealed" }> & {
  /** SHA-256 of the outer seal. */
  readonly sealDigest: string;
};

/** Nothing is proved: a uniform refusal; `code` is for the log. */
export interface Unreadable {
  readonly kind: "refused";
  readonly code: RefusalCode;
}

/** By whom a post must be signed. */
export type AuthorTransfer =
  | { readonly kind: "member"; readonly certificate: Uint8Array; readonly secret?: string }
  /** whoever enclosed a certificate for their own address */
  | { readonly kind: "enclosed"; readonly certificate: Uint8Array; readonly from: Address }
  /** nobody: the same work is done, and refused */
  | { readonly kind: "nobody" };

/** What the server remembers of a post that was opened. */
export interface ParsedPost
  extends Pick<OpenedAtServer, "messageId" | "by" | "keyPacketDigest" | "dataPacketDigest" | "signedAt"> {
  readonly kind: "opened";
  /** The author's, as it was verified with. */
  readonly certificate: Uint8Array;
}

/** A post of a known author under a list key whose grace is over: nobody gets it, and its author is told. */
export interface FormerKeyPost extends Pick<OpenedAtServer, "messageId" | "signedAt"> {
  readonly kind: "under-former-key";
  /** Fingerprint of the server key or secret that its author knows. */
  readonly server: string;
}

/** What the copies of a post are made of. */
export interface ReopenedPost {
  readonly kind: "reopened";
  readonly opened: OpenedAtServer;
  /** Which list key it is for: the present one is 0, former ones are counted on. */
  readonly ref: number;
}

/** A command that was opened; nobody's signature is verified yet. */
export interface OpenedCommand {
  readonly kind: "opened";
  readonly opened: OpenedRequest;
  /** Which of the server keys it is sealed to. */
  readonly server: number;
  readonly from?: Address;
  readonly messageId?: string;
}

/** All jobs: what each is given, and what comes of it. */
export interface ParseJobs {
  /** `raw` comes back: it is handed over, not copied. */
  readonly read: {
    readonly given: { readonly raw: Uint8Array };
    readonly made: {
      readonly raw: Uint8Array;
      readonly mail: SealedMail | { readonly kind: "not-sealed" } | Unreadable;
    };
  };
  readonly open: {
    readonly given: {
      readonly sealed: SealedMessage;
      readonly author: AuthorTransfer;
      readonly keys: KeyTransfer;
      readonly at: number;
    };
    readonly made: ParsedPost | FormerKeyPost | Unreadable;
  };
  /** Opens a post that was accepted once more, for its copies. */
  readonly reopen: {
    readonly given: {
      readonly sealed: SealedMessage;
      /** The author's certificate, as the post was accepted with. */
      readonly author: Uint8Array;
      readonly keys: KeyTransfer;
      readonly at: number;
    };
    readonly made: ReopenedPost | Unreadable;
  };
  readonly report: { readonly given: { readonly raw: Uint8Array }; readonly made: BounceReport };
  readonly request: {
    readonly given: {
      readonly raw: Uint8Array;
      /** The list's server keys, the present one first. */
      readonly servers: readonly Uint8Array[];
      readonly list: { readonly address: Address; readonly keys: readonly string[] };
    };
    readonly made: OpenedCommand | { readonly kind: "not-sealed" } | Unreadable;
  };
  /** Verifies who asks: before that, whatever came with a request is a stranger's. */
  readonly prove: { readonly given: RequestProof; readonly made: Proved | Unreadable };
  /** Looks at a certificate that a member sends of somebody, themselves or another. */
  readonly certificate: {
    readonly given: { readonly certificate: Uint8Array; readonly at: number };
    readonly made: CertificateRead | Unreadable;
  };
}

/** Does jobs, in whatever thread it is in. */
export type ParseContext = {
  readonly [K in keyof ParseJobs]: (given: ParseJobs[K]["given"]) => Promise<ParseJobs[K]["made"]>;
};

/** A workbench with keys of its own. */
export function openWorkbench(): ParseContext {
  const keys = new KeyReader();
  let stranger: Promise<Uint8Array> | undefined;
  const nobody = () => {
    stranger ??= generateMemberKey({ address: "nobody@invalid.invalid", profile: "compatible" }).then((key) =>
      writeSealingKey(sealingHalf(key)),
    );
    return stranger;
  };
  return {
    async read({ raw }) {
      return { raw, mail: await refusing(() => readPost(raw)) };
    },
    open: (given) => refusing(() => openPost(given, keys, nobody)),
    reopen: (given) => refusing(() => reopenPost(given, keys)),
    report: ({ raw }) => readBounceReport(raw),
    request: (given) => refusing(() => readCommand(given, keys)),
    prove: (given) => refusing(() => proveRequest(given)),
    certificate: (given) => refusing(() => readCertificate(given)),
  };
}

/** Whatever a parser throws at a hostile mail is a refusal. */
async function refusing<T>(work: () => Promise<T>): Promise<T | Unreadable> {
  try {
    return await work();
  } catch (error) {
    return { kind: "refused", code: refusalOf(error, "damaged") };
  }
}

async function readPost(raw: Uint8Array): Promise<SealedMail | { readonly kind: "not-sealed" }> {
  const mail = await readSealedMail(raw);
  if (mail.kind !== "sealed") return mail;
  const { sealed } = mail;
  return { ...mail, sealDigest: await sha256(sealed.mode === "key" ? sealed.key : sealed.message) };
}

async function openPost(
  { sealed, author, keys: wire, at }: ParseJobs["open"]["given"],
  keys: KeyReader,
  nobody: () => Promise<Uint8Array>,
): Promise<ParsedPost | FormerKeyPost | Unreadable> {
  const list = await keys.keys(wire);
  const { secret } = list;
  const expected = author.kind === "enclosed" ? await enclosedKey(author) : undefined;
  // attack: the time until a refusal tells who is a member. Whoever it is from, a post is opened, and its signature compared
  // with somebody's
  const octets = author.kind === "member" ? author.certificate : await nobody();
  const key = expected ?? (await readSealingKey("member", octets));
  const keysHere = { ...list, secrets: { of: async () => secret ?? noSecret() } };
  const signer = {
    author: key,
    ...(author.kind === "member" && author.secret !== undefined ? { authorSecret: author.secret } : {}),
  };
  const when = new Date(at);
  let opened: OpenedAtServer;
  let late: Awaited<ReturnType<typeof openPastGrace>>;
  try {
    opened = (await openSubmission(sealed, keysHere, signer, when)).opened;
  } catch (error) {
    late = isForAnother(error) ? await openPastGrace(sealed, keysHere, signer, when) : undefined;
    if (late === undefined) throw error;
    opened = late.opened;
  }
  if (author.kind !== "member" && expected === undefined) return { kind: "refused", code: "unknown-author" };
  const { messageId, by, keyPacketDigest, dataPacketDigest, signedAt } = opened;
  if (late !== undefined) return { kind: "under-former-key", messageId, signedAt, server: late.server };
  const certificate = writeSealingKey(key);
  return { kind: "opened", messageId, by, keyPacketDigest, dataPacketDigest, signedAt, certificate };
}

async function reopenPost(
  { sealed, author, keys: wire, at }: ParseJobs["reopen"]["given"],
  keys: KeyReader,
): Promise<ReopenedPost> {
  const list = await keys.keys(wire);
  const { secret } = list;
  const { outerSecret } = sealed;
  const { opened, ref } = await openSubmission(
    sealed,
    { ...list, secrets: { of: async () => secret ?? noSecret() } },
    {
      // it may have run out since the post was accepted
      author: await parseSealingKey("member", author),
      ...(outerSecret === undefined ? {} : { authorSecret: outerSecret }),
    },
    new Date(at),
  );
  return { kind: "reopened", opened, ref: 1 + list.former.findIndex((each) => each.ref === ref) };
}

function noSecret(): never {
  throw new ProtocolError("wrong-list", "not sealed under the secret shared with this author");
}

/** A certificate that came with a post, if it can be used and is for the address that the post is from. */
async function enclosedKey({
  certificate,
  from,
}: Extract<AuthorTransfer, { readonly kind: "enclosed" }>): Promise<SealingKey<"member"> | undefined> {
  try {
    assertSize(certificate, MAX_CERTIFICATE_BYTES, "the certificate");
    assertFewPackets(certificate, MAX_BROUGHT_PACKETS);
    const key = await readSealingKey("member", certificate);
    return parseMailbox(userIdOf(key)).address === from ? key : undefined;
  } catch {
    return undefined;
  }
}

async function readCommand(
  { raw, servers, list }: ParseJobs["request"]["given"],
  keys: KeyReader,
): Promise<OpenedCommand | { readonly kind: "not-sealed" }> {
  const mail = await readRequestMail(raw);
  if (mail === undefined) return { kind: "not-sealed" };
  const { sealed, ...rest } = mail;
  let failure: unknown;
  for (const [server, octets] of servers.entries()) {
    try {
      const opened = await openRequest(sealed, await keys.server(octets), list);
      return { kind: "opened", opened, server, ...rest };
    } catch (error) {
      if (refusalOf(error, "damaged") !== "wrong-list") throw error;
      failure ??= error;
    }
  }
  throw failure;
}
