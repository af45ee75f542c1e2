/** Many members at once. They share one certificate: what is tested with them is who gets a copy, not who can open it. */

import type { AdminContext } from "../../src/server/admin/administration.js";
import { everyMember } from "../../src/server/store/roster-pages.js";
import type { Member, Store } from "../../src/server/store/store.js";
import type { PlayList } from "./play-server.js";
import { person } from "./play-server.js";

/** Puts `count` members on the roster of `list`; gives their addresses. */
export async function addCrowd(
  { store }: AdminContext,
  list: PlayList,
  count: number,
  first = 0,
  local = "crowd",
): Promise<readonly string[]> {
  const { key } = await person("Crowd");
  const certificate = key.secret.toPublic().write();
  const addresses = Array.from({ length: count }, (_, index) => `${local}${first + index}@people.test`);
  for (const [place, address] of addresses.entries()) {
    const index = first + place;
    const fingerprint = index.toString(16).padStart(40, "0");
    await store.addMember(
      list.list.id,
      { address, name: `Crowd ${index}`, certificate, fingerprint, shape: "encrypted" },
      { do: "add", address, fingerprint, by: "operator", at: new Date().toISOString() },
      Date.now(),
    );
  }
  return addresses;
}

/** Everybody on a list's roster, by address. */
export async function wholeRoster(store: Pick<Store, "membersAfter">, listId: number): Promise<Member[]> {
  const members: Member[] = [];
  for await (const member of everyMember(store, listId)) members.push(member);
  return members;
}
