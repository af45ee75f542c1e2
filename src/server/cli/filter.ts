/** `filter`: makes copies for a Postfix or a Mailman that keeps their queue (docs/postfix/explode-*.cf, docs/mailman). */
import { type Command, Option } from "commander";
import { findSite, type GlobalOptions } from "../admin/site.js";
import { openLog } from "../base/log.js";
import { type Endpoint, type RelayEndpoint, writeHostAndPort } from "../delivery/endpoints.js";
import { type QueueOwner, startFilter } from "../serve/filter.js";
import { print } from "./cli-context.js";
import { hostAndPort, relayOf, relayUrl, untilSignal } from "./serve.js";

interface FilterFlags {
  readonly behind: QueueOwner;
  readonly smtp: Endpoint;
  readonly relay?: RelayEndpoint;
}

/** Adds `filter`. */
export function addFilterCommand(program: Command): void {
  program
    .command("filter")
    .description("make a member's copy of each mail that Postfix or Mailman hands over, until SIGTERM")
    .requiredOption(
      "--smtp <host:port>",
      "address to listen on; let only Postfix or Mailman reach it; port 0 picks a free port",
      hostAndPort,
    )
    .option("--relay <url>", "where to send copies: smtp://HOST:PORT or lmtp://HOST:PORT", relayUrl)
    .addOption(
      new Option(
        "--behind <what>",
        "what hands mail over: Postfix (together with serve --explode) or Mailman 3",
      )
        .choices(["postfix", "mailman"])
        .default("postfix"),
    )
    .action((flags: FilterFlags) => filter(program.opts<GlobalOptions>(), flags));
}

async function filter(options: GlobalOptions, flags: FilterFlags): Promise<void> {
  const { folder, config, place } = await findSite(options);
  const log = openLog(undefined, config.log.level);
  const publicUrl = config.web["public-url"];
  const running = await startFilter({
    upstream: flags.behind,
    folder,
    store: place,
    front: { protocol: "smtp", ...flags.smtp },
    relay: await relayOf(config, flags.relay),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    log,
  });
  print(`listening filter ${writeHostAndPort(running.front)}`);
  await untilSignal(log);
  await running.stop();
  log.info("stopped");
}
