/** `quickstart`: shows what it will do, does it after a yes, and says what is left for others to do. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { BadRequest } from "../admin/administration.js";
import { mtaStsRecord, recordsOf, zoneLine } from "../admin/dns-records.js";
import {
  linesOf,
  planSetup,
  type QuickstartPlan,
  type QuickstartStep,
  setupScript,
  stepsLeft,
} from "../admin/quickstart.js";
import { policyUrl, readServedPolicy } from "../admin/served-policy.js";
import type { GlobalOptions } from "../admin/site.js";
import { type Language, languages } from "../texts/language.js";
import { print } from "./cli-context.js";

interface QuickstartFlags {
  readonly list: string;
  readonly language: Language;
  readonly yes?: true;
  readonly dryRun?: true;
}

/** Adds `quickstart`. */
export function addQuickstartCommand(program: Command): void {
  program
    .command("quickstart")
    .argument("<domain>", "the domain of your lists: lists.example")
    .argument("<owner>", "the mail address of the person who will own the first list")
    .description("set up a list server and its first list on a machine with Postfix; as root")
    .option("--list <name>", "the first list's name, also before the @", "team")
    .addOption(
      new Option("--language <language>", "of the mails that the server itself writes about the list")
        .choices(languages)
        .default("en"),
    )
    .option("--yes", "don't ask before changing anything")
    .option("--dry-run", "print what it would do, as a shell script, and change nothing")
    .action(async (domain: string, owner: string, flags: QuickstartFlags) => {
      const { data, config } = program.opts<GlobalOptions>();
      if (data !== undefined || config !== undefined) {
        throw new BadRequest(
          "quickstart uses /etc/listseal and /var/lib/listseal: leave out --config and --data",
        );
      }
      const plan = await planSetup({ domain, owner, list: flags.list, language: flags.language });
      if (flags.dryRun) return void process.stdout.write(setupScript(plan));
      if (process.getuid?.() !== 0) {
        throw new BadRequest(
          "quickstart changes this machine: run it as root, or look at it first with --dry-run",
        );
      }
      const left = await stepsLeft(plan);
      if (left.length === 0) print(`${plan.list}: everything is set up, and nothing was changed`);
      else await carryOut(plan, left, flags.yes === true);
      await sayRecords(plan);
      print("");
      await runScript([...plan.prelude, plan.doctor].join("\n"));
    });
}

async function carryOut(
  plan: QuickstartPlan,
  left: readonly QuickstartStep[],
  isAgreed: boolean,
): Promise<void> {
  print("This will:");
  for (const [index, { title }] of left.entries()) print(`${index + 1}. ${title.replaceAll("\n", "\n   ")}`);
  if (!isAgreed && !(await ask("Go ahead? [y/N] "))) throw new BadRequest("nothing was changed");
  for (const [index, step] of left.entries()) {
    print(`\n${index + 1}. ${step.title.split("\n", 1)[0]}`);
    if ((await runScript(linesOf(plan, [step]))) !== 0) {
      throw new BadRequest(
        `step ${index + 1} failed, for the reason above; the steps before it stay as they are, and quickstart goes on from here when you run it again`,
      );
    }
  }
}

async function ask(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new BadRequest("nobody can be asked here: add --yes to go ahead, or --dry-run to look first");
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}

/** What it says goes where ours does. @returns its exit code */
async function runScript(script: string): Promise<number> {
  const shell = spawn("sh", ["-c", script], { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(shell, "exit");
  return typeof code === "number" ? code : 1;
}

async function sayRecords({ domain, hostName }: QuickstartPlan): Promise<void> {
  print(`\nSet these DNS records for ${domain}, and your milter's DKIM key:`);
  for (const record of Object.values(recordsOf(domain, hostName))) print(`  ${zoneLine(record)}`);
  const policy = await readServedPolicy(domain, hostName);
  if (policy.kind === "served") {
    print(`  ${zoneLine(mtaStsRecord(domain, policy.id))}`);
    return;
  }
  print(
    `MTA-STS: ${policyUrl(domain)} is ${policy.kind === "wrong" ? "wrong" : "not served"} (${policy.reason}). Set no _mta-sts record until it is served; mail arrives without it.`,
  );
}
