import { ListSealError } from "../../protocol/errors.js";
import { unwrap } from "../failure.js";
import { awake } from "../keep-awake.js";
import type { JobAnswer, JobName, Jobs } from "./jobs.js";

/**
 * The background page's side of the worker. One worker, started with the first job and kept while the page lives.
 * A worker that dies fails all its jobs with `worker-failed`; the next job starts a new one.
 */
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ListSealError) => void;
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/** 25 MB takes about 10 s where JavaScript is not compiled (Debian's Thunderbird); a job that runs longer hangs. */
const JOB_MS = 120_000;

function isAnswer(value: unknown): value is JobAnswer {
  return typeof value === "object" && value !== null && "id" in value && "outcome" in value;
}

function start(): Worker {
  const started = new Worker(new URL("/worker.js", location.href), { type: "module" });
  started.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (!isAnswer(data)) return;
    const job = waiting.get(data.id);
    waiting.delete(data.id);
    if (job === undefined) return;
    endIfIdle();
    try {
      job.resolve(unwrap(data.outcome));
    } catch (error) {
      job.reject(
        error instanceof ListSealError ? error : new ListSealError("worker-failed", "unreadable answer"),
      );
    }
  });
  const died = () => stop("worker-failed");
  started.addEventListener("error", died);
  started.addEventListener("messageerror", died);
  return started;
}

/** Starts the worker for a job that will come in a moment: it loads while the caller gets what the job needs. */
export function prepareWorker(): void {
  worker ??= start();
}

/** Ends the worker and fails what it was doing. Cryptography can't be interrupted in another way. */
function stop(code: "worker-failed" | "cancelled" | "timed-out"): void {
  worker?.terminate();
  worker = undefined;
  const jobs = [...waiting.values()];
  waiting.clear();
  for (const job of jobs) job.reject(new ListSealError(code, "the worker ended before the job was done"));
}

/**
 * Ends the worker as soon as it has nothing to do: the keys in its memory go with it. A job that runs is finished first,
 * so that locking loses no mail that is being sealed.
 */
export function endWorkerWhenIdle(): void {
  ending = true;
  endIfIdle();
}

let ending = false;

function endIfIdle(): void {
  if (!ending || waiting.size > 0) return;
  ending = false;
  worker?.terminate();
  worker = undefined;
}

/**
 * Has a job done in the worker and keeps the event page awake meanwhile.
 * @param input     its buffers named in `transfer` are moved, not copied, and can't be used afterwards
 * @param signal    aborting ends the worker, and with it every job that runs: sealing and opening are started anew by hand
 * @throws ListSealError: the job's own code, `worker-failed`, `timed-out` or `cancelled`
 */
export function runJob<K extends JobName>(
  name: K,
  input: Jobs[K]["input"],
  options: { readonly transfer?: readonly ArrayBuffer[]; readonly signal?: AbortSignal } = {},
): Promise<Jobs[K]["output"]> {
  const { transfer = [], signal } = options;
  return awake(async () => {
    if (signal?.aborted === true) throw new ListSealError("cancelled", "cancelled before it began");
    worker ??= start();
    const running = worker;
    lastId += 1;
    const id = lastId;
    const abort = () => stop("cancelled");
    const timer = setTimeout(() => stop("timed-out"), JOB_MS);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<Jobs[K]["output"]>((resolve, reject) => {
        // the worker's answer to a job has the type that Jobs says: both sides are compiled against it
        const settle = (value: unknown) =>
          isOutput<K>(value) ? resolve(value) : reject(new ListSealError("worker-failed", "no answer"));
        waiting.set(id, { resolve: settle, reject });
        running.postMessage({ id, name, input }, [...transfer]);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  });
}

function isOutput<K extends JobName>(value: unknown): value is Jobs[K]["output"] {
  return typeof value === "object" && value !== null;
}
