#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * The command `listseal-server`: sets up lists and rosters, and serves them.
 *
 * Results go to standard output, for people and scripts; errors are one line on standard error, with exit code 1. Every
 * command except `serve` and `restore` can be used while a server is running, and takes effect at once.
 *
 * QUIRK: the first line turns off the warning of Node 20 that Ed25519 is experimental, about which an operator can do nothing.
 */
import { Command } from "commander";
import packageJson from "../../../package.json" with { type: "json" };
import { sentenceFor } from "../admin/failure-sentence.js";
import { CONFIG_FILE } from "../admin/site.js";
import { addKeepCommands } from "./data-folder.js";
import { addFilterCommand } from "./filter.js";
import { addImportCommands } from "./import.js";
import { addListCommands } from "./list.js";
import { addMemberCommands } from "./member.js";
import { addQueueCommands } from "./queue.js";
import { addQuickstartCommand } from "./quickstart.js";
import { addServeCommand } from "./serve.js";

const program = new Command("listseal-server")
  .description("Encrypted mailing lists that the server can't read.")
  .version(packageJson.version)
  .option("--data <dir>", "the server's data folder")
  .option(
    "--config <file>",
    `the configuration file (default: listseal.toml in the data folder, or ${CONFIG_FILE})`,
  )
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "listseal-server: ")) })
  .showHelpAfterError("(see listseal-server --help)")
  .configureHelp({ showGlobalOptions: true });
addQuickstartCommand(program);
addKeepCommands(program);
addListCommands(program);
addMemberCommands(program);
addImportCommands(program);
addQueueCommands(program);
addServeCommand(program);
addFilterCommand(program);

/** A pipe whose reader has gone (`list show | head`) ends a command quietly; a server goes on without it. */
let isServing = false;
program.hook("preAction", (_program, command) => {
  isServing = ["serve", "filter"].includes(command.name());
});
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (!isServing && error.code === "EPIPE") process.exit();
});
process.stderr.on("error", () => undefined);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`listseal-server: ${sentenceFor(error)}\n`);
  process.exitCode = 1;
});
