/** What handling a request works with, and what comes of it. */
import type { ReportEvent, Result, Unasked } from "../../../membership/answers.js";
import type { Command as AskedCommand, OpenedRequest } from "../../../membership/requests.js";
import { signedChange } from "../../../membership/roster-log.js";
import { type ErrorCode, ListSealError } from "../../../protocol/errors.js";
import { type OpeningKey, parseSealingKey, type SealingKey } from "../../../protocol/keys.js";
import { PAST_WINDOW_MS } from "../../../protocol/policy.js";
import type { Heads } from "../../kept/heads.js";
import type { Ledger } from "../../kept/ledger.js";
import { REPLAY_MARGIN_MS } from "../../kept/limits.js";
import type { ListsInUse } from "../../kept/lists-in-use.js";
import type { Log } from "../../kept/log.js";
import type { Carried, FullStore } from "../../kept/membership-store.js";
import type { RosterChange } from "../../kept/roster-record.js";
import type { Command, List, Member } from "../../kept/store.js";

/** The parts of the server that requests need. */
export interface RequestParts {
  readonly store: FullStore;
  readonly ledger: Ledger;
  readonly lists: ListsInUse;
  readonly heads: Heads;
  readonly log: Log;
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

/** What is told to others without being asked. */
export interface ReportTo {
  readonly event: ReportEvent;
  readonly to: Asker;
  /** What they must still be when it leaves. */
  readonly needs?: "owner";
}

/** What came of a verified request. */
export interface Done {
  readonly result: "done" | Exclude<Result, Unasked | { kind: "done" }>;
  readonly reports: readonly ReportTo[];
  /** The command was carried out before, and nothing was done now. */
  readonly repeated?: true;
}

/** A command of the kind `D`. */
export type AskedFor<D extends AskedCommand["do"]> = Extract<AskedCommand, { readonly do: D }>;

export const refusal = (code: ErrorCode): Done => ({ result: { kind: "refused", code }, reports: [] });

/** Fingerprints of all list keys that the list has had, the present one first. */
export async function listKeysOf(store: FullStore, list: List): Promise<readonly string[]> {
  if (list.listKeyFingerprint === undefined) return [];
  const former = await store.formerListKeys(list.id);
  return [list.listKeyFingerprint, ...former.map(({ fingerprint }) => fingerprint)];
}

/** The command as the store remembers it. */
export function remembered({ list, opened, now }: Asked, signer: string): Command {
  const keptUntil = now.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS;
  return { listId: list.id, signer, id: opened.request.id, keptUntil };
}

/** The entry of the record for the command. */
export function change({ opened, now }: Asked, by: string): RosterChange {
  return signedChange(opened, by, now);
}

/** A member as somebody to write to. @throws ListSealError for a certificate that can't be read any more */
export async function askerOf(member: Member): Promise<Asker> {
  const { address, name, certificate } = member;
  return { memberId: member.id, key: await parseSealingKey("member", certificate), address, name };
}

/** Reports to all owners, but not to `except` (a fingerprint), who knows. */
export async function tellOwners(
  { parts, list }: Asked,
  event: ReportEvent,
  except?: string,
): Promise<readonly ReportTo[]> {
  const owners = (await parts.store.members(list.id)).filter(({ role }) => role === "owner");
  const told = owners.filter(({ fingerprint }) => fingerprint !== except);
  return Promise.all(
    told.map(async (owner) => ({ event, to: await askerOf(owner), needs: "owner" as const })),
  );
}

/** The same, and to the member whom it is about, unless that is `except`. */
export async function tellOwnersAnd(
  asked: Asked,
  event: ReportEvent,
  about: string,
  except: string,
): Promise<readonly ReportTo[]> {
  const { parts, list } = asked;
  const owners = await tellOwners(asked, event, except);
  const member = await parts.store.memberByFingerprint(list.id, about);
  if (member === undefined || member.role === "owner" || about === except) return owners;
  return [...owners, { event, to: await askerOf(member) }];
}

/** Reports to everybody on the roster, but not to `except`. Members whose key can't be used are left out by the sender. */
export async function tellAll(
  { parts, list }: Asked,
  event: ReportEvent,
  except: string,
): Promise<readonly ReportTo[]> {
  const told = (await parts.store.members(list.id)).filter(({ fingerprint }) => fingerprint !== except);
  return Promise.all(told.map(async (member) => ({ event, to: await askerOf(member) })));
}

/** The outcome of what the store carried out, with the reports that belong to it. */
export async function outcomeOf(
  carried: Carried,
  reports: () => Promise<readonly ReportTo[]> = async () => [],
): Promise<Done> {
  switch (carried.kind) {
    case "done":
      return { result: "done", reports: await reports() };
    case "repeat":
      return { result: "done", reports: [], repeated: true };
    case "refused":
      return refusal(carried.code);
  }
}

/** Thrown for a request whose asker is not proved: they hear one uniform reply, and nothing by mail. */
export function unproved(why: string): ListSealError {
  return new ListSealError("unknown-author", why);
}
