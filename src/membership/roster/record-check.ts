/**
 * What the record's heads give away: a server that shows two owners different records, goes back to an older one, or
 * never writes down a removal.
 *
 * Every list signature and every answer names the record's newest entry of that moment. An add-on hands each of them to
 * {@link checkRecord}, keeps what comes back, and shows an alarm that does not go away by itself.
 *
 * It can't see a server that makes a signature of its own for each reader and keeps every one of those stories straight:
 * owners who fear that compare the head's hash with each other.
 */

import { FUTURE_ALLOWED_MS } from "../../openpgp/policy.js";
import type { RosterHead } from "../../protocol/message.js";
import { standingOf } from "./log.js";

/** Heads that are kept. Against a server that names a new one with every post to fill the profile. */
const MAX_HEADS = 500;

/**
 * How long after it was sent an own command may be missing from the record: a mail may wait for a day at a server that
 * makes unknown senders come again.
 */
export const MISSING_AFTER_MS = 24 * 60 * 60 * 1000;

/** A head that the server's signatures named, and when first and last. Plain JSON; dates are ISO 8601. */
export interface SeenHead extends RosterHead {
  readonly first: string;
  readonly last: string;
}

/** A command of one's own that changes the record (`recordedCommands`), until it is there. Plain JSON. */
export interface AwaitedCommand {
  /** The signer's primary fingerprint. */
  readonly signer: string;
  readonly id: string;
  /** ISO 8601. */
  readonly sent: string;
}

/** What an add-on knows of a list's record. An owner's `hashes` and `commands` are those of their `RosterHistory`. */
export interface KnownRecord {
  readonly hashes: readonly string[];
  readonly commands: readonly string[];
  readonly heads: readonly SeenHead[];
  readonly awaited: readonly AwaitedCommand[];
}

/** Nothing is known yet. For somebody who is no owner `hashes` and `commands` stay empty. */
export const noRecord: KnownRecord = { hashes: [], commands: [], heads: [], awaited: [] };

/** What a signature of the server says about the record: verified, and from a list signature or an answer. */
export interface ClaimedHead {
  readonly head: RosterHead;
  /** The signature's date. */
  readonly signedAt: Date;
}

/** What is wrong with the record. */
export type RecordAlarm =
  /** Another entry under that number than the one known here: somebody is shown another record. */
  | { readonly kind: "forked"; readonly number: number }
  /** The server named `later` first and this older entry after it: something was taken out, or an old backup runs. */
  | { readonly kind: "behind"; readonly number: number; readonly later: number }
  /** A command of one's own is not in the record, a day and more after it was sent. */
  | { readonly kind: "missing"; readonly id: string };

/** What {@link checkRecord} found. `known`: to be kept from now on. */
export type RecordCheck =
  | { readonly kind: "consistent"; readonly known: KnownRecord }
  /** Consistent so far, and there are entries that an owner has not fetched: ask with `roster`, `after` the last known. */
  | { readonly kind: "newer"; readonly known: KnownRecord }
  /** The head is not taken over: the next one is measured by what was known before. */
  | { readonly kind: "alarm"; readonly alarm: RecordAlarm; readonly known: KnownRecord };

/** How much later than `later`'s first naming a lower head was last named; clocks of several machines may differ. */
const isAfter = (last: string, first: string): boolean =>
  Date.parse(last) > Date.parse(first) + FUTURE_ALLOWED_MS;

function withHead(heads: readonly SeenHead[], { head, signedAt }: ClaimedHead): readonly SeenHead[] {
  const at = signedAt.toISOString();
  const before = heads.find(({ number }) => number === head.number);
  const seen: SeenHead = {
    ...head,
    first: before !== undefined && before.first < at ? before.first : at,
    last: before !== undefined && before.last > at ? before.last : at,
  };
  return [...heads.filter(({ number }) => number !== head.number), seen]
    .sort((one, other) => one.number - other.number)
    .slice(-MAX_HEADS);
}

function alarmOf(known: KnownRecord, said: ClaimedHead, heads: readonly SeenHead[]): RecordAlarm | undefined {
  const { head, signedAt } = said;
  const { hashes, commands, awaited } = known;
  const standing = standingOf(hashes, head);
  const before = known.heads.find(({ number }) => number === head.number);
  if (standing.kind === "forked" || (before !== undefined && before.hash !== head.hash)) {
    return { kind: "forked", number: head.number };
  }
  for (const [index, lower] of heads.entries()) {
    const higher = heads.slice(index + 1).find(({ first }) => isAfter(lower.last, first));
    if (higher !== undefined) return { kind: "behind", number: lower.number, later: higher.number };
  }
  if (standing.kind !== "known") return undefined;
  const missing = awaited.find(
    ({ signer, id, sent }) =>
      signedAt.getTime() > Date.parse(sent) + MISSING_AFTER_MS && !commands.includes(`${signer} ${id}`),
  );
  return missing && { kind: "missing", id: missing.id };
}

/**
 * Holds what the server says about the record against what is known of it. To be called with every list signature of an
 * opened post, once it is verified, and with every answer (`head` of its result, `date`).
 *
 * Old mail that is opened late is no alarm: what counts is when the server signed.
 *
 * The caller keeps `known` of what comes back (also of an alarm), shows the alarm to the person, and, after it has
 * fetched entries (`continueHistory`), puts the history's `hashes` and `commands` into it. After a restore that an owner
 * has confirmed the record may truly go on from an older entry: then the person says so, and the add-on begins again with
 * {@link noRecord}.
 */
export function checkRecord(known: KnownRecord, said: ClaimedHead): RecordCheck {
  const heads = withHead(known.heads, said);
  const alarm = alarmOf(known, said, heads);
  if (alarm !== undefined) return { kind: "alarm", alarm, known };
  const awaited = known.awaited.filter(({ signer, id }) => !known.commands.includes(`${signer} ${id}`));
  const kind = standingOf(known.hashes, said.head).kind === "newer" ? "newer" : "consistent";
  return { kind, known: { ...known, heads, awaited } };
}
