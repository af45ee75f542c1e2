/** `serve`: the settings of file and flags, signals, and the running server. */
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError } from "commander";
import { BadRequest } from "../admin/administration.js";
import { type Config, ConfigError } from "../admin/config.js";
import { sentenceFor } from "../admin/failure-sentence.js";
import { findSite, type GlobalOptions, type ServerSite } from "../admin/site.js";
import { isInitialised, NotInitialised } from "../base/data-folder.js";
import { codeForLog, type Log, openLog } from "../base/log.js";
import {
  type Endpoint,
  type RelayEndpoint,
  readHostAndPort,
  readRelayUrl,
  tlsTowards,
  writeHostAndPort,
} from "../delivery/endpoints.js";
import type { RelayOptions } from "../delivery/relay.js";
import type { SmtpListenerOptions } from "../receive/smtp.js";
import { reportToSystemd, STOP_PATIENCE_MS, stopWithin } from "../serve/database-watch.js";
import { type ReloadableOptions, startService } from "../serve/service.js";
import type { WebTls } from "../serve/web.js";
import { openStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import { print } from "./cli-context.js";

/** Flags go before the file. */
interface ServeFlags {
  readonly smtp?: Endpoint;
  readonly lmtp?: Endpoint;
  readonly relay?: RelayEndpoint;
  readonly explode?: RelayEndpoint;
  readonly restored?: true;
}

/** An option's HOST:PORT. */
export function hostAndPort(text: string): Endpoint {
  const found = readHostAndPort(text);
  if (found === undefined) throw new InvalidArgumentError("It must be HOST:PORT.");
  return found;
}

/** An option's relay. */
export function relayUrl(text: string): RelayEndpoint {
  const found = readRelayUrl(text);
  if (found === undefined) throw new InvalidArgumentError("It must be smtp://HOST:PORT or lmtp://HOST:PORT.");
  return found;
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new ConfigError(`${file} can't be read: check its path and permissions`);
  }
}

async function tlsOf(files: {
  certificate?: string | undefined;
  key?: string | undefined;
}): Promise<{ tls?: WebTls }> {
  const { certificate, key } = files;
  if (certificate === undefined || key === undefined) return {};
  return { tls: { cert: await readPem(certificate), key: await readPem(key) } };
}

/** The relay of file and flags. @throws BadRequest if neither names one, ConfigError */
export async function relayOf(config: Config, flag?: RelayEndpoint): Promise<RelayOptions> {
  const place = flag ?? config.relay.url;
  if (place === undefined)
    throw new BadRequest("no relay to send copies to: give --relay, or set relay.url in listseal.toml");
  const { tls, ca } = config.relay;
  return {
    ...place,
    tls: tlsTowards(place.host, tls),
    ...(ca === undefined ? {} : { ca: await readPem(ca) }),
  };
}

async function liveOf(config: Config, flags: ServeFlags): Promise<ReloadableOptions> {
  const publicUrl = config.web["public-url"];
  return {
    relay: await relayOf(config, flags.relay),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    limits: {
      author: config.limits["author-posts-per-hour"],
      list: config.limits["list-posts-per-hour"],
    },
  };
}

/** Certificates are renewed every few weeks, by others: what listens goes on with the files as they are now. */
async function renewedOf(config: Config): Promise<Required<Pick<ReloadableOptions, "renewed">>> {
  const renewed: { smtp?: WebTls; lmtp?: WebTls; web?: WebTls } = {};
  for (const part of ["smtp", "lmtp", "web"] as const) {
    const { tls } = await tlsOf(config[part]);
    if (tls !== undefined) renewed[part] = tls;
  }
  return { renewed };
}

async function frontsOf(config: Config, flags: ServeFlags): Promise<readonly SmtpListenerOptions[]> {
  const fronts: SmtpListenerOptions[] = [];
  for (const protocol of ["smtp", "lmtp"] as const) {
    const at = flags[protocol] ?? config[protocol].listen;
    if (at !== undefined)
      fronts.push({
        protocol,
        ...at,
        maxBytes: config.limits["mail-bytes"],
        ...(await tlsOf(config[protocol])),
      });
  }
  return fronts;
}

