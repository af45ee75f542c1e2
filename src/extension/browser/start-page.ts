import { browserHost } from "../host/browser-host.js";
import { useHost } from "../host/host.js";
import { followLocking, lockIfDue, whenLocked } from "../locking/unlocked.js";
import { endWorkerWhenIdle } from "../worker/client.js";

/**
 * What every page of a browser begins with that does work of its own: it says which program this is, and forgets what it has
 * opened when keys are locked, here or in another page. Call it before anything is awaited.
 */
export function startPage(): void {
  useHost(browserHost);
  whenLocked(endWorkerWhenIdle);
  followLocking();
  void lockIfDue().catch(() => undefined);
}
