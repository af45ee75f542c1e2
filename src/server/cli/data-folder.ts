/** `init`, `config check`, `backup`, `restore`, `doctor`, `status`. */
import { setTimeout as pause } from "node:timers/promises";
import { type Command, Option } from "commander";
import { BadRequest } from "../admin/administration.js";
import { backUp, restore } from "../admin/backup.js";
import { behindPostfix, inContainer } from "../admin/config-template.js";
import { diagnosisLines } from "../admin/diagnosis.js";
import { examine } from "../admin/doctor.js";
import { enterSite, type GlobalOptions, makeSite } from "../admin/site.js";
import { readStatus, statusLines } from "../admin/status.js";
import { isInitialised, makeFolders, NotInitialised } from "../base/data-folder.js";
import { print } from "./cli-context.js";
import { relayOf, relayUrl } from "./serve.js";

/** Adds the commands about the server itself. */
export function addKeepCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  program
    .command("init")
    .description("create the data folder and a listseal.toml that documents every setting")
    .option("--behind-postfix", "set listseal.toml up for the Postfix on this machine")
    .addOption(
      new Option(
        "--in-container <relay>",
        "set listseal.toml up for a container, with copies going to smtp://HOST:PORT",
      )
        .argParser((text) => {
          relayUrl(text);
          return text;
        })
        .conflicts("behindPostfix"),
    )
    .action(async (flags: { behindPostfix?: true; inContainer?: string }) => {
      const { inContainer: relay } = flags;
      const made = await makeSite(
        global(),
        relay !== undefined ? inContainer(relay) : flags.behindPostfix === undefined ? {} : behindPostfix,
      );
      print(made.isNew ? `created ${made.folder.path}` : `${made.folder.path} already exists`);
      print(`settings are in ${made.configFile}`);
    });

  const config = program.command("config").description("the configuration file");
  config
    .command("check")
    .description("check listseal.toml")
    .action(async () => {
      const { configFile } = await enterSite(global());
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
      const { folder, place } = await enterSite(global());
      if (place.kind !== "sqlite") throw new BadRequest("the store is PostgreSQL: back it up with pg_dump");
      if (!isInitialised(folder))
        throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
      await backUp(folder, file, new Date());
      print(`wrote ${file}; it does not contain the secret keys in ${folder.keys} and ${folder.tokenSecret}`);
    });

  program
    .command("restore")
    .argument("<file>", "a backup")
    .description("replace the database with a backup; every list is then paused until its owner resumes it")
    .action(async (file: string) => {
      const { folder, place } = await enterSite(global());
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
    .description("check everything that a list needs, and print the command that mends what is wrong")
    .action(async () => {
      const site = await enterSite(global());
      const relay = site.config.relay.url === undefined ? undefined : await relayOf(site.config);
      const findings = await examine(site, relay);
      for (const finding of findings) for (const line of diagnosisLines(finding)) print(line);
      if (findings.some(({ verdict }) => verdict === "WRONG")) process.exitCode = 1;
    });

  program
    .command("status")
    .description("show lists, queue, relay, disk, certificates, last backup and alarms on one screen")
    .option(
      "--watch [seconds]",
      `show it again every so many seconds (default: ${WATCH_SECONDS}), until Ctrl-C`,
    )
    .action(async ({ watch }: { watch?: string | true }) => {
      const site = await enterSite(global());
      if (!isInitialised(site.folder))
        throw new NotInitialised(`${site.folder.path} holds no list server yet: run init first`);
      const relay = site.config.relay.url === undefined ? undefined : await relayOf(site.config);
      const seconds = watch === true ? WATCH_SECONDS : Number(watch ?? 0);
      if (watch !== undefined && !(seconds >= 1))
        throw new BadRequest("--watch needs a number of seconds, from 1");
      for (;;) {
        const lines = statusLines(await readStatus(site, relay));
        // a terminal is cleared; a file gets one screen after the other
        if (watch !== undefined && process.stdout.isTTY) process.stdout.write("\x1b[H\x1b[2J");
        for (const line of lines) print(line);
        if (watch === undefined) return;
        await pause(seconds * 1_000);
      }
    });
}

/** How often the screen is shown again. */
const WATCH_SECONDS = 5;
