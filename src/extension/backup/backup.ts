import { fromBase64 } from "../../mail/base64.js";
import { MembershipError } from "../../membership/file/errors.js";
import { host } from "../platform/host.js";
import { awake } from "../platform/keep-awake.js";
import type { Owned } from "../records/owned-list.js";
import { ownedRecord } from "../records/owned-storage.js";
import { load, update } from "../records/storage.js";
import type { Stored } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import { merged, mergedOwned, planOf, readRestored, readRestoredOwned } from "./merge.js";
import type { RestorePlan } from "./restore-plan.js";

/** One file with everything of this add-on, and the way back. */

/**
 * Writes a backup and has it saved.
 * @param passphrase made by the page, which shows it; or the person's own
 * @throws ListSealError `wrong-passphrase` (too short), `too-large`
 */
export function makeBackup(passphrase: string): Promise<void> {
  return awake(async () => {
    const made = new Date().toISOString();
    const sections = { lists: await load(), owned: await ownedRecord.load() };
    const { name, file } = await runJob("write-backup", { sections, passphrase, now: made });
    await host().saveFile(name, file, "application/octet-stream");
    await update((stored) => ({ stored: { ...stored, backedUpAt: made }, result: undefined }));
  });
}

interface BackupContent {
  readonly made: string;
  readonly lists: Stored;
  readonly owned: Owned;
}

/** Opens a backup and looks at everything in it. @throws ListSealError what `readBackup` throws; `unsupported-version` */
async function openBackup(file: string, passphrase: string): Promise<BackupContent> {
  const { made, sections } = await runJob("read-backup", { file: bytesOf(file), passphrase });
  return { made, lists: readRestored(sections["lists"]), owned: readRestoredOwned(sections["owned"]) };
}

/** What a backup would bring and change, for a page to show. */
export interface RestoreSummary extends RestorePlan {
  /** ISO 8601: when the backup was made, as it says itself. */
  readonly made: string;
}

/**
 * Looks into a backup. Changes nothing, and keeps nothing of it.
 * @param file in base64
 * @throws ListSealError what `readBackup` throws; `unsupported-version`
 */
export function lookAtBackup(file: string, passphrase: string): Promise<RestoreSummary> {
  return awake(async () => {
    const { made, lists, owned } = await openBackup(file, passphrase);
    return {
      ...planOf(await load(), lists, { here: await ownedRecord.load(), restored: owned }),
      made,
    };
  });
}

/**
 * Reads a backup and puts everything in, or nothing. Of the lists that are here only those change whose very move was accepted.
 * @param file     in base64
 * @param accepted ids of the moves that {@link lookAtBackup} gave, as far as the person agreed to them
 * @throws ListSealError as {@link lookAtBackup}; nothing was changed then
 */
export function restoreBackup(file: string, passphrase: string, accepted: readonly string[]): Promise<void> {
  return awake(async () => {
    const { made, lists, owned } = await openBackup(file, passphrase);
    const moves = new Set(accepted);
    const after = await update((here) => {
      const stored = merged(here, lists, made, moves);
      return { stored, result: stored.lists };
    });
    await ownedRecord.update((here) => ({ stored: mergedOwned(here, owned, after), result: undefined }));
    await host().listsChanged();
  });
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new MembershipError("backup-damaged", "not base64", { cause });
  }
}
