/**
 * Marks jobs done, those of one moment in one commit: the disk takes as long for eight marks as for one.
 *
 * What is marked while a commit is under way waits for the next, so that there is always one under way and no more, and the
 * slower the disk, the more jobs one commit is for.
 */
import type { Job, Store } from "../kept/store.js";

/** Jobs that wait for the next commit, and its end. */
interface Batch {
  readonly jobs: Job[];
  readonly committed: Promise<void>;
}

export class Finished {
  readonly #store: Pick<Store, "finishJobs">;
  #next: Batch | undefined;
  /** Resolves when no commit is under way; never rejects. */
  #free: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, "finishJobs">) {
    this.#store = store;
  }

  /** Resolves when it is on disk that `job` is done. @throws what the store throws, to everybody in the batch */
  mark(job: Job): Promise<void> {
    this.#next ??= this.#newBatch();
    this.#next.jobs.push(job);
    return this.#next.committed;
  }

  #newBatch(): Batch {
    const jobs: Job[] = [];
    // what else has been answered at this moment is marked along with it
    const moment = new Promise<void>((resolve) => setImmediate(resolve));
    const committed = Promise.all([this.#free, moment]).then(() => {
      this.#next = undefined;
      return this.#store.finishJobs(jobs);
    });
    this.#free = committed.catch(() => undefined);
    return { jobs, committed };
  }
}
