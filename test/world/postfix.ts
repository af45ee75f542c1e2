import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, LOOPBACK } from "./ports.js";
import { runToEnd, startProcess, tailOf, untilListening } from "./processes.js";

/** Where mail goes: one line of the transport table for each domain. */
export interface Routes {
  /** Domain of the lists, and the port of the list server (SMTP) or of a wire to it. */
  readonly lists: { readonly domain: string; readonly port: number };
  /** Domain of the people, and Dovecot's LMTP port or that of a wire to it. */
  readonly people: { readonly domain: string; readonly port: number };
}

/** A private Postfix instance on loopback. */
export interface Postfix {
  readonly smtpPort: number;
  readonly logFile: string;
  /** Queue, data and configuration: everything that it keeps on disk. */
  readonly folder: string;
  /** Delivers at once what waits in the queue. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * `smtpd_forbid_bare_newline = normalize` refuses SMTP smuggling (CVE-2023-51764) without refusing the bare
 * newlines of honest old clients. No DNS is asked, and nothing outside loopback is ever reached.
 */
function mainConfiguration(folder: string, routes: Routes): string {
  return `
compatibility_level = 3.6
queue_directory = ${folder}/spool
data_directory = ${folder}/data
maillog_file = ${folder}/maillog
maillog_file_prefixes = ${folder}
syslog_name = listseal-postfix
multi_instance_enable = no
inet_interfaces = ${LOOPBACK}
inet_protocols = ipv4
myhostname = mx.example.test
mydomain = example.test
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = ${routes.lists.domain} ${routes.people.domain}
transport_maps = texthash:${folder}/conf/transport
alias_maps =
local_recipient_maps =
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
message_size_limit = 104857600
mailbox_size_limit = 0
smtpd_forbid_bare_newline = normalize
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
`;
}

/** Debian's master.cf without chroot, listening on our port alone. */
function masterConfiguration(port: number): string {
  return readFileSync("/usr/share/postfix/master.cf.dist", "utf8")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .map((line) => line.replace(/^(\S+\s+(?:inet|unix|unix-dgram|fifo|pass)\s+\S+\s+\S+\s+)y(\s)/, "$1n$2"))
    .map((line) => line.replace(/^smtp(\s+inet\s)/, `${LOOPBACK}:${port}$1`))
    .join("\n");
}

function transportTable(routes: Routes): string {
  return `${routes.lists.domain} smtp:[${LOOPBACK}]:${routes.lists.port}
${routes.people.domain} lmtp:inet:${LOOPBACK}:${routes.people.port}
* error:5.1.2 no way out of the private mail world
`;
}

/** More configuration, as an operator would add it; the last word of a parameter counts. */
export interface MoreConfiguration {
  readonly main: string;
  /** Services of master.cf. */
  readonly master?: string;
  /** Lines of the transport table, before the routes' own. */
  readonly transport: string;
}

/** Starts a Postfix that lives in `folder` alone. Needs root. The caller stops it. */
export async function startPostfix(
  folder: string,
  routes: Routes,
  more: MoreConfiguration = { main: "", transport: "" },
): Promise<Postfix> {
  const smtpPort = await freePort();
  const conf = join(folder, "conf");
  const logFile = join(folder, "maillog");
  for (const part of ["", "conf", "data", "spool"]) {
    mkdirSync(join(folder, part), { recursive: true });
    chmodSync(join(folder, part), 0o755);
  }
  chownSync(join(folder, "data"), Number((await runToEnd("id", ["-u", "postfix"])).stdout), 0);
  writeFileSync(join(conf, "main.cf"), mainConfiguration(folder, routes) + more.main);
  writeFileSync(join(conf, "master.cf"), `${masterConfiguration(smtpPort)}\n${more.master ?? ""}`);
  writeFileSync(join(conf, "transport"), more.transport + transportTable(routes));
  for (const name of ["dynamicmaps.cf", "postfix-files"])
    copyFileSync(`/etc/postfix/${name}`, join(conf, name));
  mkdirSync(join(conf, "dynamicmaps.cf.d"), { recursive: true });
  mkdirSync(join(conf, "postfix-files.d"), { recursive: true });
  await runToEnd("postfix", ["-c", conf, "check"]);
  const daemons = (await runToEnd("postconf", ["-c", conf, "-h", "daemon_directory"])).stdout.trim();
  // Not `postfix start-fg`: that is a shell script, and its master would outlive it when it is stopped.
  const server = await startProcess({
    name: "Postfix",
    command: join(daemons, "master"),
    args: ["-c", conf, "-s"],
    logFile: join(folder, "postfix.out"),
  });
  try {
    await untilListening(server, smtpPort);
  } catch (error) {
    await server.stop();
    throw new Error(`Postfix did not come up: ${error}\n${tailOf(logFile)}`);
  }
  return {
    smtpPort,
    logFile,
    folder,
    flush: async () => {
      await runToEnd("postqueue", ["-c", conf, "-f"], { anyCode: true });
    },
    stop: async () => {
      await server.stop();
    },
  };
}
