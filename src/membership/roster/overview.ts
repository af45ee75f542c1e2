/** What an owner's page shows of the record beside the members: who waits for a word, and how invitations stand. */
import { type Address, isAddress } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import type { LoggedMember, RosterHistory } from "./state.js";

/** Whether somebody has their place, and their role, by an owner's signed word. */
export const hasAuthority = ({ by, roleBy }: LoggedMember): boolean =>
  by !== "operator" && roleBy !== "operator";

/**
 * Members whom only the operator enrolled: the owner looks at each and confirms them (`enrol`) or removes them. Until then
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
