/** `init`, `config check`, `backup`, `restore`, `doctor`. */
import type { Command } from "commander";
import { BadRequest } from "../admin/administration.js";
import { backUp, restore } from "../admin/backup.js";
import { behindPostfix } from "../admin/config-template.js";
import { examine } from "../admin/doctor.js";
import { findSite, type GlobalOptions, makeSite } from "../admin/site.js";
import { isInitialised, makeFolders, NotInitialised } from "../base/data-folder.js";
import { print } from "./cli-context.js";
import { relayOf } from "./serve.js";

/** Adds the commands about the server itself. */
export function addKeepCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  program
    .command("init")
    .description("create the data folder and a listseal.toml that documents every setting")
    .option("--behind-postfix", "set listseal.toml up for the Postfix on this machine")
    .action(async (flags: { behindPostfix?: true }) => {
      const made = await makeSite(global(), flags.behindPostfix === undefined ? {} : behindPostfix);
      print(made.isNew ? `created ${made.folder.path}` : `${made.folder.path} already exists`);
      print(`settings are in ${made.configFile}`);
    });

  const config = program.command("config").description("the configuration file");
  config
    .command("check")
    .description("check listseal.toml")
    .action(async () => {
      const { configFile } = await findSite(global());
      print(
        configFile === undefined
          ? "there is no listseal.toml: every setting has its default"
          : `${configFile} is valid`,
      );
    });

  program
    .command("backup")
    .argument("<file>", "the file to write; it must not exist yet")
    .description("back up the database; the server may be running")
    .action(async (file: string) => {
      const { folder, place } = await findSite(global());
      if (place.kind !== "sqlite") throw new BadRequest("the store is PostgreSQL: back it up with pg_dump");
      if (!isInitialised(folder))
        throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
      await backUp(folder, file);
      print(`wrote ${file}; it does not contain the secret keys in ${folder.keys} and ${folder.tokenSecret}`);
    });

  program
    .command("restore")
    .argument("<file>", "a backup")
    .description("replace the database with a backup; every list is then paused until its owner resumes it")
    .action(async (file: string) => {
      const { folder, place } = await findSite(global());
      if (place.kind !== "sqlite") {
        throw new BadRequest("the store is PostgreSQL: restore it with pg_restore, then serve --restored");
      }
      await makeFolders(folder);
      const former = await restore(folder, file, new Date());
      if (former !== undefined) print(`kept the previous database as ${former}`);
      print(
        "restored; every list is paused until you run list resume with a request that its owner has signed",
      );
    });

  program
    .command("doctor")
    .description("check keys, permissions, relay, DNS, Postfix, clock and disk")
    .action(async () => {
      const site = await findSite(global());
      const relay = site.config.relay.url === undefined ? undefined : await relayOf(site.config);
      const findings = await examine(site, relay);
      for (const { verdict, text } of findings) print(`${verdict.padEnd(5)} ${text}`);
      if (findings.some(({ verdict }) => verdict === "WRONG")) process.exitCode = 1;
    });
}
