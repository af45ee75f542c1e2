/**
 * `quickstart`: from nothing to the first list, on a machine with Postfix. Each step is a few commands of the shell and a check
 * whether there is anything left to do; what is shown, what `--dry-run` prints and what is run are the same lines.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, domainOf, parseAddress } from "../../mail/mailbox.js";
import { MAX_LIST_LOCAL_PART } from "../base/limits.js";
import { writeHostAndPort } from "../delivery/endpoints.js";
import type { Language } from "../texts/language.js";
import { BadRequest } from "./administration.js";
import { readConfigFile } from "./config.js";
import { behindPostfix } from "./config-template.js";
import {
  missingSettings,
  type PostfixSetting,
  type PostfixState,
  readPostfix,
  transportFile,
} from "./postfix-settings.js";
import { runProgram, shellWord } from "./shell.js";
import { CONFIG_FILE } from "./site.js";

/** One thing to do on the machine. */
export interface QuickstartStep {
  /** For the person who is asked whether it may be done. */
  readonly title: string;
  /** A command that ends with 0 if there is nothing to do. */
  readonly check: string;
  /** Lines of a POSIX shell, run with `set -eu` behind {@link QuickstartPlan.prelude}. */
  readonly commands: readonly string[];
}

/** What is wanted. */
export interface QuickstartRequest {
  /** The lists' domain. */
  readonly domain: string;
  /** Who will own the first list. */
  readonly owner: string;
  /** The first list's name, also before the @. */
  readonly list: string;
  readonly language: Language;
}

/** Everything that has to be done, whether or not it has been. */
export interface QuickstartPlan {
  readonly domain: string;
  readonly hostName: string;
  readonly list: Address;
  /** Lines of the shell that each step needs. */
  readonly prelude: readonly string[];
  readonly steps: readonly QuickstartStep[];
  /** The command that looks the whole over. */
  readonly doctor: string;
}

/** The user that the server runs as: the systemd unit and the Debian package have the same. */
const USER = "listseal";
/** Where the unit expects it. Whoever wants other places sets up by hand: folders that are named get an owner and a mode. */
const DATA = "/var/lib/listseal";
const UNIT = "listseal-server.service";

/** Works out what has to be done. Changes nothing. @throws BadRequest, ConfigError, ListSealError for a wrong address */
export async function planSetup(request: QuickstartRequest): Promise<QuickstartPlan> {
  const list = parseAddress(`${request.list}@${request.domain}`);
  if (request.list.length > MAX_LIST_LOCAL_PART) {
    throw new BadRequest(`the list's name can have at most ${MAX_LIST_LOCAL_PART} characters`);
  }
  const owner = parseAddress(request.owner);
  const domain = domainOf(list);
  const settings = existsSync(CONFIG_FILE) ? await readConfigFile(CONFIG_FILE) : undefined;
  const data = settings?.data ?? DATA;
  const postfix = await readPostfix();
  const lmtp =
    settings === undefined
      ? behindPostfix["lmtp.listen"]
      : settings.lmtp.listen && writeHostAndPort(settings.lmtp.listen);
  if (lmtp === undefined) {
    throw new BadRequest(
      `${CONFIG_FILE} has no listen under [lmtp], so Postfix can't hand mail over: set it, for example to "${behindPostfix["lmtp.listen"]}"`,
    );
  }
  const dataWord = shellWord(data);
  const folders = [dataWord, dirname(CONFIG_FILE)];
  return {
    domain,
    hostName: postfix.hostName,
    list,
    prelude: ["set -eu", `server() { runuser -u ${USER} -- listseal-server --config ${CONFIG_FILE} "$@"; }`],
    steps: [
      {
        title: `create the user ${USER}, as which the server runs`,
        check: `getent passwd ${USER}`,
        commands: [
          `useradd --system --user-group --home-dir ${dataWord} --no-create-home --shell /usr/sbin/nologin ${USER}`,
        ],
      },
      {
        title: `create ${data} for the data and ${dirname(CONFIG_FILE)} for the settings, closed to others`,
        check: folders.map((folder) => `[ -d ${folder} ]`).join(" && "),
        commands: folders.map(
          (folder) => `[ -d ${folder} ] || install -d -o ${USER} -g ${USER} -m 0700 ${folder}`,
        ),
      },
      {
        title: `create the database, and ${CONFIG_FILE}, which documents every setting`,
        check: `[ -e ${CONFIG_FILE} ] && [ -e ${dataWord}/listseal.db ]`,
        commands: [`server --data ${dataWord} init --behind-postfix`],
      },
      postfixStep(postfix, domain, `lmtp:inet:${lmtp}`),
      ...unitSteps(),
      {
        title: `create the list ${list}, and mail its server card to ${owner}, unencrypted`,
        check: `server list show ${list}`,
        commands: [
          `server list create ${list} --name ${shellWord(request.list)} --language ${request.language} --mail-card ${owner}`,
        ],
      },
    ],
    doctor: "server doctor || true",
  };
}

