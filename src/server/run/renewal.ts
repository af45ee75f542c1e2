/** The scheduled renewal of server keys, and the word of it to members. */
import { tellServerKey } from "../in/requests/new-server-key.js";
import type { DataFolder } from "../kept/data-folder.js";
import { type RenewalPlan, renewServerKey } from "../kept/key-renewal.js";
import type { ListsInUse } from "../kept/lists-in-use.js";
import { codeForLog, type Log } from "../kept/log.js";
import type { Store } from "../kept/store.js";

/** What renewing works on. */
export interface RenewalParts {
  readonly folder: DataFolder;
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly log: Log;
  readonly now: () => number;
}

/** Renews the server keys that are due, and tells the members. One that can't be renewed keeps no other from it. */
export async function renewAll(parts: RenewalParts, plan: RenewalPlan): Promise<void> {
  const { folder, store, log, now } = parts;
  for (const list of await store.lists()) {
    if ((await store.listSettings(list.id)).retired !== undefined) continue;
    try {
      const { added, deleted } = await renewServerKey(folder, store, list, plan, new Date(now()));
      if (added) {
        log.warn("server-key-renewed", { list: list.address });
        await tellServerKey(parts, list.id);
      }
      if (deleted > 0) log.warn("old-server-key-deleted", { list: list.address });
    } catch (error) {
      log.error("server-key-not-renewed", { list: list.address, code: codeForLog(error) });
    }
  }
}
