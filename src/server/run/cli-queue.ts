/** `queue show|retry|drop`. */
import type { Command } from "commander";
import type { JobChoice } from "../kept/ledger.js";
import { BadRequest } from "./administration.js";
import { atDesk, type GlobalOptions, say } from "./cli-desk.js";

/** Lines that `show` prints at most; the counts come after them. */
const SHOWN = 200;

interface Choice {
  readonly job?: string;
  readonly post?: string;
  readonly all?: true;
}

function choiceOf({ job, post, all }: Choice): JobChoice {
  const wanted = [job, post, all].filter((each) => each !== undefined);
  const number = Number(job ?? post);
  if (wanted.length !== 1 || (all === undefined && !Number.isSafeInteger(number))) {
    throw new BadRequest("say which: --job NUMBER, --post NUMBER or --all");
  }
  if (all) return "all";
  return job === undefined ? { post: number } : { job: number };
}

/** Adds the commands about the queue. */
export function addQueueCommands(program: Command): void {
  const global = () => program.opts<GlobalOptions>();
  const queue = program.command("queue").description("look after copies that could not be sent");
  const choosing = (name: string, description: string) =>
    queue
      .command(name)
      .description(description)
      .option("--job <number>", "one copy or notice")
      .option("--post <number>", "every copy of one post")
      .option("--all", "everything that was set aside");

  queue
    .command("show")
    .description("show what waits, and what was set aside and why")
    .option("--aside", "only what was set aside")
    .action(({ aside }: { aside?: true }) =>
      atDesk(global(), async ({ store, ledger }) => {
        for (const job of await ledger.queue(SHOWN, aside === true)) {
          const what = job.post === undefined ? "notice" : `post ${job.post}`;
          const state =
            job.aside === undefined
              ? `due ${new Date(job.due).toISOString()}, ${job.attempts} attempts`
              : `ASIDE ${job.aside}`;
          say(`job ${job.id}  ${what}  ${job.list}  ${job.member}  ${state}`);
        }
        const counts = await store.queueCounts();
        say(`waiting ${counts.waiting}, aside ${counts.aside}`);
      }),
    );
  choosing("retry", "try again what was set aside").action((options: Choice) =>
    atDesk(global(), async ({ ledger, heads, now }) => {
      const choice = choiceOf(options);
      const [paused] = await heads.paused();
      if (paused !== undefined) {
        throw new BadRequest(`${paused} waits for its owner after a restore: list resume comes first`);
      }
      say(`${await ledger.retryAside(choice, now())} will be tried again`);
    }),
  );
  choosing("drop", "give up what was set aside").action((options: Choice) =>
    atDesk(global(), async ({ ledger }) => {
      say(`${await ledger.dropAside(choiceOf(options))} dropped`);
    }),
  );
}
