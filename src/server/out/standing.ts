/**
 * Members' standing: who gets copies, and what is done when copies don't arrive.
 *
 * - A failure is counted by day, a mail system's bad hour counts once. Only hard ones lead to a suspension, and late.
 * - A member to whom nothing can be sealed any more is told, by a mail that needs no key, and so are the owners. That is
 *   no failure of their mail system and is never counted as one.
 */

import type { Ledger } from "../kept/ledger.js";
import { BOUNCE_WINDOW_DAYS, DAY_MS, HARD_BOUNCE_DAYS, NOTICE_INTERVAL_MS } from "../kept/limits.js";
import type { Log } from "../kept/log.js";
import type { Member, Store } from "../kept/store.js";
import type { Verdict } from "./bounce-verdict.js";

export interface StandingParts {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly now: () => number;
  /** Says that a notice was queued. */
  readonly wake: () => void;
}

export class Standing {
  readonly #parts: StandingParts;

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /** Nothing can be sealed for this member: says so once, to them and to the owners. */
  async noteUnusableKey(member: Member, code: string): Promise<void> {
    const { store, ledger, log, now } = this.#parts;
    if (!(await ledger.noteUnusableKey(member.id, code, now()))) return;
    log.warn("member-without-key", { member: member.id, code });
    await store.queueNotice(member.id, "no-usable-key", now(), NOTICE_INTERVAL_MS);
    await this.#tellOwners(member, `member-without-key ${member.id}`);
  }

  /** A copy for this member came back. Suspends them when that has happened often enough. */
  async noteFailure(memberId: number, { severity, reason }: Verdict): Promise<void> {
    const { store, ledger, log, now } = this.#parts;
    const member = await store.memberById(memberId);
    if (member === undefined) return;
    await ledger.noteBounce(memberId, { severity, reason }, now());
    log.warn("copy-bounced", { member: memberId, code: `${severity}-${reason}` });
    const bounces = await ledger.bounces(memberId, now() - BOUNCE_WINDOW_DAYS * DAY_MS);
    if (bounces.filter((bounce) => bounce.severity === "hard").length < HARD_BOUNCE_DAYS) return;
    if (!(await ledger.suspend(memberId, "bounces", now()))) return;
    log.error("member-suspended", { member: memberId, code: `${severity}-${reason}` });
    // it may come through: mail systems that refuse the list's copies often take a short plain mail
    await store.queueNotice(memberId, "suspended", now(), NOTICE_INTERVAL_MS);
    await this.#tellOwners(member, `member-suspended ${member.id}`);
  }

  async #tellOwners(about: Member, code: string): Promise<void> {
    const { store, now, wake } = this.#parts;
    for (const owner of await ownersOf(store, about.listId)) {
      if (owner.id !== about.id) await store.queueNotice(owner.id, code, now(), NOTICE_INTERVAL_MS);
    }
    wake();
  }
}

/** The list's owners on the roster. */
export async function ownersOf(store: Store, listId: number): Promise<readonly Member[]> {
  return (await store.members(listId)).filter((member) => member.role === "owner");
}
