/** What handling a request works with, and what comes of it. */
import type { RefusalCode } from "../../membership/file/errors.js";
import type { RequestResult, Unsolicited } from "../../membership/request/answer-result.js";
import type { Command } from "../../membership/request/commands.js";
import type { OpenedRequest } from "../../membership/request/request.js";
import { signedChange } from "../../membership/roster/log.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import {
  assertKeyVersion,
  type OpeningKey,
  parseSealingKey,
  type SealingKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { PAST_WINDOW_MS } from "../../openpgp/policy.js";
import { REPLAY_MARGIN_MS } from "../base/limits.js";
import type { Log } from "../base/log.js";
import type { RequestLimiter } from "../base/rate-limits.js";
import type { ClaimedSigner, Proved } from "../parse/proofs.js";
import type { Reader } from "../parse/reader.js";
import type { Authorization, RecordedCommand, VerifiedCommand } from "../store/authorization.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { Heads } from "../store/rollback-guard.js";
import type { CommandKey, CommandOutcome, List, ListStore, Member, Store } from "../store/store.js";

/** The parts of the server that requests need. */
export interface RequestServices {
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly heads: Heads;
  readonly log: Log;
  readonly requests: RequestLimiter;
  /** Looks at what a stranger may have sent, in a thread of its own. */
  readonly reader: Reader;
  readonly now: () => number;
  /** Says that there is work for the worker. */
  readonly wake: () => void;
}

/** A request for a list, opened, not yet verified. */
export interface RequestContext {
  readonly parts: RequestServices;
  readonly list: List;
  readonly server: OpeningKey<"server">;
  readonly opened: OpenedRequest;
  /** Message-ID of the mail that it came in. */
  readonly inReplyTo?: string;
  readonly now: Date;
}

/** Somebody whose signature was verified, and where the answer goes: never to where a mail says that it came from. */
export interface Requester {
  /** On the roster; absent for somebody who is not. */
  readonly memberId?: number;
  readonly key: SealingKey<"member">;
  readonly address: string;
  readonly name: string;
}

/** What came of a verified request. */
export type CommandResult =
  /** The answer was written down with what was done, and the reports to others. */
  | { readonly kind: "told"; readonly code: string }
  /** It was carried out before. */
  | { readonly kind: "repeat" }
  /** To be answered now. */
  | {
      readonly kind: "answer";
      readonly result: "done" | Exclude<RequestResult, Unsolicited | { kind: "done" }>;
    };

/** A command of the kind `D`. */
export type CommandNamed<D extends Command["do"]> = Extract<Command, { readonly do: D }>;

export const refusal = (code: RefusalCode): CommandResult => ({
  kind: "answer",
  result: { kind: "refused", code },
});

/** Fingerprints of all list keys that the list has had, the present one first. */
export async function listKeysOf(store: ListStore, list: List): Promise<readonly string[]> {
  if (list.listKeyFingerprint === undefined) return [];
  const former = await store.formerListKeys(list.id);
  return [list.listKeyFingerprint, ...former.map(({ fingerprint }) => fingerprint)];
}

/** The command as the store remembers it. */
export function remembered({ list, opened, now }: RequestContext, signer: string): CommandKey {
  const keptUntil = now.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS;
  return { listId: list.id, signer, id: opened.request.id, keptUntil };
}

/** The command to be carried out, under `warrant`, and to answer `asker`. */
export function verifiedCommand(
  asked: RequestContext,
  warrant: Authorization,
  asker: Requester,
): VerifiedCommand {
  const { opened, server, inReplyTo, now } = asked;
  const { address, name, key } = asker;
  return {
    warrant,
    command: remembered(asked, key.fingerprint),
    signed: opened.signed,
    server: server.fingerprint,
    answer: {
      address,
      name,
      certificate: writeSealingKey(key),
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
    },
    now: now.getTime(),
  };
}

/** The same for a command that is in the record. */
export function recordedCommand(
  asked: RequestContext,
  warrant: Authorization,
  asker: Requester,
): RecordedCommand {
  const change = signedChange(asked.opened, asker.key.fingerprint, asked.now);
  return { ...verifiedCommand(asked, warrant, asker), change };
}

/** A member as somebody to write to. @throws ListSealError for a certificate that can't be read any more */
export async function askerOf(member: Member): Promise<Requester> {
  const { address, name, certificate } = member;
  return { memberId: member.id, key: await parseSealingKey("member", certificate), address, name };
}

/** The outcome of what the store carried out. */
export function commandOutcome(carried: CommandOutcome): CommandResult {
  switch (carried.kind) {
    case "done":
      return { kind: "told", code: "done" };
    case "told":
      return { kind: "told", code: carried.code };
    case "repeat":
      return { kind: "repeat" };
    case "refused":
      return refusal(carried.code);
  }
}

/**
 * Verifies that `by` is behind the request.
 *
 * @throws ListSealError if that is not proved; ReadingEnded
 */
export async function prove({ parts, opened, now }: RequestContext, by: ClaimedSigner): Promise<Proved> {
  const { bytes, signatures } = opened.signed;
  // a copy: large octets are gone once they are handed over, and a notice is needed afterwards
  const signed = { bytes: new Uint8Array(bytes), signatures };
  const made = await parts.reader.do("prove", { signed, by, at: now.getTime() });
  if (made.kind === "refused") throw new ListSealError(made.code, "not proved");
  return made;
}

/**
 * One certificate of a member, usable today.
 *
 * @throws ListSealError if it is not; ReadingEnded
 */
export async function memberKey(
  { parts, list, now }: RequestContext,
  octets: Uint8Array,
): Promise<SealingKey<"member">> {
  const made = await parts.reader.do("certificate", { certificate: octets, at: now.getTime() });
  if (made.kind === "refused") throw new ListSealError(made.code, "no certificate that can be used");
  return memberKeyOf(list, made.certificate);
}

/** A certificate as a key of a member of `list`. @throws ListSealError `key-damaged`, `wrong-role`, `wrong-key-version` */
export async function memberKeyOf(
  { profile }: RequestContext["list"],
  certificate: Uint8Array,
): Promise<SealingKey<"member">> {
  const key = await parseSealingKey("member", certificate);
  assertKeyVersion(key, profile);
  return key;
}

/** Thrown for a request whose asker is not proved: they hear one uniform reply, and nothing by mail. */
export function unproved(why: string): ListSealError {
  return new ProtocolError("unknown-author", why);
}
