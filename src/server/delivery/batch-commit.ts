/**
 * Marks jobs done, those of one moment in one commit: the disk takes as long for eight marks as for one.
 *
 * What is marked while a commit is under way waits for the next, so that there is always one under way and no more, and the
 * slower the disk, the more jobs one commit is for.
 *
 * A mark that fails (the database is away, the disk is full) is made again until it succeeds: the mail is with the relay,
 * and without its mark it would go out twice. The jobs stay claimed meanwhile, and their lanes end no other mail.
 */
import { POLL_MS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { Job, Queue } from "../store/store.js";

/** Jobs that wait for the next commit, and its end. */
interface Batch {
  readonly jobs: Job[];
  readonly committed: Promise<void>;
}

/** First pause before a mark is made again, in milliseconds; doubled up to {@link POLL_MS}. */
const FIRST_PAUSE_MS = 20;

export class BatchCommit {
  readonly #store: Pick<Queue, "finishJobs">;
  readonly #log: Pick<Log, "error">;
  #next: Batch | undefined;
  /** Resolves when no commit is under way; never rejects. */
  #free: Promise<void> = Promise.resolve();
  #stopping = false;
  #rouse: () => void = () => undefined;

  constructor(store: Pick<Queue, "finishJobs">, log: Pick<Log, "error">) {
    this.#store = store;
    this.#log = log;
  }

  /** Resolves when it is on disk that `job` is done. @throws what the store throws, to everybody in the batch, once {@link stop} was called */
  mark(job: Job): Promise<void> {
    this.#next ??= this.#newBatch();
    this.#next.jobs.push(job);
    return this.#next.committed;
  }

  /** From now on each mark is made once: a database that is away must not keep the server from stopping. */
  stop(): void {
    this.#stopping = true;
    this.#rouse();
  }

  #newBatch(): Batch {
    const jobs: Job[] = [];
    // what else has been answered at this moment is marked along with it, and what is answered in the turn after it: the same
    // commit is for twice as many
    const moment = new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
    const committed = Promise.all([this.#free, moment]).then(() => {
      this.#next = undefined;
      return this.#commit(jobs);
    });
    this.#free = committed.catch(() => undefined);
    return { jobs, committed };
  }

  async #commit(jobs: readonly Job[]): Promise<void> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, POLL_MS)) {
      try {
        return await this.#store.finishJobs(jobs);
      } catch (error) {
        if (this.#stopping) throw error;
        this.#log.error("sent-not-recorded", { code: codeForLog(error), copies: jobs.length });
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.#rouse = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
