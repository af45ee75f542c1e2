/** What the roster command shows: to owners everything, to members that they are in it. */
import { setImmediate } from "node:timers/promises";
import { isAddress } from "../../../mail/mailbox.js";
import { type ListStatus, RECORD_PAGE, type Result, type RosterMember } from "../../../membership/answers.js";
import { parseFingerprint, parseSealingKey } from "../../../protocol/keys.js";
import { fullReadingConfig } from "../../../protocol/policy.js";
import { BOUNCE_WINDOW_DAYS, DAY_MS } from "../../kept/limits.js";
import type { Member } from "../../kept/store.js";
import type { Asked, Done } from "./asked.js";

/** Members whose certificates are read in one go. */
const BETWEEN = 16;

async function rosterMember({ parts, now }: Asked, member: Member): Promise<RosterMember | undefined> {
  const { address } = member;
  if (!isAddress(address)) return undefined;
  const { certificate } = await parseSealingKey("member", member.certificate);
  const expires = await certificate.getExpirationTime(undefined, fullReadingConfig());
  const since = now.getTime() - BOUNCE_WINDOW_DAYS * DAY_MS;
  const pause = await parts.ledger.suspension(member.id);
  const unusable = await parts.ledger.unusableSince(member.id);
  return {
    address,
    name: member.name,
    fingerprint: parseFingerprint(member.fingerprint),
    role: member.role,
    since: new Date(member.added),
    delivery: pause === undefined ? "on" : "paused",
    shape: member.shape,
    ...(pause === undefined ? {} : { paused: { by: pausedBy(pause.reason), since: new Date(pause.since) } }),
    ...(unusable === undefined ? {} : { keyUnusable: new Date(unusable) }),
    ...(expires instanceof Date ? { keyExpires: expires } : {}),
    bounces: (await parts.ledger.bounces(member.id, since)).length,
  };
}

async function deliveryTo(ledger: Asked["parts"]["ledger"], { id }: Member): Promise<"on" | "paused"> {
  return (await ledger.suspension(id)) === undefined ? "on" : "paused";
}

/** Owners get all of it; members only that they are in it: who else is, is nobody's business. */
export async function roster(asked: Asked, member: Member, after: number): Promise<Done> {
  return { kind: "answer", result: await rosterFor(asked, member, after) };
}

async function rosterFor(
  asked: Asked,
  member: Member,
  after: number,
): Promise<Extract<Result, { kind: "roster" | "member" }>> {
  const { parts, list } = asked;
  const head = await parts.store.recordHead(list.id);
  if (member.role !== "owner") {
    const delivery = await deliveryTo(parts.ledger, member);
    return { kind: "member", head, role: member.role, delivery, since: new Date(member.added) };
  }
  const members: RosterMember[] = [];
  for (const [index, each] of (await parts.store.members(list.id)).entries()) {
    // certificates are read without a pause: everybody else is served in between
    if (index % BETWEEN === 0) await setImmediate();
    const shown = await rosterMember(asked, each);
    if (shown !== undefined) members.push(shown);
  }
  return {
    kind: "roster",
    head,
    members,
    entries: await parts.store.recordAfter(list.id, after, RECORD_PAGE),
    status: await statusOf(asked),
  };
}

/** The ledger's word as the answer's; whatever an operator's command wrote is the operator's. */
const pausedBy = (reason: string) => (reason === "member" || reason === "bounces" ? reason : "operator");

async function statusOf({ parts, list }: Asked): Promise<ListStatus> {
  const { store, heads } = parts;
  const waits = await heads.pausedSince(list.address);
  return {
    policy: list.policy,
    held: (await store.heldPosts(list.id)).length,
    replaced: (await store.formerListKeys(list.id)).map(({ fingerprint, graceEnds }) => ({
      fingerprint: parseFingerprint(fingerprint),
      graceEnds: new Date(graceEnds),
    })),
    ...(waits === undefined ? {} : { waitsForOwner: new Date(waits) }),
  };
}
