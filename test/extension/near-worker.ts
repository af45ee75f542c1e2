/** The add-on's worker in the test's own process: its jobs are the real ones. */
import type { JobAnswer, JobMessage } from "../../src/extension/worker/table.js";
import { HOST_BASE } from "./fake-host.js";

class NearWorker extends EventTarget {
  ended = false;
  /** The names of the jobs that it was given. */
  readonly asked: string[] = [];

  constructor() {
    super();
    workers.push(this);
  }

  postMessage(job: JobMessage): void {
    this.asked.push(job.name);
    toWorker.dispatchEvent(new MessageEvent("message", { data: structuredClone(job) }));
  }

  terminate(): void {
    this.ended = true;
  }
}

const toWorker = new EventTarget();

/** All that were started, the newest last. */
export const workers: NearWorker[] = [];

/** Puts it in the place of the browser's `Worker`. */
export async function haveWorkerNear(): Promise<void> {
  Object.assign(globalThis, {
    location: { href: HOST_BASE },
    self: {
      addEventListener: toWorker.addEventListener.bind(toWorker),
      postMessage: (data: JobAnswer) => {
        // one worker's code serves all that were started: each knows its own jobs by their numbers
        for (const worker of workers)
          if (!worker.ended) worker.dispatchEvent(new MessageEvent("message", { data }));
      },
    },
    Worker: NearWorker,
  });
  await import("../../src/extension/worker/main.js");
}
