/** Many members at once, in one transaction: all of them or none. For rosters that come from elsewhere, or go. */
import { type Database, type Script, sql } from "./database.js";
import type { ListSettings } from "./list-settings.js";
import { Conflict, lockList, type PostPolicy, putListSettings } from "./lists.js";
import { sweepSoon } from "./post-pieces.js";
import { deleteMember, insertMember, type Member, type MemberRole, type NewMember } from "./roster.js";
import { appendToRecord, type RosterChange } from "./roster-record.js";

/** Somebody to add, and what the record says of it. */
export interface BulkMember {
  readonly member: NewMember;
  readonly role: MemberRole;
  /** They get no copies until they want them. */
  readonly isPaused: boolean;
  readonly changes: readonly RosterChange[];
}

/** People, and what else changes about the list with them. */
export interface BulkChange {
  readonly members: readonly BulkMember[];
  readonly policy?: { readonly policy: PostPolicy; readonly change: RosterChange };
  readonly settings?: ListSettings;
}

export interface BulkRoster {
  /** @throws Conflict, which names the address, if anybody's address or certificate is on the roster; nothing was changed */
  addMembers(listId: number, added: BulkChange, now: number): Promise<void>;
  /** Removes members with every job that waits for them. @throws Conflict, which names the address; nothing was changed */
  removeMembers(
    listId: number,
    addresses: readonly string[],
    change: (member: Member) => RosterChange,
  ): Promise<readonly Member[]>;
}

/** Changes to the rosters in `database`. */
export function bulkRosterIn(database: Database): BulkRoster {
  return {
    addMembers: (listId, added, now) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        const { members, policy, settings } = added;
        for (const { member, role, isPaused, changes } of members) {
          const { id } = yield* naming(member.address, insertMember(listId, member, now));
          if (role !== "member") yield sql`UPDATE members SET role = ${role} WHERE id = ${id}`;
          if (isPaused) yield sql`INSERT INTO own_pauses (member_id, since) VALUES (${id}, ${now})`;
          for (const change of changes) yield* appendToRecord(listId, change);
        }
        if (policy !== undefined) {
          yield sql`UPDATE lists SET policy = ${policy.policy} WHERE id = ${listId}`;
          yield* appendToRecord(listId, policy.change);
        }
        if (settings !== undefined) yield putListSettings(listId, settings);
      }),

    async removeMembers(listId, addresses, change) {
      const removed = await database.transaction(function* () {
        yield* lockList(database, listId);
        const gone: Member[] = [];
        for (const address of addresses)
          gone.push(yield* naming(address, deleteMember(listId, address, change)));
        return gone;
      });
      // of posts that waited for these members alone
      await sweepSoon(database);
      return removed;
    },
  };
}

/** Among many, a conflict says about whom. */
function* naming<T>(address: string, work: Script<T>): Script<T> {
  try {
    return yield* work;
  } catch (error) {
    throw error instanceof Conflict ? new Conflict(`${address}: ${error.message}`) : error;
  }
}
