/** Where a server's data and configuration are. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DataFolder, dataFolder, isWritableByOthers } from "../base/data-folder.js";
import type { StorePlace } from "../store/open-store.js";
import { KeyFileError } from "../store/server-keys.js";
import { BadRequest } from "./administration.js";
import { type Config, ConfigError, defaultConfig, readConfigFile } from "./config.js";

/** Options that every command has. */
export interface GlobalOptions {
  readonly data?: string;
  readonly config?: string;
}

/** Where a command works. */
export interface ServerPlace {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly place: StorePlace;
  /** The configuration file, if there is one. */
  readonly configFile?: string;
}

/**
 * The data folder and configuration: `--config FILE`, else `listseal.toml` in the data folder; `--data` goes before the
 * file's `data`.
 *
 * @throws BadRequest, ConfigError, KeyFileError
 */
export async function findSite({ data, config: named }: GlobalOptions): Promise<ServerPlace> {
  if (named === undefined && data === undefined) {
    throw new BadRequest("no data folder given: use --data DIR or --config FILE");
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
        `others can write to ${each}, so its keys and lists can't be trusted: run chmod go-w ${each} and check them`,
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
    throw new KeyFileError(`the passphrase file ${file} can't be read: check its path and permissions`);
  }
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "")
    throw new KeyFileError(
      `the passphrase file ${file} is empty: put the passphrase of the server keys in it`,
    );
  return passphrase;
}
