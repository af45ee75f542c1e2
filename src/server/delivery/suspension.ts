/**
 * Members' standing: who gets copies, and what is done when copies don't arrive.
 *
 * - A failure is counted by day, a mail system's bad hour counts once. Only hard ones lead to a suspension, and late: when
 *   the day is over, and only if it didn't touch a large part of the list at once.
 * - A member to whom nothing can be sealed any more is told, by a mail that needs no key, and so are the owners. That is
 *   no failure of their mail system and is never counted as one.
 */

import {
  BOUNCE_WINDOW_DAYS,
  BRAKE_MIN_MEMBERS,
  BRAKE_NOTICE_INTERVAL_MS,
  BRAKE_SHARE,
  DAY_MS,
  HARD_BOUNCE_DAYS,
  MAX_MEMBERS_NAMED,
  NOTICE_INTERVAL_MS,
} from "../base/limits.js";
import type { Log } from "../base/log.js";
import type { Ledger } from "../store/ledger.js";
import type { List, Member, Store } from "../store/store.js";
import type { BounceVerdict } from "./bounce-verdict.js";

export interface SuspensionContext {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly now: () => number;
  /** Says that a notice was queued. */
  readonly wake: () => void;
}

export class Suspensions {
  readonly #parts: SuspensionContext;

  constructor(parts: SuspensionContext) {
    this.#parts = parts;
  }

  /** Nothing can be sealed for this member: says so once, to them and to the owners. */
  async noteUnusableKey(member: Member, code: string): Promise<void> {
    const { store, ledger, log, now } = this.#parts;
    if (!(await ledger.noteUnusableKey(member.id, code, now()))) return;
    log.warn("member-without-key", { member: member.id, code });
    await store.queueNotice(member.id, "no-usable-key", now(), NOTICE_INTERVAL_MS);
    await this.#tellOwners(member.listId, `member-without-key ${member.id}`, NOTICE_INTERVAL_MS, member);
  }

  /** A copy for this member came back. It is noted; {@link review} decides. */
  async noteFailure(memberId: number, { severity, reason }: BounceVerdict): Promise<void> {
    const { ledger, log, now } = this.#parts;
    await ledger.noteBounce(memberId, { severity, reason }, now());
    log.warn("copy-bounced", { member: memberId, code: `${severity}-${reason}` });
  }

  /**
   * Suspends who was lost, by the days that are over: not before the end of a day is known how large a part of the list
   * it was. Tells owners in one notice a list. Meant to be called every hour or so.
   */
  async review(): Promise<void> {
    for (const list of await this.#parts.store.lists()) await this.#reviewList(list);
  }

  async #reviewList(list: List): Promise<void> {
    const { store, ledger, log, now } = this.#parts;
    const since = now() - BOUNCE_WINDOW_DAYS * DAY_MS;
    const failures = await ledger.hardBounces(list.id, since);
    if (failures.size === 0) return;
    const readers = await ledger.readers(list.id);
    for (const [day, members] of failures) {
      if (members < BRAKE_MIN_MEMBERS || members <= readers * BRAKE_SHARE) continue;
      if (!(await ledger.brake(list.id, day))) continue;
      log.error("many-copies-bounced", { list: list.address, copies: members });
      await this.#tellOwners(list.id, "many-copies-bounced", BRAKE_NOTICE_INTERVAL_MS);
    }
    const suspended: number[] = [];
    for (const member of await ledger.lost(list.id, since, now(), HARD_BOUNCE_DAYS)) {
      if (!(await ledger.suspend(member, "bounces", now()))) continue;
      suspended.push(member);
      log.error("member-suspended", { member, code: "bounces" });
      // it may come through: mail systems that refuse the list's copies often take a short plain mail
      await store.queueNotice(member, "suspended", now(), NOTICE_INTERVAL_MS);
    }
    if (suspended.length === 0) return;
    const named = suspended.slice(0, MAX_MEMBERS_NAMED).join(" ");
    await this.#tellOwners(list.id, `members-suspended ${suspended.length} ${named}`);
  }

  async #tellOwners(
    listId: number,
    code: string,
    interval = NOTICE_INTERVAL_MS,
    except?: Member,
  ): Promise<void> {
    const { store, now, wake } = this.#parts;
    for (const owner of await ownersOf(store, listId)) {
      if (owner.id !== except?.id) await store.queueNotice(owner.id, code, now(), interval);
    }
    wake();
  }
}

/** The list's owners on the roster. */
export async function ownersOf(store: Store, listId: number): Promise<readonly Member[]> {
  return store.owners(listId);
}
