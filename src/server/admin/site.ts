/** Where a server's data and configuration are. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type DataFolder,
  dataFolder,
  isInitialised,
  isWritableByOthers,
  makeFolders,
  writeDurably,
} from "../base/data-folder.js";
import { openStore, type StorePlace } from "../store/open-store.js";
import { KeyFileError } from "../store/server-keys.js";
import { openTokens } from "../store/tokens.js";
import { BadRequest } from "./administration.js";
import { becomeUser, type CommandForUser } from "./change-user.js";
import { type Config, ConfigError, defaultConfig, readConfigFile } from "./config.js";
import { writeConfig } from "./config-template.js";

/** Where packages and `quickstart` put the settings. */
export const CONFIG_FILE = "/etc/listseal/listseal.toml";

/** Options that every command has. */
export interface GlobalOptions {
  readonly data?: string;
  readonly config?: string;
}

/** Where a command works. */
export interface ServerSite {
  readonly folder: DataFolder;
  readonly config: Config;
  readonly place: StorePlace;
  /** The configuration file, if there is one. */
  readonly configFile?: string;
}

/**
 * The data folder and configuration: `--config FILE`, else `listseal.toml` in the data folder of `--data`, else
 * {@link CONFIG_FILE}; `--data` goes before the file's `data`.
 *
 * @throws BadRequest, ConfigError, KeyFileError
 */
export async function findSite(given: GlobalOptions): Promise<ServerSite> {
  const { data } = given;
  if (given.config === undefined && data === undefined && !existsSync(CONFIG_FILE)) {
    throw new BadRequest(
      `no data folder given, and there is no ${CONFIG_FILE}: use --data DIR or --config FILE`,
    );
  }
  const named = given.config ?? (data === undefined ? CONFIG_FILE : undefined);
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

/**
 * As {@link findSite}, for a command. Run by root it goes on as the user whom the data folder belongs to: a database, lock or
 * key file that root has made could not be used by the server any more.
 *
 * @param next how the command goes on in another process where this one can't change users; as it began, if nothing was done yet
 */
export async function enterSite(
  given: GlobalOptions,
  next: CommandForUser = { words: process.argv.slice(2) },
): Promise<ServerSite> {
  const site = await findSite(given);
  const { path } = site.folder;
  if (process.getuid?.() !== 0 || !existsSync(path)) return site;
  const { uid, gid } = await stat(path);
  if (uid !== 0) await becomeUser(uid, gid, next);
  return site;
}

/** A site that is there now. */
export interface MadeSite {
  readonly folder: DataFolder;
  readonly configFile: string;
  /** False if the data folder held a server before. */
  readonly isNew: boolean;
}

/**
 * Makes the data folder and the database, and the configuration file with `settings` in it. What is there is kept as it is.
 *
 * @throws BadRequest, ConfigError
 */
export async function makeSite(
  options: GlobalOptions,
  settings: Readonly<Record<string, string>>,
): Promise<MadeSite> {
  const { data, config } = options;
  if (config !== undefined && !existsSync(config)) {
    if (data === undefined) {
      throw new BadRequest(
        `${config} does not exist; to create it, name the data folder as well: --data DIR`,
      );
    }
    await writeDurably(config, writeConfig({ data: resolve(data), ...settings }), CONFIG_FILE_MODE);
  }
  const { folder, place, configFile = join(folder.path, "listseal.toml") } = await findSite(options);
  const isNew = !isInitialised(folder);
  await makeFolders(folder);
  await (await openStore(place)).close();
  await openTokens(folder.tokenSecret);
  if (!existsSync(configFile)) await writeDurably(configFile, writeConfig(settings), CONFIG_FILE_MODE);
  return { folder, configFile, isNew };
}

/** It may hold the password of a database. */
const CONFIG_FILE_MODE = 0o600;

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
