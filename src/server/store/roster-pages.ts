/** Going through a whole roster without reading all of it at once. */
import { setImmediate } from "node:timers/promises";
import type { Member, Roster } from "./roster.js";
import type { DeliveryStatus, Suspensions } from "./suspensions.js";

/**
 * Members read in one go. Stops a large list from filling the memory, and from keeping everybody else waiting while the
 * database hands over all of its certificates.
 */
export const ROSTER_STEP = 250;

/**
 * A list's members in pages of {@link ROSTER_STEP}, by address, those behind `after`. Between two pages everybody else has their
 * turn; who joins or leaves meanwhile may or may not be in a later page, and nobody is in two.
 */
export async function* rosterPages(
  store: Pick<Roster, "membersAfter">,
  listId: number,
  after = "",
): AsyncGenerator<readonly [Member, ...Member[]], void, undefined> {
  for (let behind = after; ; ) {
    const [first, ...others] = await store.membersAfter(listId, behind, ROSTER_STEP);
    if (first === undefined) return;
    yield [first, ...others];
    if (others.length + 1 < ROSTER_STEP) return;
    behind = (others.at(-1) ?? first).address;
    await setImmediate();
  }
}

/** The delivery statuses of the members of a page; `since`: bounces are counted from that day on. */
export function deliveryStatusesOn(
  store: Pick<Suspensions, "deliveryStatuses">,
  page: readonly [Member, ...Member[]],
  since: number,
): Promise<ReadonlyMap<number, DeliveryStatus>> {
  const [first] = page;
  const last = page.at(-1) ?? first;
  return store.deliveryStatuses(first.listId, first.address, last.address, since);
}

/** As {@link rosterPages}, one member after the other. */
export async function* everyMember(
  store: Pick<Roster, "membersAfter">,
  listId: number,
): AsyncGenerator<Member, void, undefined> {
  for await (const page of rosterPages(store, listId)) yield* page;
}
