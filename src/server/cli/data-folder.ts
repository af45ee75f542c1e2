/** `init`, `config check`, `backup`, `restore`, `doctor`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { BadRequest } from "../admin/administration.js";
import { backUp, restore } from "../admin/backup.js";
import { configTemplate } from "../admin/config-template.js";
import { examine } from "../admin/doctor.js";
import { findSite, type GlobalOptions } from "../admin/site.js";
import { isInitialised, makeFolders, NotInitialised, writeDurably } from "../base/data-folder.js";
import { openStore } from "../store/open-store.js";
import { openTokens } from "../store/tokens.js";
import { print } from "./cli-context.js";
import { relayOf } from "./serve.js";

/** Adds the commands about the server itself. */
export function addKeepCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  program
    .command("init")
    .description("make the data folder, and a listseal.toml that tells every setting")
    .action(async () => {
      const { folder, place, configFile } = await findSite(global());
      const isNew = !isInitialised(folder);
      await makeFolders(folder);
      await (await openStore(place)).close();
      await openTokens(folder.tokenSecret);
      const file = configFile ?? join(folder.path, "listseal.toml");
      if (!existsSync(file)) await writeDurably(file, configTemplate, 0o600);
      print(isNew ? `made ${folder.path}` : `${folder.path} is there already`);
      print(`settings are in ${file}`);
    });

  const config = program.command("config").description("the configuration file");
  config
    .command("check")
    .description("check listseal.toml")
    .action(async () => {
      const { configFile } = await findSite(global());
      print(
        configFile === undefined ? "there is no listseal.toml: every default holds" : `${configFile} is good`,
      );
    });

  program
    .command("backup")
    .argument("<file>", "where to; must not be there yet")
    .description("copy the database, also while the server runs")
    .action(async (file: string) => {
      const { folder, place } = await findSite(global());
      if (place.kind !== "sqlite") throw new BadRequest("the store is PostgreSQL: back it up with pg_dump");
      if (!isInitialised(folder)) throw new NotInitialised(`${folder.path} holds no server: run init first`);
      await backUp(folder, file);
      print(`wrote ${file}; the secret keys in ${folder.keys} and ${folder.tokenSecret} are not in it`);
    });

  program
    .command("restore")
    .argument("<file>", "a backup")
    .description("put a backup in the place of the database; every list then waits for its owner")
    .action(async (file: string) => {
      const { folder, place } = await findSite(global());
      if (place.kind !== "sqlite") {
        throw new BadRequest("the store is PostgreSQL: restore it with pg_restore, then serve --restored");
      }
      await makeFolders(folder);
      const former = await restore(folder, file, new Date());
      if (former !== undefined) print(`kept the former database as ${former}`);
      print("restored; no list takes or sends mail until an owner's signed request is given to: list resume");
    });

  program
    .command("doctor")
    .description("look for what is wrong: keys, permissions, relay, DNS, Postfix, clock, disk")
    .action(async () => {
      const site = await findSite(global());
      const relay = site.config.relay.url === undefined ? undefined : await relayOf(site.config);
      const findings = await examine(site, relay);
      for (const { verdict, text } of findings) print(`${verdict.padEnd(5)} ${text}`);
      if (findings.some(({ verdict }) => verdict === "WRONG")) process.exitCode = 1;
    });
}
