/**
 * The backup: one file that brings everything of an add-on to a new device.
 *
 * An OpenPGP message under a passphrase, around JSON; gpg opens it (profile `compatible`). What the sections hold is the
 * add-on's business: here they are opaque, so that a backup of a later version is refused by its version and never half
 * read.
 *
 * The passphrase is made by the add-on (93 random bits, as digits with check digits); a person's own is allowed, and the
 * page warns: the file holds every key, and whoever has it may guess for years.
 *
 * ```json
 * { "listseal": 1, "kind": "backup", "made": "2026-08-01T12:00:00Z", "sections": { "lists": ..., "pins": ... } }
 * ```
 */
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import type { Profile } from "../../openpgp/keys.js";
import { typedPassphrase } from "./backup-passphrase.js";
import { anyObject, formatDate, isoDate, objectOf } from "./declaration.js";
import { FILE_VERSION, kindFields, readJson } from "./json-fields.js";
import { openFile, sealFile } from "./sealed-file.js";

export {
  MIN_OWN_PASSPHRASE,
  makeBackupPassphrase,
  type TypedPassphrase,
  typedPassphrase,
} from "./backup-passphrase.js";

/** Keys and pins of many lists have some hundred kB. Against a "backup" that fills the memory. */
export const MAX_BACKUP_BYTES = 16 * 1024 * 1024;

/** A backup's JSON. */
export const backupDeclaration = objectOf({ ...kindFields("backup"), made: isoDate, sections: anyObject });

/** A backup. */
export interface Backup {
  /** When it was made; whole seconds. */
  readonly made: Date;
  /** By name; plain JSON. */
  readonly sections: Readonly<Record<string, unknown>>;
}

function readPassphrase(text: string): string {
  const typed = typedPassphrase(text);
  if (typed.kind === "made" || typed.kind === "own") return typed.passphrase;
  throw new ProtocolError("wrong-passphrase", `the passphrase is ${typed.kind}`);
}

/** The name of a backup's file: `listseal-backup-2026-08-01.listseal`. */
export function backupFileName({ made }: Pick<Backup, "made">): string {
  return `listseal-backup-${made.toISOString().slice(0, 10)}.listseal`;
}

/**
 * Writes a backup.
 *
 * @param passphrase from `makeBackupPassphrase`, or a person's own
 * @throws ListSealError `wrong-passphrase` (mistyped or too short), `too-large`
 */
export async function writeBackup(
  { made, sections }: Backup,
  passphrase: string,
  profile: Profile = "compatible",
): Promise<Uint8Array> {
  const content = { listseal: FILE_VERSION, kind: "backup", made: formatDate(made), sections };
  return sealFile(content, {
    code: readPassphrase(passphrase),
    profile,
    date: made,
    limit: MAX_BACKUP_BYTES,
  });
}

/**
 * Reads a backup. The caller looks at every section before anything is stored, and puts all of it in or nothing.
 *
 * @throws ListSealError `wrong-passphrase`, `backup-damaged`, `wrong-kind` (another kind of file), `unsupported-version`,
 *   `too-large`
 */
export async function readBackup(file: Uint8Array, passphrase: string): Promise<Backup> {
  let bytes: Uint8Array;
  try {
    ({ bytes } = await openFile(file, readPassphrase(passphrase), MAX_BACKUP_BYTES, "backup-damaged"));
  } catch (thrown) {
    if (thrown instanceof ListSealError && thrown.code === "wrong-code") {
      throw new ProtocolError("wrong-passphrase", "the passphrase does not open the file", { cause: thrown });
    }
    throw thrown;
  }
  const { made, sections } = readJson(bytes, backupDeclaration, {
    kind: "backup",
    from: "file",
    code: "backup-damaged",
  });
  return { made, sections };
}
