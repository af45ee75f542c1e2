/**
 * One thread for reading what anybody may send: kept warm, with a bound on its memory and a deadline for each job. It does one
 * job at a time, so that when it ends it is known which mail ended it.
 *
 * QUIRK: `resourceLimits` bounds what V8 manages and not the octets of buffers; those are bounded by the size of a mail and by
 * jobs that keep no second copy (read-mime.ts).
 */
import { Worker } from "node:worker_threads";
import { MAX_READING_HEAP_MB, READING_BEGINS_MS, READING_DEADLINE_MS } from "../base/limits.js";
import type { ParseJobs } from "./jobs.js";
import { largeBuffers } from "./large-buffers.js";
import type { WorkerReply } from "./worker.js";

/** How long an unused thread is kept, in milliseconds, once nobody has the reader any more. */
const IDLE_MS = 20_000;

/** The thread ended over a job, or did so with the same octets before. */
export class ReadingEnded extends Error {
  override readonly name = "ReadingEnded";
  /** For the log. */
  readonly reason: "deadline" | "memory" | "crash" | "before";
  /** SHA-256 of what was looked at. */
  readonly digest: string | undefined;

  constructor(reason: ReadingEnded["reason"], digest?: string) {
    super(`reading was ended: ${reason}`);
    this.reason = reason;
    this.digest = digest;
  }
}

/**
 * In a build it is beside the program; among the sources it is TypeScript, which tsx runs there.
 *
 * QUIRK: a thread of Node 20 asks for its first file before `--import` has changed how files are read. Hence the `import` in a text.
 */
function startWorker(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: MAX_READING_HEAP_MB };
  const fromSource = import.meta.url.endsWith(".ts");
  const file = new URL(fromSource ? "./worker.ts" : "./reading-worker.js", import.meta.url);
  const source = `import("tsx/esm/api").then(({ register }) => { register(); return import("${file}"); })`;
  const worker = fromSource
    ? new Worker(source, { eval: true, resourceLimits })
    : new Worker(file, { resourceLimits });
  worker.unref();
  return worker;
}

/** How a thread begins, and how long it has, in milliseconds, to begin and for a job. */
export interface ThreadOptions {
  readonly start: () => Worker;
  readonly beginning: number;
  readonly deadline: number;
}

const usual: ThreadOptions = {
  start: startWorker,
  beginning: READING_BEGINS_MS,
  deadline: READING_DEADLINE_MS,
};

/** Does jobs in a thread. */
export class ReadingThread {
  readonly #options: ThreadOptions;
  #worker: Worker | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: Partial<ThreadOptions> = {}) {
    this.#options = { ...usual, ...options };
  }

  /**
   * @param ended digests of what is not looked at
   * @throws ReadingEnded if it is one of those, or if the thread ends over it; another is started for the next job
   */
  do<K extends keyof ParseJobs>(
    job: K,
    given: ParseJobs[K]["given"],
    ended: readonly string[],
  ): Promise<ParseJobs[K]["made"]> {
    const done = this.#turn.then(() => this.#ask(job, given, ended));
    // without what was made: a mail would stay in memory until the next
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #ask<K extends keyof ParseJobs>(
    job: K,
    given: ParseJobs[K]["given"],
    ended: readonly string[],
  ): Promise<ParseJobs[K]["made"]> {
    const { start, beginning, deadline } = this.#options;
    const worker = this.#worker ?? start();
    this.#worker = worker;
    // while somebody waits the process has something to do
    worker.ref();
    return new Promise<ParseJobs[K]["made"]>((resolve, reject) => {
      let digest: string | undefined;
      const settle = () => {
        clearTimeout(timer);
        worker.off("message", hear).off("error", fail).off("exit", exit).unref();
      };
      const end = (reason: ReadingEnded["reason"]) => {
        this.#worker = undefined;
        settle();
        // it may fail once more on its way
        worker.on("error", () => undefined);
        void worker.terminate();
        reject(new ReadingEnded(reason, digest));
      };
      const hear = (answered: WorkerReply | { readonly made: ParseJobs[K]["made"] }) => {
        clearTimeout(timer);
        if ("digest" in answered) {
          digest = answered.digest;
          timer = setTimeout(() => end("deadline"), deadline);
          return;
        }
        settle();
        if ("made" in answered) resolve(answered.made);
        else if ("before" in answered) reject(new ReadingEnded("before"));
        else reject(new Error(`reading failed: ${answered.failed}`));
      };
      let reason: ReadingEnded["reason"] = "crash";
      const fail = (error: NodeJS.ErrnoException) => {
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") reason = "memory";
      };
      // what it said last, the digest, may come after its error and not after its end
      const exit = () => end(reason);
      // until it looks at the mail, it is not the mail's time
      let timer = setTimeout(() => end("deadline"), beginning);
      worker.on("message", hear).on("error", fail).on("exit", exit);
      worker.postMessage({ job, given, ended }, largeBuffers(given));
    });
  }

  /** Ends the thread when what waits is done. */
  async close(): Promise<void> {
    await this.#turn;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

let shared: { readonly thread: ReadingThread; users: number } | undefined;

/** The one thread of this process, for as long as somebody has it. `release` is to be called once. */
export function shareThread(): { readonly thread: ReadingThread; readonly release: () => void } {
  shared ??= { thread: new ReadingThread(), users: 0 };
  const mine = shared;
  mine.users += 1;
  return {
    thread: mine.thread,
    release: () => {
      mine.users -= 1;
      setTimeout(() => {
        if (mine.users > 0 || shared !== mine) return;
        shared = undefined;
        void mine.thread.close();
      }, IDLE_MS).unref();
    },
  };
}
