import { type Checked, count, object, oneOf, orNull, recordOf, text } from "../../membership/file/check.js";
import { keptRecord } from "../records/storage.js";

/**
 * How far the index is: which folders were gone through, and whether the person wants it at all. In clear in `storage.local`:
 * nothing of a mail is in it.
 */

/** `unbuilt`: the folder has to be gone through from end to end. `built`: what has come since the cursor is enough. */
const folderState = object<{
  readonly state: "unbuilt" | "built";
  /** ISO 8601: when it was gone through last; null before the first time. */
  readonly cursor: string | null;
  /** Goes up whenever the folder is marked as unbuilt: what goes through it meanwhile has not seen why. */
  readonly mark: number;
}>({ state: oneOf("unbuilt", "built"), cursor: orNull(text), mark: count });

const record = object<{
  readonly version: number;
  /** `off`: nobody has opened our page of lists yet. `paused`: the person has stopped it. */
  readonly wish: "off" | "on" | "paused";
  /** By the ids of folders. */
  readonly folders: Readonly<Record<string, Checked<typeof folderState>>>;
  /** ISO 8601: when all folders were last compared with the index from end to end. */
  readonly reconciledAt: string | null;
}>({
  version: count,
  wish: oneOf("off", "on", "paused"),
  folders: recordOf(folderState),
  reconciledAt: orNull(text),
});

/** How far the index is. */
export type SyncState = Checked<typeof record>;

const fresh: SyncState = { version: 1, wish: "off", folders: {}, reconciledAt: null };

const kept = keptRecord("mailIndex", (value): SyncState => {
  if (value === undefined) return fresh;
  const read = record(value);
  if (read.version !== fresh.version) throw new Error("written by another version");
  return read;
});

/** How far the index is. A record that can't be read counts as none: then everything is gone through again. */
export async function syncState(): Promise<SyncState> {
  try {
    return await kept.load();
  } catch {
    return fresh;
  }
}

/** Changes it. @throws ListSealError what storage throws */
export async function changeSync(change: (state: SyncState) => SyncState): Promise<void> {
  await kept.update((state) => ({ stored: change(state), result: undefined }));
}

/** Has these folders gone through from end to end, or all of them. */
export function markUnbuilt(folders: readonly string[] | "all"): Promise<void> {
  return changeSync((state) => {
    const names = folders === "all" ? Object.keys(state.folders) : folders;
    const next = names.flatMap((name) => {
      const known = state.folders[name];
      return known === undefined
        ? []
        : [[name, { ...known, state: "unbuilt" as const, mark: known.mark + 1 }]];
    });
    return next.length === 0
      ? state
      : { ...state, folders: { ...state.folders, ...Object.fromEntries(next) } };
  });
}

/** Folders were gone through; those that were marked meanwhile have to be again. @param before as it was when that began */
export function markBuilt(
  folders: readonly string[],
  before: SyncState,
  { began, reconciled }: { readonly began: string; readonly reconciled: boolean },
): Promise<void> {
  return changeSync((now) => ({
    ...now,
    // folders that are not there any more are forgotten
    folders: Object.fromEntries(
      folders.map((id) => {
        const mark = now.folders[id]?.mark ?? 0;
        const state = mark === (before.folders[id]?.mark ?? 0) ? ("built" as const) : ("unbuilt" as const);
        return [id, { state, cursor: began, mark }];
      }),
    ),
    reconciledAt: reconciled ? began : now.reconciledAt,
  }));
}
