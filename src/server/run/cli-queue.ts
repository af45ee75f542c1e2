/** `queue show|flush|retry|hold|drop`. */
import type { Command } from "commander";
import type { JobChoice, QueuedJob } from "../kept/queue-desk.js";
import { BadRequest } from "./administration.js";
import { atDesk, type GlobalOptions, say } from "./cli-desk.js";

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
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new BadRequest(`${option} wants a number`);
  return value;
}

/** `90m`, `2h`, `3d` in milliseconds. */
function age(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = units[unit];
  if (ms === undefined) throw new BadRequest("--older wants a time: 90m, 2h or 3d");
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
      "say which: --job NUMBER, --post NUMBER, --list ADDRESS, --to ADDRESS, --older TIME, --reason CODE, or --all",
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
  const queue = program.command("queue").description("look after what waits to be sent");
  const choosing = (name: string, description: string) =>
    queue
      .command(name)
      .description(description)
      .option("--job <number>", "one copy, notice or answer")
      .option("--post <number>", "copies of one post")
      .option("--list <address>", "of one list")
      .option("--to <address>", "for one recipient")
      .option("--older <time>", "in the queue for longer than that: 90m, 2h, 3d")
      .option("--reason <code>", "set aside for that reason, as show prints it");

  choosing("show", "show what waits, and what was set aside and why")
    .option("--aside", "only what was set aside")
    .option("--waiting", "only what was not")
    .option("--after <job>", "the page after that job")
    .option("--limit <number>", `lines at most, ${PAGE} unless you say`)
    .action((options: ShowOptions) =>
      atDesk(global(), async ({ store, now }) => {
        const state = options.aside ? "aside" : options.waiting ? "waiting" : "any";
        const limit = Math.min(wholeNumber(options.limit ?? `${PAGE}`, "--limit"), MAX_PAGE);
        const after = wholeNumber(options.after ?? "0", "--after");
        // one more than is shown: whether there is another page
        const found = await store.chosenJobs({ ...choiceOf(options, now()), state }, after, limit + 1);
        for (const job of found.slice(0, limit)) say(line(job));
        const last = found[limit - 1];
        if (found.length > limit && last !== undefined) say(`more: the same with --after ${last.id}`);
        const counts = await store.queueCounts();
        say(`waiting ${counts.waiting}, aside ${counts.aside}`);
      }),
    );
  choosing("flush", "try what waits for its next attempt now")
    .option("--all", "everything that waits")
    .action((options: Choice) =>
      atDesk(global(), async ({ store, now }) => {
        say(`${await store.flushJobs(saidChoice(options, now()), now())} will be tried now`);
      }),
    );
  choosing("retry", "try again what was set aside, or is on hold")
    .option("--all", "everything that was set aside")
    .action((options: Choice) =>
      atDesk(global(), async ({ store, heads, now }) => {
        const choice = saidChoice(options, now());
        const [paused] = await heads.paused();
        if (paused !== undefined) {
          throw new BadRequest(`${paused} waits for its owner after a restore: list resume comes first`);
        }
        say(`${await store.retryJobs({ ...choice, state: "aside" }, now())} will be tried again`);
      }),
    );
  choosing("hold", "keep back what waits, until queue retry")
    .option("--all", "everything that waits")
    .action((options: Choice) =>
      atDesk(global(), async ({ store, now }) => {
        say(`${await store.holdJobs(saidChoice(options, now()))} on hold`);
      }),
    );
  choosing("drop", "give up what was set aside")
    .option("--waiting", "also what was not, and waits to be sent")
    .option("--all", "everything that was set aside")
    .action((options: Choice & { readonly waiting?: true }) =>
      atDesk(global(), async ({ store, now }) => {
        const state = options.waiting ? "any" : "aside";
        say(`${await store.dropJobs({ ...saidChoice(options, now()), state })} dropped`);
      }),
    );
}