/** A backup was put back by other means than `restore`: every list waits for its owner. */
async function announceRestore({ folder, place }: ServerSite): Promise<void> {
  if (!isInitialised(folder))
    throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
  const store = await openStore(place);
  try {
    await new Heads(folder.heads).pauseAll(store);
  } finally {
    await store.close();
  }
}

/** Adds `serve`. */
export function addServeCommand(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  program
    .command("serve")
    .description("accept posts and send copies, until SIGTERM; SIGHUP reloads listseal.toml")
    .option("--smtp <host:port>", "listen for SMTP; port 0 picks a free port", hostAndPort)
    .option("--lmtp <host:port>", "listen for LMTP, behind Postfix", hostAndPort)
    .option("--relay <url>", "where to send copies: smtp://HOST:PORT or lmtp://HOST:PORT", relayUrl)
    .option(
      "--explode <url>",
      "the Postfix that queues the copies and calls `filter` for each: smtp://HOST:PORT",
      relayUrl,
    )
    .option(
      "--restored",
      "the database was restored from a backup: pause every list until its owner resumes it",
    )
    .action((flags: ServeFlags) => serve(global(), flags));
}

async function serve(options: GlobalOptions, flags: ServeFlags): Promise<void> {
  const site = await findSite(options);
  const { folder, config, place } = site;
  const log = openLog(undefined, config.log.level);
  const fronts = await frontsOf(config, flags);
  if (fronts.length === 0) {
    throw new BadRequest(
      "no address to listen on: give --smtp or --lmtp, or set listen under [smtp] or [lmtp] in listseal.toml",
    );
  }
  const live = await liveOf(config, flags);
  if (flags.restored) await announceRestore(site);
  const { listen: web, metrics: vitals } = config.web;
  const renewAfter = config.keys["renew-after-days"];
  const service = await startService({
    folder,
    store: place,
    fronts,
    ...live,
    ...(web === undefined ? {} : { web: { ...web, ...(await tlsOf(config.web)) } }),
    ...(vitals === undefined ? {} : { vitals }),
    log,
    lanes: config.relay.connections,
    ...(renewAfter === "never"
      ? {}
      : { renewal: { renewAfter, deleteAfter: config.keys["delete-after-days"] } }),
    ...(flags.explode === undefined ? {} : { explode: await relayOf(config, flags.explode) }),
  });
  for (const { protocol, ...at } of service.fronts) print(`listening ${protocol} ${writeHostAndPort(at)}`);
  if (service.web !== undefined) print(`listening web ${writeHostAndPort(service.web)}`);
  if (service.vitals !== undefined) print(`listening metrics ${writeHostAndPort(service.vitals)}`);

  const reload = async () => {
    try {
      const { config: next } = await findSite(options);
      service.reload({ ...(await liveOf(next, flags)), ...(await renewedOf(next)) });
      log.setLevel(next.log.level);
      log.info("reloaded", { signal: "SIGHUP" });
    } catch (error) {
      // a mistake in the file must not end a server that runs
      log.error("reload-failed", { code: codeForLog(error) });
      process.stderr.write(`listseal-server: ${sentenceFor(error)}; keeping the previous settings\n`);
    }
  };
  process.on("SIGHUP", () => void reload());
  const unwatch = reportToSystemd(() => service.isStuck(), log);
  await untilSignal(log);
  const isDrained = await stopWithin(STOP_PATIENCE_MS, service, log);
  unwatch();
  if (isDrained) return log.info("stopped");
  // open connections would keep the process
  process.exit(1);
}

/** Resolves when the process is asked to end. */
export async function untilSignal(log: Log): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        log.info("stopping", { signal });
        resolve();
      });
    }
  });
}
