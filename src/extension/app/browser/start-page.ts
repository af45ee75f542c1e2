import { followLocking, lockIfDue, whenLocked } from "../../keys/unlocked.js";
import { setHost } from "../../platform/host.js";
import { endWorkerWhenIdle } from "../../worker/client.js";
import { watchRecordHeads } from "../handlers/record-heads.js";
import { browserHost } from "./browser-host.js";

/**
 * What every page of a browser begins with that does work of its own: it says which program this is, and forgets what it has
 * opened when keys are locked, here or in another page. Call it before anything is awaited.
 */
export function startPage(): void {
  setHost(browserHost);
  watchRecordHeads();
  whenLocked(endWorkerWhenIdle);
  followLocking();
  void lockIfDue().catch(() => undefined);
}
