/**
 * Marks jobs done, those of one moment in one commit: the disk takes as long for eight marks as for one.
 *
 * Whoever waits for {@link Finished.mark} has one job unmarked and no more. So with a lane that waits before it sends its
 * next mail, a crash doubles at most one copy a connection, as with a commit for each.
 */
import type { Job, Store } from "../kept/store.js";

/** How long marks are gathered: little beside what a relay takes for a mail, and enough for most of the other lanes. */
const GATHER_MS = 2;

/** Jobs that wait for the next commit, and its end. */
interface Batch {
  readonly jobs: Job[];
  readonly committed: Promise<void>;
}

export class Finished {
  readonly #store: Pick<Store, "finishJobs">;
  #next: Batch | undefined;

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
    const committed = new Promise<void>((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      this.#next = undefined;
      return this.#store.finishJobs(jobs);
    });
    return { jobs, committed };
  }
}
