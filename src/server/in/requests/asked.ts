/** What handling a request works with, and what comes of it. */
import type { Result, Unasked } from "../../../membership/answers.js";
import type { Command, OpenedRequest } from "../../../membership/requests.js";
import { signedChange } from "../../../membership/roster-log.js";
import { type ErrorCode, ListSealError } from "../../../protocol/errors.js";
import {
  type OpeningKey,
  parseSealingKey,
  type SealingKey,
  writeSealingKey,
} from "../../../protocol/keys.js";
import { PAST_WINDOW_MS } from "../../../protocol/policy.js";
import type { Heads } from "../../kept/heads.js";
import { REPLAY_MARGIN_MS } from "../../kept/limits.js";
import type { ListsInUse } from "../../kept/lists-in-use.js";
import type { Log } from "../../kept/log.js";
import type { CommandKey, CommandOutcome, List, MailingLists, Member, Store } from "../../kept/store.js";
import type { RecordedCommand, VerifiedCommand, Warrant } from "../../kept/warrant.js";
import type { RequestLimiter } from "../rate-limits.js";
import type { Claimant, Proved } from "../reading/proofs.js";
import type { Reader } from "../reading/reader.js";

/** The parts of the server that requests need. */
export interface RequestParts {
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
export interface Asked {
  readonly parts: RequestParts;
  readonly list: List;
  readonly server: OpeningKey<"server">;
  readonly opened: OpenedRequest;
  /** Message-ID of the mail that it came in. */
  readonly inReplyTo?: string;
  readonly now: Date;
}

/** Somebody whose signature was verified, and where the answer goes: never to where a mail says that it came from. */
export interface Asker {
  /** On the roster; absent for somebody who is not. */
  readonly memberId?: number;
  readonly key: SealingKey<"member">;
  readonly address: string;
  readonly name: string;
}

/** What came of a verified request. */
export type Done =
  /** The answer was written down with what was done, and the reports to others. */
  | { readonly kind: "told"; readonly code: string }
  /** It was carried out before. */
  | { readonly kind: "repeat" }
  /** To be answered now. */
  | { readonly kind: "answer"; readonly result: "done" | Exclude<Result, Unasked | { kind: "done" }> };

/** A command of the kind `D`. */
export type AskedFor<D extends Command["do"]> = Extract<Command, { readonly do: D }>;

export const refusal = (code: ErrorCode): Done => ({ kind: "answer", result: { kind: "refused", code } });

/** Fingerprints of all list keys that the list has had, the present one first. */
export async function listKeysOf(store: MailingLists, list: List): Promise<readonly string[]> {
  if (list.listKeyFingerprint === undefined) return [];
  const former = await store.formerListKeys(list.id);
  return [list.listKeyFingerprint, ...former.map(({ fingerprint }) => fingerprint)];
}

/** The command as the store remembers it. */
export function remembered({ list, opened, now }: Asked, signer: string): CommandKey {
  const keptUntil = now.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS;
  return { listId: list.id, signer, id: opened.request.id, keptUntil };
}

/** The command to be carried out, under `warrant`, and to answer `asker`. */
export function verifiedCommand(asked: Asked, warrant: Warrant, asker: Asker): VerifiedCommand {
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

/** The same for a command that stands in the record. */
export function recordedCommand(asked: Asked, warrant: Warrant, asker: Asker): RecordedCommand {
  const change = signedChange(asked.opened, asker.key.fingerprint, asked.now);
  return { ...verifiedCommand(asked, warrant, asker), change };
}

/** A member as somebody to write to. @throws ListSealError for a certificate that can't be read any more */
export async function askerOf(member: Member): Promise<Asker> {
  const { address, name, certificate } = member;
  return { memberId: member.id, key: await parseSealingKey("member", certificate), address, name };
}

/** The outcome of what the store carried out. */
export function outcomeOf(carried: CommandOutcome): Done {
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
export async function prove({ parts, opened, now }: Asked, by: Claimant): Promise<Proved> {
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
export async function memberKey({ parts, now }: Asked, octets: Uint8Array): Promise<SealingKey<"member">> {
  const made = await parts.reader.do("certificate", { certificate: octets, at: now.getTime() });
  if (made.kind === "refused") throw new ListSealError(made.code, "no certificate that can be used");
  return parseSealingKey("member", made.certificate);
}

/** Thrown for a request whose asker is not proved: they hear one uniform reply, and nothing by mail. */
export function unproved(why: string): ListSealError {
  return new ListSealError("unknown-author", why);
}
