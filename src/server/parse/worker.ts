/** The thread in which jobs are done: takes one at a time, and gives what came of it. */
import { createHash } from "node:crypto";
import { parentPort } from "node:worker_threads";
import { collectAfter } from "../base/force-gc.js";
import { openWorkbench, type ParseJobs } from "./jobs.js";
import { largeBuffers, octetsOfAll } from "./large-buffers.js";

/** A job on its way to the thread. */
export type WorkerJob = {
  readonly [K in keyof ParseJobs]: {
    readonly job: K;
    readonly given: ParseJobs[K]["given"];
    /** Digests of mails that are not looked at. */
    readonly ended: readonly string[];
  };
}[keyof ParseJobs];

/** What comes back. `digest`: what is looked at from now on, for whoever has to remember what ended the thread. */
export type WorkerReply =
  | { readonly digest: string }
  | { readonly made: ParseJobs[keyof ParseJobs]["made"] }
  | { readonly before: true }
  /** of the program and not of the mail: jobs refuse by what they give */
  | { readonly failed: string };

const workbench = openWorkbench();

/** What may end the thread: by its digest it is known when it comes again. */
function octetsOf(asked: WorkerJob): Uint8Array {
  switch (asked.job) {
    case "open":
    case "reopen": {
      const { sealed } = asked.given;
      return sealed.mode === "key" ? sealed.key : sealed.message;
    }
    case "prove": {
      const { by, signed } = asked.given;
      return by.kind === "member" ? signed.signatures : by.certificate;
    }
    case "certificate":
      return asked.given.certificate;
    case "read":
    case "report":
    case "request":
      return asked.given.raw;
  }
}

function work(asked: WorkerJob): Promise<ParseJobs[keyof ParseJobs]["made"]> {
  switch (asked.job) {
    case "read":
      return workbench.read(asked.given);
    case "open":
      return workbench.open(asked.given);
    case "reopen":
      return workbench.reopen(asked.given);
    case "report":
      return workbench.report(asked.given);
    case "request":
      return workbench.request(asked.given);
    case "prove":
      return workbench.prove(asked.given);
    case "certificate":
      return workbench.certificate(asked.given);
  }
}

function answer(answered: WorkerReply): void {
  parentPort?.postMessage(answered, largeBuffers(answered));
}

async function take(asked: WorkerJob): Promise<void> {
  const octets = octetsOf(asked);
  // with the body, which is no part of what is looked at in job `open`
  const length = octetsOfAll(asked.given);
  const digest = createHash("sha256").update(octets).digest("hex");
  if (asked.ended.includes(digest)) return answer({ before: true });
  answer({ digest });
  try {
    const made = await work(asked);
    // before anybody goes on: what was opened on the way is as large as the mail
    collectAfter(length);
    answer({ made });
  } catch (error) {
    answer({ failed: error instanceof Error ? error.name : "unknown" });
  }
  setImmediate(() => collectAfter(length));
}

parentPort?.on("message", (asked: WorkerJob) => void take(asked));
