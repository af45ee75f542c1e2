/**
 * The server's secret keys: one a list, made with the list, in a file of its own, never used for another list, also not
 * when an address is created again (cross-list replay: list-key-material.ts tells the attack).
 *
 * File names hold the key's fingerprint, so a new key never takes an old one's place.
 */
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ListSealError } from "../../openpgp/errors.js";
import {
  armorSealingKey,
  generateKey,
  type OpeningKey,
  type Profile,
  readOpeningKey,
  sealingHalf,
  writeOpeningKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { type DataFolder, isOpenToOthers, writeDurably } from "../base/data-folder.js";
import type { List } from "./store.js";

/** A key file may be read and written by the server's user alone. */
export const KEY_FILE_MODE = 0o600;
const CERTIFICATE_FILE_MODE = 0o644;

/** A server key that lies in its file. */
export interface MadeServerKey {
  /** Name of the file in the key folder. */
  readonly file: string;
  readonly fingerprint: string;
  /** Binary certificate. */
  readonly certificate: Uint8Array;
  /** Path of the armored certificate, for the owner. */
  readonly certificatePath: string;
}

/** The key file can't be used; the sentence is for the operator. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/** Makes a fresh key for the list at `address` and writes both halves. On disk when this returns. */
export async function makeServerKey(
  folder: DataFolder,
  address: string,
  profile: Profile,
): Promise<MadeServerKey> {
  const key = await generateKey("server", { address, profile });
  const file = `${key.fingerprint}.key`;
  await writeDurably(join(folder.keys, file), await writeOpeningKey(key, folder.passphrase), KEY_FILE_MODE);
  const certificatePath = certificatePathOf(folder, key.fingerprint);
  await writeDurably(certificatePath, armorSealingKey(sealingHalf(key)), CERTIFICATE_FILE_MODE);
  return {
    file,
    fingerprint: key.fingerprint,
    certificate: writeSealingKey(sealingHalf(key)),
    certificatePath,
  };
}

/** Where the armored certificate of the server key with `fingerprint` lies. */
export function certificatePathOf(folder: DataFolder, fingerprint: string): string {
  return join(folder.certificates, `${fingerprint}.asc`);
}

/** Takes back a key that no list came to use. */
export async function discardServerKey(
  folder: DataFolder,
  key: Pick<MadeServerKey, "file" | "certificatePath">,
): Promise<void> {
  await rm(join(folder.keys, key.file), { force: true });
  await rm(key.certificatePath, { force: true });
}

/**
 * Reads a list's server key.
 *
 * @throws KeyFileError if the file is missing, open to others, or not the list's key
 */
export async function loadServerKey(
  folder: DataFolder,
  list: Pick<List, "serverKeyFile" | "serverFingerprint">,
): Promise<OpeningKey<"server">> {
  const path = keyPathOf(folder, list.serverKeyFile);
  let bytes: Uint8Array;
  try {
    if (await isOpenToOthers(path)) {
      throw new KeyFileError(`others can read the key file ${path}: run chmod 600 on it`);
    }
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof KeyFileError) throw error;
    throw new KeyFileError(`the key file ${path} can't be read: check that it exists and who owns it`, {
      cause: error,
    });
  }
  const key = await unlocked(bytes, path, folder.passphrase);
  if (key.fingerprint !== list.serverFingerprint) {
    throw new KeyFileError(
      `the key file ${path} holds a different key from the list's: put the list's key file back`,
    );
  }
  return key;
}

/** Where a key file lies: among systemd's credentials, or in the key folder. */
export function keyPathOf(folder: DataFolder, file: string): string {
  const credential = folder.credentials && join(folder.credentials, file);
  return credential !== undefined && existsSync(credential) ? credential : join(folder.keys, file);
}

async function unlocked(
  bytes: Uint8Array,
  path: string,
  passphrase: string | undefined,
): Promise<OpeningKey<"server">> {
  try {
    return await readOpeningKey("server", bytes, passphrase);
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    switch (error.code) {
      case "key-locked":
        throw new KeyFileError(
          `the key file ${path} is locked: give its passphrase in keys.passphrase-file or in the systemd credential "passphrase"`,
        );
      case "wrong-passphrase":
        throw new KeyFileError(
          `the passphrase does not unlock the key file ${path}: check keys.passphrase-file or the systemd credential`,
        );
      default:
        throw error;
    }
  }
}
