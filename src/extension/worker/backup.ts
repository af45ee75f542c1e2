import { backupFileName, readBackup, writeBackup } from "../../membership/file/backup.js";
import type { Jobs } from "./jobs.js";

/** Backups, written and opened. What their sections hold is the background page's business. */

/** @throws ListSealError what `writeBackup` throws */
export async function writeBackupFile({
  sections,
  passphrase,
  now,
}: Jobs["write-backup"]["input"]): Promise<Jobs["write-backup"]["output"]> {
  const made = new Date(Math.floor(Date.parse(now) / 1000) * 1000);
  return { name: backupFileName({ made }), file: await writeBackup({ made, sections }, passphrase) };
}

/** @throws ListSealError what `readBackup` throws */
export async function readBackupFile({
  file,
  passphrase,
}: Jobs["read-backup"]["input"]): Promise<Jobs["read-backup"]["output"]> {
  const { made, sections } = await readBackup(file, passphrase);
  return { made: made.toISOString(), sections };
}
