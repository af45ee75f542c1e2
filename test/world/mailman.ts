import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, LOOPBACK } from "./ports.js";
import { type RunningProcess, runToEnd, startProcess, until, untilListening } from "./processes.js";

/** Debian's, of the package mailman3. */
export const MAILMAN = "/usr/bin/mailman";

/** A private Mailman 3 core on loopback. */
export interface Mailman {
  readonly lmtpPort: number;
  readonly folder: string;
  readonly version: string;
  /** Its REST API, as `listseal-server import mailman` is told of it. */
  readonly rest: { readonly url: string; readonly user: string; readonly password: string };
  /** Changes the settings of a list, or of a membership. */
  patch(path: string, fields: readonly (readonly [string, string])[]): Promise<void>;
  /** Makes somebody an owner or moderator. */
  appoint(list: string, address: string, role: "owner" | "moderator"): Promise<void>;
  /** Makes a list with the settings of docs/mailman/list.curl, and no footers. */
  createList(address: string): Promise<void>;
  /** @param welcome whether Mailman writes them a mail */
  subscribe(list: string, address: string, welcome?: boolean): Promise<void>;
  unsubscribe(list: string, address: string): Promise<void>;
  /** Bounces that Mailman has counted against a member. */
  bouncesOf(list: string, address: string): Promise<number>;
  /** Its logs. */
  log(): string;
  stop(): Promise<void>;
}

const documented = (name: string) =>
  readFileSync(new URL(`../../docs/mailman/${name}`, import.meta.url), "utf8");

/** Programs of Mailman's that nothing here needs. */
const IDLE = ["archive", "digest", "nntp"];

const REST_PASSWORD = "restpass";

function configuration(folder: string, ports: { lmtp: number; rest: number; filter: number }): string {
  const mta = documented("mailman.cfg")
    .replace("smtp_port: 12530", `smtp_port: ${ports.filter}`)
    .replace("sleep_time: 1m", "sleep_time: 2s");
  // the documented lines come as an operator would add them: into the sections that are there
  return `[mailman]
site_owner: operator@lists.test
layout: private
[paths.private]
var_dir: ${folder}/var
bin_dir: /usr/lib/mailman3/bin
[webservice]
hostname: ${LOOPBACK}
port: ${ports.rest}
admin_user: restadmin
admin_pass: ${REST_PASSWORD}
workers: 1
${IDLE.map((name) => `[runner.${name}]\nstart: no\n`).join("")}[runner.bounces]
sleep_time: 1s
${mta.replace("[mta]\n", `[mta]\nincoming: mailman.mta.null.NullMTA\nlmtp_host: ${LOOPBACK}\nlmtp_port: ${ports.lmtp}\n`)}`;
}

/**
 * Starts a Mailman that lives in `folder` alone, as Debian's user for lists. Needs root. The caller stops it.
 *
 * @param filterPort where it hands over its mail
 */
export async function startMailman(folder: string, filterPort: number): Promise<Mailman> {
  const [lmtp, rest] = [await freePort(), await freePort()];
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const file = join(folder, "mailman.cfg");
  writeFileSync(file, configuration(folder, { lmtp, rest, filter: filterPort }));
  await runToEnd("chown", ["-R", "list:list", folder]);
  const asList = [
    "--reuid=list",
    "--regid=list",
    "--clear-groups",
    "env",
    `HOME=${folder}`,
    "LC_ALL=C.UTF-8",
  ];
  const run = (...words: string[]) =>
    runToEnd("setpriv", [...asList, MAILMAN, "-C", file, ...words], { cwd: folder });
  const { stdout: version } = await run("--version");
  // the master itself and not `mailman start`, which would leave it behind; in a process namespace of its own, so that its
  // children go when it goes, however that happens (the shell is its first process: setpriv loses the signal of --kill-child)
  const master: RunningProcess = await startProcess({
    name: "Mailman",
    command: "unshare",
    args: [
      "--pid",
      "--mount-proc",
      "--fork",
      "--kill-child",
      "sh",
      "-c",
      '"$@"; true',
      "sh",
      "setpriv",
      ...asList,
      "/usr/lib/mailman3/bin/master",
      "-C",
      file,
    ],
    cwd: folder,
    // unshare takes no other while it waits
    stopSignal: "SIGKILL",
    logFile: join(folder, "mailman.out"),
  });
  try {
    await untilListening(master, lmtp);
    await untilListening(master, rest);
  } catch (error) {
    await master.stop();
    throw error;
  }

  const authorization = `Basic ${Buffer.from(`restadmin:${REST_PASSWORD}`).toString("base64")}`;
  const ask = async (method: string, path: string, fields?: readonly (readonly [string, string])[]) => {
    const answer = await fetch(`http://${LOOPBACK}:${rest}/3.1/${path}`, {
      method,
      headers: { authorization },
      ...(fields === undefined ? {} : { body: new URLSearchParams(fields.map(([k, v]) => [k, v])) }),
    });
    const said = await answer.text();
    if (!answer.ok) throw new Error(`Mailman: ${method} ${path} gave ${answer.status} ${said}`);
    return said;
  };
  const idOf = (address: string) => address.replace("@", ".");
  return {
    lmtpPort: lmtp,
    folder,
    version: version.trim(),
    rest: { url: `http://${LOOPBACK}:${rest}/3.1`, user: "restadmin", password: REST_PASSWORD },
    async patch(path, fields) {
      await ask("PATCH", path, fields);
    },
    async appoint(list, address, role) {
      await ask("POST", "members", [
        ["list_id", idOf(list)],
        ["subscriber", address],
        ["role", role],
      ]);
    },
    async createList(address) {
      const [, domain = ""] = address.split("@");
      await until("Mailman's REST", () => ask("GET", "system/versions").catch(() => undefined));
      await ask("POST", "domains", [["mail_host", domain]]).catch(() => undefined);
      await ask("POST", "lists", [["fqdn_listname", address]]);
      const settings = [...documented("list.curl").matchAll(/^data = "(\w+)=(.*)"$/gm)];
      await ask(
        "PATCH",
        `lists/${idOf(address)}/config`,
        settings.map(([, name = "", value = ""]) => [name, value]),
      );
      const templates = join(folder, "var/templates/lists", idOf(address), "en");
      mkdirSync(templates, { recursive: true });
      for (const end of ["header", "footer"])
        writeFileSync(join(templates, `list:member:regular:${end}.txt`), "");
      await runToEnd("chown", ["-R", "list:list", join(folder, "var/templates")]);
    },
    async subscribe(list, address, welcome = false) {
      const yes = ["pre_verified", "pre_confirmed", "pre_approved"].map((name) => [name, "true"] as const);
      await ask("POST", "members", [
        ["list_id", idOf(list)],
        ["subscriber", address],
        ...yes,
        ["send_welcome_message", String(welcome)],
      ]);
    },
    async unsubscribe(list, address) {
      await ask("DELETE", `lists/${idOf(list)}/member/${address}`);
    },
    async bouncesOf(list, address) {
      const said = await ask("GET", `lists/${idOf(list)}/member/${address}`);
      return Number(/"bounce_score": (\d+)/.exec(said)?.[1]);
    },
    log() {
      const logs = join(folder, "var/logs");
      return ["mailman.log", "smtp.log", "bounce.log", "error.log"]
        .map((name) => {
          try {
            return readFileSync(join(logs, name), "utf8");
          } catch {
            return "";
          }
        })
        .join("\n");
    },
    async stop() {
      await master.stop();
    },
  };
}
