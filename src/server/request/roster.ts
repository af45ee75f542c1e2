/** What the roster command shows: to owners everything, a page at a time; to members that they are in it. */
import { setImmediate } from "node:timers/promises";
import { type Address, isAddress } from "../../mail/mailbox.js";
import {
  type FellowMember,
  type ListStatus,
  RECORD_PAGE,
  type RequestResult,
  ROSTER_PAGE,
  type RosterMember,
} from "../../membership/request/answer-result.js";
import { expirationOf, parseFingerprint, parseSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import { BOUNCE_WINDOW_DAYS, DAY_MS } from "../base/limits.js";
import type { Heads } from "../store/rollback-guard.js";
import { deliveryStatusesOn, rosterPages } from "../store/roster-pages.js";
import type { DeliveryStatus, Member, Store } from "../store/store.js";
import type { CommandNamed, CommandResult, RequestContext } from "./request-context.js";

/** Members whose certificates are read in one go: half a millisecond each. */
const BETWEEN = 16;

/** What showing a roster needs of a request and of the server. */
export interface RosterRequest extends Pick<RequestContext, "list" | "now"> {
  readonly parts: {
    readonly store: Pick<
      Store,
      | "membersAfter"
      | "deliveryStatuses"
      | "suspension"
      | "recordHead"
      | "recordAfter"
      | "heldPosts"
      | "formerListKeys"
      | "listSettings"
    >;
    readonly heads: Pick<Heads, "pausedSince">;
  };
}

async function rosterMember(
  member: Member,
  { suspension, unusableSince, bounces }: DeliveryStatus,
): Promise<RosterMember | undefined> {
  const { address } = member;
  if (!isAddress(address)) return undefined;
  const { certificate } = await parseSealingKey("member", member.certificate);
  const expires = await expirationOf(certificate);
  return {
    address,
    name: member.name,
    fingerprint: parseFingerprint(member.fingerprint),
    role: member.role,
    since: new Date(member.added),
    delivery: suspension === undefined ? "on" : "paused",
    shape: member.shape,
    ...(suspension === undefined
      ? {}
      : { paused: { by: pausedBy(suspension.reason), since: new Date(suspension.since) } }),
    ...(unusableSince === undefined ? {} : { keyUnusable: new Date(unusableSince) }),
    ...(expires instanceof Date ? { keyExpires: expires } : {}),
    bounces,
  };
}

/** Owners get all of it; members that they are in it, and who else is only where the owners show members to each other. */
export async function roster(
  asked: RosterRequest,
  member: Member,
  command: Pick<CommandNamed<"roster">, "after" | "from">,
): Promise<CommandResult> {
  return { kind: "answer", result: await rosterFor(asked, member, command) };
}

async function rosterFor(
  asked: RosterRequest,
  member: Member,
  { after, from }: Pick<CommandNamed<"roster">, "after" | "from">,
): Promise<Extract<RequestResult, { kind: "roster" | "member" }>> {
  const { parts, list } = asked;
  const head = await parts.store.recordHead(list.id);
  if (member.role !== "owner") {
    const isPaused = (await parts.store.suspension(member.id)) !== undefined;
    const delivery = isPaused ? "paused" : "on";
    const fellows = await fellowsOf(asked, from);
    return { kind: "member", head, role: member.role, delivery, since: new Date(member.added), ...fellows };
  }
  return {
    kind: "roster",
    head,
    ...(await pageOfRoster(asked, from)),
    ...(from === undefined ? {} : { from }),
    entries: await parts.store.recordAfter(list.id, after, RECORD_PAGE),
    status: await statusOf(asked),
  };
}

/** The members behind `from` as other members see them; nothing on a list that doesn't show them. */
async function fellowsOf(
  { parts: { store }, list }: RosterRequest,
  from: Address | undefined,
): Promise<Pick<Extract<RequestResult, { kind: "member" }>, "members" | "from" | "next">> {
  if (!(await store.listSettings(list.id)).showsMembers) return {};
  const members: FellowMember[] = [];
  const page = () => ({ members, ...(from === undefined ? {} : { from }) });
  let read = 0;
  for await (const step of rosterPages(store, list.id, from)) {
    for (const { address, name, role } of step) {
      if (isAddress(address)) members.push({ address, name, role });
    }
    read += step.length;
    const next = members.at(-1)?.address;
    if (read >= ROSTER_PAGE && next !== undefined) return { ...page(), next };
  }
  return page();
}

/**
 * The members behind `from`, {@link ROSTER_PAGE} of them, and where the next ones begin. Whoever is removed while it is read is
 * left out.
 */
async function pageOfRoster(
  { parts, list, now }: RosterRequest,
  from: Address | undefined,
): Promise<{ readonly members: readonly RosterMember[]; readonly next?: Address }> {
  const since = now.getTime() - BOUNCE_WINDOW_DAYS * DAY_MS;
  const members: RosterMember[] = [];
  let read = 0;
  for await (const page of rosterPages(parts.store, list.id, from)) {
    const statuses = await deliveryStatusesOn(parts.store, page, since);
    for (const member of page) {
      // certificates are read without a pause: everybody else is served in between
      if (read++ % BETWEEN === 0) await setImmediate();
      const status = statuses.get(member.id);
      const shown = status && (await rosterMember(member, status));
      if (shown !== undefined) members.push(shown);
    }
    const next = members.at(-1)?.address;
    if (read >= ROSTER_PAGE && next !== undefined) return { members, next };
  }
  return { members };
}

/** The store's word as the answer's; whatever an operator's command wrote is the operator's. */
const pausedBy = (reason: string) => (reason === "member" || reason === "bounces" ? reason : "operator");

async function statusOf({ parts, list }: RosterRequest): Promise<ListStatus> {
  const { store, heads } = parts;
  const waits = await heads.pausedSince(list.address);
  return {
    policy: list.policy,
    members: (await store.listSettings(list.id)).showsMembers ? "shown" : "hidden",
    held: (await store.heldPosts(list.id)).length,
    replaced: (await store.formerListKeys(list.id)).map(({ fingerprint, graceEnds }) => ({
      fingerprint: parseListKeyId(fingerprint),
      graceEnds: new Date(graceEnds),
    })),
    ...(waits === undefined ? {} : { waitsForOwner: new Date(waits) }),
  };
}
