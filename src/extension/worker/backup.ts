import { backupFileName, readBackup, writeBackup } from "../../membership/file/backup.js";

/** Backups, written and opened. What their sections hold is the background page's business. */

/** @throws ListSealError what `writeBackup` throws */
export async function writeBackupFile({
  sections,
  passphrase,
  now,
}: {
  readonly sections: Readonly<Record<string, unknown>>;
  readonly passphrase: string;
  readonly now: string;
}): Promise<{ readonly name: string; readonly file: Uint8Array }> {
  const made = new Date(Math.floor(Date.parse(now) / 1000) * 1000);
  return { name: backupFileName({ made }), file: await writeBackup({ made, sections }, passphrase) };
}

/** @throws ListSealError what `readBackup` throws */
export async function readBackupFile({
  file,
  passphrase,
}: {
  readonly file: Uint8Array;
  readonly passphrase: string;
}): Promise<{ readonly made: string; readonly sections: Readonly<Record<string, unknown>> }> {
  const { made, sections } = await readBackup(file, passphrase);
  return { made: made.toISOString(), sections };
}
