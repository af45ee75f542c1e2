/** What an owner's add-on keeps of a list's record: plain JSON, worked out by history.ts. */
import { type Address, isAddress } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import type { ListKeyId } from "../../openpgp/list-keys.js";
import type { MemberRole } from "../request/command-names.js";

/** A member by the record. Plain JSON. */
export interface LoggedMember {
  readonly fingerprint: Fingerprint;
  readonly role: MemberRole;
  /** The server's word for when, ISO 8601. */
  readonly since: string;
  /**
   * On whose word: an owner's introduction, the claim of the list, an owner's `enrol` or `confirm`, or the operator's alone
   * (`unconfirmedMembers`).
   */
  readonly by: "introduction" | "claim" | "owner" | "operator";
  /** Their key is revoked, by themself: it commands nothing any more, and no new list key is sealed to it. */
  readonly revoked?: true;
  /** Their role is on the operator's word alone: what they command as an owner or moderator is shown as such. */
  readonly roleBy?: "operator";
  /**
   * The list key that was the present one when they came in with an invitation that holds a former one: nobody had told them of
   * it. Absent for everybody else.
   */
  readonly lateFor?: string;
  /** Armored; absent only for those whom an operator enrolled with an older server: it recorded their fingerprint alone. */
  readonly certificate?: string;
}

/** Something in the record that no member's signature covers. */
export interface UnsignedEntry {
  readonly number: number;
  /**
   * `operator`; `link`: whoever holds the member's mail; `unconfirmed`: somebody who is a member, or an owner, by the
   * operator's word alone; `unentitled`: somebody who had no right to it any more when the server carried it out. It
   * counts for nothing here.
   */
  readonly by: "operator" | "link" | "unconfirmed" | "unentitled";
  readonly what: string;
  readonly address?: Address;
}

/** What an owner's add-on keeps of a list's record. Plain JSON; start with {@link noHistory}. */
export interface RosterHistory {
  readonly hashes: readonly string[];
  readonly members: Readonly<Record<Address, LoggedMember>>;
  /**
   * The list keys by owners' signed words, the first one first: introductions of former days name former ones, which
   * whoever was made an owner later never had.
   */
  readonly listKeys: readonly ListKeyId[];
  /** Introductions that let somebody in, for ever. */
  readonly introductions: readonly Fingerprint[];
  /** Until when introductions of an address were burnt: those made then or before let nobody in. ISO 8601. */
  readonly burnt: Readonly<Record<Address, string>>;
  /** `signer SP id` of every command. */
  readonly commands: readonly string[];
  /** What the owner should look at. */
  readonly unsigned: readonly UnsignedEntry[];
}

export const noHistory: RosterHistory = {
  hashes: [],
  members: {},
  listKeys: [],
  introductions: [],
  burnt: {},
  commands: [],
  unsigned: [],
};

/** What an owner's page shows of the record beside the members: who waits for a word, and how invitations stand. */

/** Whether somebody has their place, and their role, by an owner's signed word. */
export const hasAuthority = ({ by, roleBy }: LoggedMember): boolean =>
  by !== "operator" && roleBy !== "operator";

/**
 * Members whom only the operator enrolled: the owner looks at them and confirms (`confirm`) or removes them. Until then
 * they get posts, since the server sends them; they get no new list key.
 */
export function unconfirmedMembers(
  history: RosterHistory,
): readonly { readonly address: Address; readonly member: LoggedMember }[] {
  return Object.entries(history.members).flatMap(([address, member]) =>
    member.by === "operator" && isAddress(address) ? [{ address, member }] : [],
  );
}

/** An invitation as the owner who made it keeps it. Plain JSON. */
export interface IssuedInvitation {
  /** The introduction's fingerprint. */
  readonly introduction: Fingerprint;
  readonly address: Address;
  /** When the introduction was certified, ISO 8601. */
  readonly introducedAt: string;
  /** ISO 8601. */
  readonly joinBy: string;
}

/** How an invitation of the owner's own stands, by the record: the server is told of it only when it is used. */
export function invitationStanding(
  { introduction, address, introducedAt, joinBy }: IssuedInvitation,
  history: RosterHistory,
  now: Date = new Date(),
): "pending" | "used" | "withdrawn" | "expired" {
  if (history.introductions.includes(introduction)) return "used";
  const burnt = history.burnt[address];
  if (burnt !== undefined && new Date(introducedAt) <= new Date(burnt)) return "withdrawn";
  return new Date(joinBy) < now ? "expired" : "pending";
}
