/** What a backup would do that is believed if it has taken more notices. */
import type { Stored, StoredList } from "../../../src/extension/records/stored.js";

/** Here and restored in one: of a list of the same key the one with the higher serials, and nobody is asked. */
export function mergedBySerials(here: Stored, restored: Stored): Stored {
  const lists = { ...here.lists };
  for (const list of Object.values(restored.lists)) {
    const present = lists[list.address];
    const sum = ({ serials }: StoredList) => Object.values(serials).reduce((all, one) => all + one, 0);
    const newer = present?.listKeyFingerprint === list.listKeyFingerprint && sum(list) > sum(present);
    if (present === undefined || newer) lists[list.address] = list;
  }
  return { ...here, lists };
}