/** What is left to do; asks each step's check. */
export async function stepsLeft({ prelude, steps }: QuickstartPlan): Promise<readonly QuickstartStep[]> {
  const left: QuickstartStep[] = [];
  for (const step of steps) {
    const { code } = await runProgram("sh", ["-c", [...prelude, step.check].join("\n")]);
    if (code !== 0) left.push(step);
  }
  return left;
}

/** The lines of the shell that carry out some steps. */
export const linesOf = ({ prelude }: QuickstartPlan, steps: readonly QuickstartStep[]): string =>
  [...prelude, ...steps.flatMap(({ commands }) => commands), ""].join("\n");

/** All of it as a script that can be read, kept and run in place of `quickstart`; run again, it changes nothing. */
export function setupScript(plan: QuickstartPlan): string {
  const steps = plan.steps.flatMap(({ title, check, commands }) => [
    "",
    ...commentLines(title),
    `if ! { ${check}; } > /dev/null 2>&1; then`,
    ...commands.map((line) => `  ${line}`),
    "fi",
  ]);
  return [
    "#!/bin/sh",
    `# Sets up encrypted mailing lists for ${plan.domain} on this machine. Run it as root.`,
    ...plan.prelude,
    ...steps,
    "",
    plan.doctor,
    "",
  ].join("\n");
}

const commentLines = (title: string) => title.split("\n").map((line) => `# ${line}`);

/** Merges main.cf and writes our transport table; puts main.cf back if Postfix does not like it. */
function postfixStep(postfix: PostfixState, domain: string, transport: string): QuickstartStep {
  const settings = missingSettings(postfix, domain);
  const main = shellWord(`${postfix.folder}/main.cf`);
  const table = shellWord(transportFile(postfix));
  const routed = `postmap -q ${domain} texthash:${table}`;
  const isRouted = `[ "$(${routed})" = ${transport} ]`;
  const isSet = ([name, value]: PostfixSetting) => `[ "$(postconf -h ${name})" = ${shellWord(value)} ]`;
  const assigned = settings.map(([name, value]) => shellWord(`${name} = ${value}`));
  return {
    title: [
      `have Postfix hand mail for ${domain} to the list server (a copy of main.cf is kept beside it)`,
      ...settings.map(([name, value]) => `  ${name} = ${value}`),
    ].join("\n"),
    check: [isRouted, ...settings.map(isSet)].join(" && "),
    commands: [
      // a line for the domain that leads elsewhere is ours, too: from an earlier setting of lmtp.listen
      `[ ! -e ${table} ] || sed -i ${shellWord(`/^${domain.replaceAll(".", "\\.")}[[:space:]]/d`)} ${table}`,
      `printf '%s    %s\\n' ${domain} ${transport} >> ${table}`,
      `chmod 0644 ${table}`,
      `kept=${main}.before-listseal-$(date -u +%Y%m%dT%H%M%SZ)`,
      `cp -p ${main} "$kept"`,
      "undo() {",
      `  cp -p "$kept" ${main}`,
      "  if postfix status 2> /dev/null; then postfix reload || true; fi",
      `  echo "Postfix does not work with these settings; ${postfix.folder}/main.cf is as it was before" >&2`,
      "  exit 1",
      "}",
      "start_postfix() {",
      "  if postfix status 2> /dev/null; then postfix reload",
      "  elif [ -d /run/systemd/system ]; then systemctl enable --now postfix && postfix status",
      "  else postfix start; fi",
      "}",
      assigned.length === 0
        ? `{ postfix check && ${isRouted} && start_postfix; } || undo`
        : `{ postconf -e ${assigned.join(" ")} && postfix check && ${isRouted} && start_postfix; } || undo`,
    ],
  };
}

/** Where there is systemd as process 1, the unit. */
function unitSteps(): readonly QuickstartStep[] {
  if (!existsSync("/run/systemd/system")) return [];
  const source = shellWord(packagedFile(`packaging/${UNIT}`));
  return [
    {
      title: `start ${UNIT}, now and whenever this machine starts`,
      check: `systemctl is-enabled ${UNIT} && systemctl is-active ${UNIT}`,
      commands: [
        // a package has brought the unit itself
        `systemctl cat ${UNIT} > /dev/null 2>&1 || install -m 0644 ${source} /etc/systemd/system/${UNIT}`,
        "systemctl daemon-reload",
        `systemctl enable --now ${UNIT}`,
      ],
    },
  ];
}

/** A file that is packed with the program: beside it or above it. */
function packagedFile(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new BadRequest(`${name} is missing: install ListSeal again`);
}
