/** `queue show|flush|retry|hold|drop`. */
import type { Command } from "commander";
import { BadRequest } from "../admin/administration.js";
import type { GlobalOptions } from "../admin/site.js";
import type { JobChoice, QueuedJob } from "../store/queue-admin.js";
import { print, withContext } from "./cli-context.js";

/** Lines that `show` prints at most, unless it is told otherwise; what comes after them is another page. */
const PAGE = 200;
const MAX_PAGE = 10_000;

/** The options that say which jobs. */
interface Choice {
  readonly job?: string;
  readonly post?: string;
  readonly list?: string;
  readonly to?: string;
  readonly older?: string;
  readonly reason?: string;
  readonly all?: true;
}

interface ShowOptions extends Choice {
  readonly aside?: true;
  readonly waiting?: true;
  readonly after?: string;
  readonly limit?: string;
}

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new BadRequest(`${option} must be a whole number`);
  return value;
}

/** `90m`, `2h`, `3d` in milliseconds. */
function age(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = units[unit];
  if (ms === undefined) throw new BadRequest("--older must be a time such as 90m, 2h or 3d");
  return Number(count) * ms;
}

function choiceOf(options: Choice, now: number): Omit<JobChoice, "state"> {
  const { job, post, list, to, older, reason } = options;
  return {
    ...(job === undefined ? {} : { job: wholeNumber(job, "--job") }),
    ...(post === undefined ? {} : { post: wholeNumber(post, "--post") }),
    ...(list === undefined ? {} : { list: list.toLowerCase() }),
    ...(to === undefined ? {} : { recipient: to.toLowerCase() }),
    ...(older === undefined ? {} : { queuedBefore: now - age(older) }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A choice for a command that changes something: nothing said is not everything. @throws BadRequest */
function saidChoice(options: Choice, now: number): Omit<JobChoice, "state"> {
  const choice = choiceOf(options, now);
  const isSaid = Object.keys(choice).length > 0;
  if (isSaid === (options.all === true)) {
    throw new BadRequest(
      "say which jobs: --job NUMBER, --post NUMBER, --list ADDRESS, --to ADDRESS, --older TIME or --reason CODE; or --all on its own",
    );
  }
  return choice;
}

function line(job: QueuedJob): string {
  const what =
    job.post === undefined
      ? job.kind
      : job.kind === "copy"
        ? `post ${job.post}`
        : `${job.kind} of post ${job.post}`;
  const state =
    job.aside === undefined
      ? `due ${new Date(job.due).toISOString()}, ${job.attempts} attempts`
      : `ASIDE ${job.aside}`;
  return `job ${job.id}  ${what}  ${job.list}  ${job.recipient}  ${state}  since ${new Date(job.queued).toISOString()}`;
}

/** Adds the commands about the queue. */
export function addQueueCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const queue = program.command("queue").description("inspect and manage the queue");
  const choosing = (name: string, description: string) =>
    queue
      .command(name)
      .description(description)
      .option("--job <number>", "one copy, notice or answer")
      .option("--post <number>", "the copies of one post")
      .option("--list <address>", "jobs of one list")
      .option("--to <address>", "jobs for one recipient")
      .option("--older <time>", "jobs queued for longer than this: 90m, 2h, 3d")
      .option("--reason <code>", "jobs set aside for this reason, as show prints it");

  choosing("show", "show waiting jobs, and jobs that were set aside and why")
    .option("--aside", "only jobs that were set aside")
    .option("--waiting", "only waiting jobs")
    .option("--after <job>", "the page after this job")
    .option("--limit <number>", `how many jobs to show (default: ${PAGE})`)
    .action((options: ShowOptions) =>
      withContext(global(), async ({ store, now }) => {
        const state = options.aside ? "aside" : options.waiting ? "waiting" : "any";
        const limit = Math.min(wholeNumber(options.limit ?? `${PAGE}`, "--limit"), MAX_PAGE);
        const after = wholeNumber(options.after ?? "0", "--after");
        // one more than is shown: whether there is another page
        const found = await store.chosenJobs({ ...choiceOf(options, now()), state }, after, limit + 1);
        for (const job of found.slice(0, limit)) print(line(job));
        const last = found[limit - 1];
        if (found.length > limit && last !== undefined) print(`more: repeat with --after ${last.id}`);
        const counts = await store.queueCounts();
        print(`waiting ${counts.waiting}, aside ${counts.aside}`);
      }),
    );
  choosing("flush", "try waiting jobs again now")
    .option("--all", "all waiting jobs")
    .action((options: Choice) =>
      withContext(global(), async ({ store, now }) => {
        print(`${await store.flushJobs(saidChoice(options, now()), now())} will be tried now`);
      }),
    );
  choosing("retry", "try jobs again that were set aside or are on hold")
    .option("--all", "all jobs that were set aside")
    .action((options: Choice) =>
      withContext(global(), async ({ store, heads, now }) => {
        const choice = saidChoice(options, now());
        const [paused] = await heads.paused();
        if (paused !== undefined) {
          throw new BadRequest(`${paused} is paused after a restore: run list resume first`);
        }
        print(`${await store.retryJobs({ ...choice, state: "aside" }, now())} will be tried again`);
      }),
    );
  choosing("hold", "hold waiting jobs until queue retry")
    .option("--all", "all waiting jobs")
    .action((options: Choice) =>
      withContext(global(), async ({ store, now }) => {
        print(`${await store.holdJobs(saidChoice(options, now()))} on hold`);
      }),
    );
  choosing("drop", "discard jobs that were set aside")
    .option("--waiting", "waiting jobs, too")
    .option("--all", "all jobs that were set aside")
    .action((options: Choice & { readonly waiting?: true }) =>
      withContext(global(), async ({ store, now }) => {
        const state = options.waiting ? "any" : "aside";
        print(`${await store.dropJobs({ ...saidChoice(options, now()), state })} dropped`);
      }),
    );
}
