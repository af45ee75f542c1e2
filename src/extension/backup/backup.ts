import { ListSealError } from "../../protocol/errors.js";
import { fromBase64 } from "../base64.js";
import { host } from "../host/host.js";
import { awake } from "../keep-awake.js";
import { ownedRecord } from "../owner/owned-storage.js";
import { load, update } from "../storage.js";
import { runJob } from "../worker/client.js";
import { merged, mergedOwned, readBrought, readBroughtOwned } from "./merge.js";

/** One file with everything of this add-on, and the way back. */

/**
 * A part of the add-on that a backup carries. A new kind of record is one more of these.
 * `prepare` looks at everything before anything is put in, and throws if it can't be; what it gives puts it in.
 */
interface Section {
  readonly name: string;
  collect(): Promise<unknown>;
  /** `made`: the backup's date, ISO 8601. */
  prepare(value: unknown, made: string): () => Promise<void>;
}

const lists: Section = {
  name: "lists",
  collect: load,
  prepare(value, made) {
    const brought = readBrought(value);
    return () => update((here) => ({ stored: merged(here, brought, made), result: undefined }));
  },
};

const owned: Section = {
  name: "owned",
  collect: ownedRecord.load,
  prepare(value) {
    const brought = readBroughtOwned(value);
    return () => ownedRecord.update((here) => ({ stored: mergedOwned(here, brought), result: undefined }));
  },
};

const sections: readonly Section[] = [lists, owned];

/**
 * Writes a backup and has it saved.
 * @param passphrase made by the page, which shows it; or the person's own
 * @throws ListSealError `wrong-passphrase` (too short), `too-large`
 */
export function makeBackup(passphrase: string): Promise<void> {
  return awake(async () => {
    const made = new Date().toISOString();
    const collected: Record<string, unknown> = {};
    for (const { name, collect } of sections) collected[name] = await collect();
    const { name, file } = await runJob("write-backup", { sections: collected, passphrase, now: made });
    await host().saveFile(name, file, "application/octet-stream");
    await update((stored) => ({ stored: { ...stored, backedUpAt: made }, result: undefined }));
  });
}

/**
 * Reads a backup and puts everything in, or nothing.
 * @param file in base64
 * @throws ListSealError what `readBackup` throws; nothing was changed then
 */
export function restoreBackup(file: string, passphrase: string): Promise<void> {
  return awake(async () => {
    const opened = await runJob("read-backup", { file: bytesOf(file), passphrase });
    const steps = sections.map(({ name, prepare }) => prepare(opened.sections[name], opened.made));
    for (const step of steps) await step();
    await host().listsChanged();
  });
}

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new ListSealError("backup-damaged", "not base64", { cause });
  }
}
