/** An owner's word that a restored list may go on: by mail, or in a file that the operator hands in. */
import type { RosterHead } from "../../protocol/message.js";
import type { RecordedCommand } from "../store/authorization.js";
import type { Heads } from "../store/rollback-guard.js";
import type { List, Member, Store } from "../store/store.js";
import { type CommandNamed, type CommandResult, type RequestContext, refusal } from "./request-context.js";

/** A verified `resume-server`. */
export interface ResumeCommand {
  readonly list: List;
  readonly owner: Member;
  /** The request's own date. */
  readonly date: Date;
  readonly head: RosterHead;
  readonly verified: RecordedCommand;
}

/** What came of it. `setAside`: copies of the backup's queue. */
export type ResumeResult =
  | { readonly kind: "done"; readonly setAside: number }
  | { readonly kind: "not-paused" }
  | { readonly kind: "refused"; readonly code: "not-allowed" | "roster-behind" | "too-old" };

/**
 * Lets the list go on: the entry that the owner knows must be the newest of the store. If the owner knows of more
 * (removals that the backup lacks), the operator brings the roster up to date first, and the owner looks at it and signs
 * for the entry that it then ends with. The record keeps the owner's word.
 *
 * From then on signatures made before the request are refused, since the memory of replays is as old as the rest; and
 * copies that were in the backup's queue are set aside: they went out before, most likely.
 */
export async function resume(
  parts: { readonly store: Store; readonly heads: Heads },
  { list, owner, date, head, verified }: ResumeCommand,
): Promise<ResumeResult> {
  const { heads, store } = parts;
  const known = await heads.ownersOf(list.address);
  // an owner in the backup only was removed since, or is no owner any more
  if (known !== undefined && !known.includes(owner.fingerprint))
    return { kind: "refused", code: "not-allowed" };
  const since = await heads.pausedSince(list.address);
  if (since === undefined) return { kind: "not-paused" };
  // dates in requests are whole seconds. An older one is the answer to an earlier restore
  if (date.getTime() < Math.floor(since / 1000) * 1000) return { kind: "refused", code: "too-old" };
  const recorded = await store.recordResume(verified, head);
  if (recorded.kind === "refused") return { kind: "refused", code: "roster-behind" };
  // "repeat": the server was killed before it came to the rest
  await store.refuseBefore(list.id, date.getTime());
  const setAside = await store.setListAside(list.id, "restored", since);
  await heads.resume(store, list);
  return { kind: "done", setAside };
}

/** The same, asked for by mail. */
export async function resumeServer(
  { parts, list, opened }: RequestContext,
  recorded: RecordedCommand,
  owner: Member,
  { head }: CommandNamed<"resume-server">,
): Promise<CommandResult> {
  // answered when all of it is done: the command alone does not let the list go on
  const { answer: _, ...verified } = recorded;
  const resumed = await resume(parts, { list, owner, date: opened.request.date, head, verified });
  switch (resumed.kind) {
    case "refused":
      return refusal(resumed.code);
    case "done":
    case "not-paused":
      return { kind: "answer", result: "done" };
  }
}
