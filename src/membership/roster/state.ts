/** What an owner's add-on keeps of a list's record: plain JSON, worked out by roster-history.ts. */
import type { Address } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import type { MemberRole } from "../request/roles.js";

/** A member by the record. Plain JSON. */
export interface LoggedMember {
  readonly fingerprint: Fingerprint;
  readonly role: MemberRole;
  /** The server's word for when, ISO 8601. */
  readonly since: string;
  /**
   * On whose word: an owner's introduction, the claim of the list, an owner's `enrol`, or the operator's alone
   * (`unconfirmedMembers`).
   */
  readonly by: "introduction" | "claim" | "owner" | "operator";
  /** Their key is revoked, by themself: it commands nothing any more, and no new list key is sealed to it. */
  readonly revoked?: true;
  /** Their role is on the operator's word alone: what they command as an owner or moderator is shown as such. */
  readonly roleBy?: "operator";
  /** Armored; absent only for those whom an operator enrolled with an older server: it recorded their fingerprint alone. */
  readonly certificate?: string;
}

/** Something in the record that no member's signature stands behind. */
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
  readonly listKeys: readonly Fingerprint[];
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
