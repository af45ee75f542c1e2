/**
 * What the server remembers, in one database: put together here from parts, each of which is given the database and what it
 * needs of the others. Every method is one transaction, and asynchronous, so that it fits a database in the process
 * (sqlite.ts) as well as one on another machine (postgres.ts).
 *
 * Two laws:
 * - What `queuePost` was told is on disk when it returns: only then is the sender told 250.
 * - No opened byte is ever given to a store. Posts are kept as received, sealed to the server.
 *
 * Dates are whole milliseconds since 1970. Addresses are canonical (mail/mailbox.ts).
 */

import { FORMER_KEY_ANSWER_MS, MAX_HELD_MS } from "../base/limits.js";
import { applyCommandIn } from "./apply-command.js";
import { type BulkRoster, bulkRosterIn } from "./bulk-roster.js";
import { type Database, sql } from "./database.js";
import { type Deliveries, deliveriesIn, forgetDeliveries } from "./deliveries.js";
import { type ListStore, listsIn } from "./lists.js";
import { type MembershipCommands, membershipCommandsIn } from "./membership-commands.js";
import { type PassedNotices, passedNoticesIn } from "./passed-notices.js";
import { endComing, isFinished, sweepBodies } from "./post-pieces.js";
import { type Posts, postsIn } from "./posts.js";
import { FORMER_KEY_NOTICE, type Queue, queueIn } from "./queue.js";
import { type QueueAdmin, queueAdminIn } from "./queue-admin.js";
import { type Replies, repliesIn } from "./replies.js";
import { type RidingNotices, ridingNoticesIn } from "./riding-notices.js";
import { type Roster, rosterIn } from "./roster.js";
import { type RosterRecord, rosterRecordIn } from "./roster-record.js";
import { type ServerKeyStore, serverKeyStoreIn } from "./server-key-store.js";
import { type SharedNotices, sharedNoticesIn, sweepNotices } from "./shared-notices.js";
import { type Suspensions, suspensionsIn } from "./suspensions.js";

export type { CommandOutcome } from "./apply-command.js";
export type { CommandKey, PostAuthorization } from "./authorization.js";
export type { BulkMember } from "./bulk-roster.js";
export { UnusableStore } from "./database.js";
export type { Deliveries, Delivery, MissingCounts } from "./deliveries.js";
export {
  Conflict,
  type List,
  type ListState,
  type ListStore,
  type NewList,
  type NewListKeyRow,
  type PostPolicy,
  postPolicies,
  SecretConflict,
} from "./lists.js";
export type { MembershipCommands } from "./membership-commands.js";
export type { NoticeMail, PassedNotices } from "./passed-notices.js";
export type { Author, NewPost, Post, Posts, Queued, StoredHeldMail } from "./posts.js";
export type {
  Addressee,
  AtGate,
  CopyJob,
  GateAnswer,
  Job,
  MailJob,
  NewMail,
  NoticeJob,
  Queue,
  QueueCounts,
} from "./queue.js";
export type { JobChoice, QueueAdmin, QueuedJob } from "./queue-admin.js";
export type { FirstAnswer, PendingReply, Replies } from "./replies.js";
export {
  type Entitled,
  LastOwner,
  MAX_KEYS_ASKED,
  type Member,
  type MemberRole,
  type NewMember,
  type Roster,
  roles,
} from "./roster.js";
export type { RosterRecord } from "./roster-record.js";
export type { ServerKeyStore } from "./server-key-store.js";
export type { SharedNotices } from "./shared-notices.js";
export type { Bounce, DeliveryStatus, Suspension, Suspensions } from "./suspensions.js";

/** The whole store. Whoever needs some of it says which parts. */
export type Store = ListStore &
  Roster &
  BulkRoster &
  Suspensions &
  RosterRecord &
  ServerKeyStore &
  MembershipCommands &
  PassedNotices &
  SharedNotices &
  RidingNotices &
  Replies &
  Posts &
  Deliveries &
  Queue &
  QueueAdmin &
  Maintenance;

/** What is about the store as a whole. */
export interface Maintenance {
  /** Forgets replays and commands that the date check would refuse anyway, posts that a crash left without jobs, and posts held too long. */
  forget(now: number): Promise<void>;
  /** Since when an answer of the database is waited for, by performance.now; `undefined` if none is. */
  waitingSince(): number | undefined;
  /** Throws if the database does not answer: for readiness. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** The store in `database`. */
export function storeIn(database: Database, sharing: Queue["sharing"]): Store {
  const applyCommand = applyCommandIn(database);
  return {
    ...listsIn(database),
    ...rosterIn(database),
    ...bulkRosterIn(database),
    ...suspensionsIn(database),
    ...rosterRecordIn(database),
    ...serverKeyStoreIn(database, applyCommand),
    ...membershipCommandsIn(database, applyCommand),
    ...passedNoticesIn(database, applyCommand),
    ...sharedNoticesIn(database, applyCommand),
    ...ridingNoticesIn(database),
    ...repliesIn(database),
    ...postsIn(database, applyCommand),
    ...deliveriesIn(database),
    ...queueIn(database, sharing),
    ...queueAdminIn(database),
    forget: (now) => forgetIn(database, now),
    waitingSince: () => database.waitingSince(),
    async probe() {
      await database.query(sql`SELECT 1 AS one`);
    },
    close: () => database.close(),
  };
}

async function forgetIn(database: Database, now: number): Promise<void> {
  await database.transaction(function* () {
    const old = now - MAX_HELD_MS;
    yield sql`DELETE FROM jobs WHERE post_id IN (SELECT id FROM posts WHERE held = 1 AND accepted < ${old})`;
    yield sql`DELETE FROM posts WHERE held = 1 AND accepted < ${old}`;
  });
  await database.query(endComing(now));
  await database.query(sql`DELETE FROM replays WHERE kept_until < ${now}`);
  await database.query(sql`DELETE FROM requests WHERE kept_until < ${now}`);
  await database.query(sql`DELETE FROM answers WHERE kept_until < ${now}`);
  // those whom it was for have left
  await database.query(
    sql`DELETE FROM tellings WHERE kind = 'report' AND last_member IS NULL
        AND NOT EXISTS (SELECT 1 FROM telling_copies WHERE telling_id = tellings.id)`,
  );
  await database.query(sql`DELETE FROM forwarded WHERE kept_until < ${now}`);
  // one a post, and not one a kind as the other notices
  await database.query(
    sql`DELETE FROM notices WHERE code LIKE ${`${FORMER_KEY_NOTICE} %`} AND queued < ${now - FORMER_KEY_ANSWER_MS}`,
  );
  await database.query(forgetDeliveries(now));
  await database.query(sql`DELETE FROM posts WHERE ${isFinished}`);
  await sweepNotices(database);
  await sweepBodies(database, (statement) => database.queryInBackground(statement));
}
