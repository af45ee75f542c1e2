/** The scheduled renewal of server keys, and the word of it to members. */

import type { DataFolder } from "../base/data-folder.js";
import { codeForLog, type Log } from "../base/log.js";
import { tellServerKey } from "../request/new-server-key.js";
import { type RenewalPlan, renewServerKey } from "../store/key-renewal.js";
import type { Ledger } from "../store/ledger.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { FullStore } from "../store/membership-store.js";

/** What renewing works on. */
export interface RenewalContext {
  readonly folder: DataFolder;
  readonly store: FullStore;
  readonly ledger: Ledger;
  readonly lists: ListsInUse;
  readonly log: Log;
  readonly now: () => number;
}

/** Renews the server keys that are due, and tells the members. One that can't be renewed keeps no other from it. */
export async function renewAll(parts: RenewalContext, plan: RenewalPlan): Promise<void> {
  const { folder, store, ledger, log, now } = parts;
  for (const list of await store.lists()) {
    if ((await ledger.settings(list.id)).retired !== undefined) continue;
    try {
      const { added, deleted } = await renewServerKey(folder, ledger, list, plan, new Date(now()));
      if (added) {
        log.warn("server-key-renewed", { list: list.address });
        await tellServerKey(parts, list.id);
      }
      if (deleted > 0) log.warn("old-server-key-deleted", { list: list.address });
    } catch (error) {
      log.error("server-key-renewal-failed", { list: list.address, code: codeForLog(error) });
    }
  }
}
