import { isRoundcube, taskOf } from "./page.js";
import { readMailPage } from "./reading.js";
import { write } from "./writing.js";

/** The adapter for Roundcube: starts in each of its documents, and does nothing in those of anybody else. */
export function startRoundcube(): boolean {
  if (!isRoundcube()) return false;
  const task = taskOf(location.href);
  if (task.kind === "read") void readMailPage(task);
  if (task.kind === "write") write();
  return true;
}
