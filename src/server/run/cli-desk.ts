/** What the commands of the command line share: the data folder, the configuration, and how they print. */
import { existsSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataFolder, dataFolder, isInitialised, isWritableByOthers } from "../kept/data-folder.js";
import { Heads } from "../kept/heads.js";
import { MAX_CERTIFICATE_BYTES } from "../kept/limits.js";
import { codeForLog } from "../kept/log.js";
import { openStore, type StorePlace } from "../kept/open-store.js";
import { KeyFileError } from "../kept/server-keys.js";
import type { Store } from "../kept/store.js";
import { BadRequest, type Office } from "./administration.js";
import { type Config, ConfigError, defaultConfig, readConfigFile } from "./config.js";
import { NotInitialised } from "./service.js";

/** Options that every command has. */
export interface GlobalOptions {
  readonly data?: string;
  readonly config?: string;
}

/** Where a command works. */
export interface Site {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly place: StorePlace;
  /** The configuration file, if there is one. */
  readonly configFile?: string;
}

/** What a command works with; the store is open. */
export interface Desk extends Office {
  readonly store: Store;
  readonly heads: Heads;
}

export const say = (line: string) => process.stdout.write(`${line}\n`);

/** A fingerprint as people compare it: in groups of four. */
export const spaced = (fingerprint: string) => fingerprint.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");

/**
 * The data folder and configuration: `--config FILE`, else `listseal.toml` in the data folder; `--data` goes before the
 * file's `data`.
 *
 * @throws BadRequest, ConfigError, KeyFileError
 */
export async function findSite({ data, config: named }: GlobalOptions): Promise<Site> {
  if (named === undefined && data === undefined) {
    throw new BadRequest("where is the server's folder? Give --data DIR or --config FILE");
  }
  const beside = data === undefined ? undefined : join(data, "listseal.toml");
  const configFile = named ?? (beside !== undefined && existsSync(beside) ? beside : undefined);
  const config = configFile === undefined ? defaultConfig : await readConfigFile(configFile);
  const path = data ?? config.data ?? (configFile === undefined ? undefined : join(configFile, ".."));
  if (path === undefined) throw new ConfigError("no data folder");
  const credentials = process.env["CREDENTIALS_DIRECTORY"];
  const passphrase = await readPassphrase(config, credentials);
  const folder: DataFolder = {
    ...dataFolder(path),
    ...(credentials === undefined ? {} : { credentials }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
  for (const each of [folder.path, folder.keys]) {
    if (existsSync(each) && (await isWritableByOthers(each))) {
      throw new ConfigError(
        `others can write to ${each}, so that keys and lists may be anybody's: chmod go-w ${each}`,
      );
    }
  }
  const { postgres } = config.store;
  const place: StorePlace =
    postgres === undefined || postgres === ""
      ? { kind: "sqlite", file: folder.database }
      : { kind: "postgres", url: postgres };
  return { folder, config, place, ...(configFile === undefined ? {} : { configFile }) };
}

async function readPassphrase(config: Config, credentials: string | undefined): Promise<string | undefined> {
  const credential = credentials && join(credentials, "passphrase");
  const file =
    config.keys["passphrase-file"] ?? (credential && existsSync(credential) ? credential : undefined);
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    throw new KeyFileError(`the passphrase file ${file} can't be read`);
  }
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "") throw new KeyFileError(`the passphrase file ${file} is empty`);
  return passphrase;
}

/** Runs `work` with the store of the site open; notes the record's newest entries when it is done. */
export async function atDesk(
  options: GlobalOptions,
  work: (desk: Desk, site: Site) => Promise<void>,
): Promise<void> {
  const site = await findSite(options);
  const { folder } = site;
  if (!isInitialised(folder)) throw new NotInitialised(`${folder.path} holds no server: run init first`);
  const store = await openStore(site.place);
  try {
    const heads = new Heads(folder.heads);
    await work({ store, heads, folder, now: () => Date.now() }, site);
    await heads.note(store);
  } finally {
    await store.close();
  }
}

/** A small file that somebody named: a certificate or a signed command. @throws BadRequest */
export async function readSmallFile(path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(MAX_CERTIFICATE_BYTES + 1);
  let length: number;
  try {
    const file = await open(path, "r");
    try {
      ({ bytesRead: length } = await file.read(bytes, 0, bytes.length, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new BadRequest(`${path} can't be read (${codeForLog(error)})`);
  }
  if (length > MAX_CERTIFICATE_BYTES) throw new BadRequest(`${path} is too large for a certificate`);
  return bytes.subarray(0, length);
}

/** A certificate file, binary or armored. @throws BadRequest */
export async function readCertificate(path: string): Promise<Uint8Array | string> {
  const content = await readSmallFile(path);
  // the first bit of every packet is set, and no letter of armor is
  return (content[0] ?? 0) >= 0x80 ? content : content.toString("utf8");
}
