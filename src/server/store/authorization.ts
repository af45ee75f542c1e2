/**
 * What was verified of whoever commands something, as a value: the store reads it again inside the transaction that
 * carries the command out, and compares.
 *
 * The attack: checking takes time (a signature, a certificate, a file), and meanwhile somebody else's command is carried
 * out. A thief's `renew` that was checked before the holder's `revoke` brings the stolen key back to life; an owner's
 * `enrol` lets people in after the owner was removed. So no command reaches the store without a warrant, and one that is
 * not true any more changes nothing: the request is looked at again from the start, as if it had come later. It is the same
 * with posts ({@link PostAuthorization}): somebody who was removed while their post was being opened has posted nothing.
 */
import type { SignedChange } from "../../membership/roster/log.js";
import { firstRow, number, type Row, type Script, sql, textColumn } from "./database.js";
import { defaultListSettings, readListSettings } from "./list-settings.js";
import type { List } from "./lists.js";
import { type Member, type MemberRole, memberOf } from "./roster.js";

/** How often a request or a post is looked at again because somebody else's command was carried out meanwhile. */
export const MAX_TRIES = 5;

/** What was verified. */
export interface Authorization {
  /** As it was when the request was opened. */
  readonly list: List;
  /** Of the oldest signature, in milliseconds since 1970. */
  readonly signedAt: number;
  /** Whose certificate verified the signature, or an introduction that a newcomer brings. */
  readonly by:
    | { readonly kind: "member"; readonly member: Member; readonly roles: readonly MemberRole[] }
    /** Of a claim: its card is looked at by the claim itself. */
    | { readonly kind: "card" };
}

/** What was verified of a post. */
export interface PostAuthorization {
  /** As it was when the post was opened. */
  readonly list: List;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  readonly by: /** with the role that says whether the post is held */
    | { readonly kind: "member"; readonly member: Member }
    /** nobody on the roster has the address */
    | { readonly kind: "non-member"; readonly address: string };
}

/** What a command is remembered by: it is carried out once for its signer. */
export interface CommandKey {
  readonly listId: number;
  readonly signer: string;
  readonly id: string;
  readonly keptUntil: number;
}

/** Somebody whom an answer goes to. They may be on no roster: not yet, or no longer. */
export interface AnswerTo {
  readonly address: string;
  readonly name: string;
  readonly certificate: Uint8Array;
  readonly inReplyTo?: string;
}

/** A command that may be carried out, and what is kept and told of it in the same transaction. */
export interface VerifiedCommand {
  readonly warrant: Authorization;
  readonly command: CommandKey;
  /** As it was signed: reports show it. */
  readonly signed: { readonly bytes: Uint8Array; readonly signatures: Uint8Array };
  /** Fingerprint of the server key that the asker knows. */
  readonly server: string;
  /** Nobody is answered by mail whose signature came in a file. */
  readonly answer?: AnswerTo;
  readonly now: number;
}

/** One that changes the roster, with the entry that the record gets. */
export interface RecordedCommand extends VerifiedCommand {
  readonly change: SignedChange;
}

/**
 * Thrown by the store when what was verified is not true any more. Nothing was changed; whoever asked is to be verified
 * again, against what is true now.
 */
export class Stale extends Error {
  override readonly name = "Stale";
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;

/** Whether the member on the roster is who was verified, by the same certificate, in a role that allows it. */
function isStill(now: Row | undefined, member: Member, roles: readonly MemberRole[]): boolean {
  if (now === undefined) return false;
  const { listId, address, fingerprint, certificate, role } = memberOf(now);
  return (
    listId === member.listId &&
    address === member.address &&
    fingerprint === member.fingerprint &&
    isSame(certificate, member.certificate) &&
    roles.includes(role)
  );
}

function* memberRow({ id }: Member): Script<Row | undefined> {
  return yield* firstRow(sql`SELECT * FROM members WHERE id = ${id}`);
}

/** Who asked is still on the roster as they were verified, in the same role. @throws Stale */
export function* assertStill(member: Member): Script<void> {
  const now = yield* memberRow(member);
  if (!isStill(now, member, [member.role])) throw new Stale("who asked is not who was verified");
}

/** The list's keys, whether it was retired, and since when it refuses signatures. @throws Stale */
function* assertListIsStill(list: List, signedAt: number): Script<Row> {
  const row = yield* firstRow(
    sql`SELECT list_key_fingerprint, server_fingerprint, policy FROM lists WHERE id = ${list.id}`,
  );
  const key = row?.["list_key_fingerprint"] ?? undefined;
  if (row === undefined || key !== list.listKeyFingerprint) throw new Stale("another list key");
  if (textColumn(row, "server_fingerprint") !== list.serverFingerprint) throw new Stale("another server key");
  const settings = yield* firstRow(sql`SELECT settings FROM list_settings WHERE list_id = ${list.id}`);
  const { retired } =
    settings === undefined ? defaultListSettings : readListSettings(textColumn(settings, "settings"));
  if (retired !== undefined) throw new Stale("the list is retired");
  const resumed = yield* firstRow(sql`SELECT not_before FROM resumed WHERE list_id = ${list.id}`);
  if (resumed !== undefined && signedAt < number(resumed, "not_before"))
    throw new Stale("signed before a restore");
  return row;
}

/**
 * Holds `warrant` against what is true in this transaction, which holds the list: signer, certificate, role, the list's
 * keys, whether it was retired, and since when a restored list refuses signatures.
 *
 * @throws Stale
 */
export function* assertTrue({ list, signedAt, by }: Authorization): Script<void> {
  yield* assertListIsStill(list, signedAt);
  if (by.kind === "card") return;
  if (!isStill(yield* memberRow(by.member), by.member, by.roles))
    throw new Stale("the signer is not who was verified");
}

/**
 * As {@link assertTrue}, for a post: besides, who may post to the list, and the author's role, which decide together whether
 * it is held.
 *
 * @throws Stale
 */
export function* assertMayPost({ list, signedAt, by }: PostAuthorization): Script<void> {
  const row = yield* assertListIsStill(list, signedAt);
  if (textColumn(row, "policy") !== list.policy) throw new Stale("another policy");
  if (by.kind === "non-member") {
    const known = yield* firstRow(
      sql`SELECT 1 AS known FROM members WHERE list_id = ${list.id} AND address = ${by.address}`,
    );
    // a member's address is a member's
    if (known !== undefined) throw new Stale("the author is a member");
    return;
  }
  const { member } = by;
  const now = yield* memberRow(member);
  const isTheirs =
    isStill(now, member, [member.role]) && now?.["posts_secret"] === (member.postsSecret ?? null);
  if (!isTheirs) throw new Stale("the author is not who was verified");
}
