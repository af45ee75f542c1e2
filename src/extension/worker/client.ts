import { ListSealError } from "../../openpgp/errors.js";
import { AddonError } from "../platform/errors.js";
import { awake } from "../platform/keep-awake.js";
import { unwrap } from "../platform/rpc/outcome.js";
import type { JobAnswer, JobInput, JobName, JobOutput } from "./table.js";

/**
 * The background page's side of the worker. One worker, started with the first job and kept while the page lives, or until
 * the keys are locked. A worker that dies fails all its jobs with `worker-failed`; the next job starts a new one.
 */
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ListSealError) => void;
}

/** A worker, and who waits for what it does. */
interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

/** The one that gets the next job. */
let current: Running | undefined;
let lastId = 0;

/** 25 MB takes about 10 s where JavaScript is not compiled (Debian's Thunderbird); a job that runs longer hangs. */
const JOB_MS = 120_000;

function isAnswer(value: unknown): value is JobAnswer {
  return typeof value === "object" && value !== null && "id" in value && "outcome" in value;
}

function start(): Running {
  const worker = new Worker(new URL("/worker.js", location.href), { type: "module" });
  const started: Running = { worker, waiting: new Map() };
  worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (!isAnswer(data)) return;
    const job = started.waiting.get(data.id);
    started.waiting.delete(data.id);
    if (job === undefined) return;
    if (current !== started) endIfIdle(started);
    try {
      job.resolve(unwrap(data.outcome));
    } catch (error) {
      job.reject(
        error instanceof ListSealError ? error : new AddonError("worker-failed", "unreadable answer"),
      );
    }
  });
  const died = () => stop(started, "worker-failed");
  worker.addEventListener("error", died);
  worker.addEventListener("messageerror", died);
  return started;
}

/** Starts the worker for a job that will come in a moment: it loads while the caller gets what the job needs. */
export function prepareWorker(): void {
  current ??= start();
}

/** Ends a worker and fails what it was doing. Cryptography can't be interrupted in another way. */
function stop(running: Running, code: "worker-failed" | "cancelled" | "timed-out"): void {
  running.worker.terminate();
  if (current === running) current = undefined;
  const jobs = [...running.waiting.values()];
  running.waiting.clear();
  for (const job of jobs) job.reject(new ListSealError(code, "the worker ended before the job was done"));
}

/**
 * Ends the worker as soon as it has nothing to do: the keys in its memory go with it. A job that runs is finished first,
 * so that locking loses no mail that is being sealed; whatever comes after it gets a worker of its own.
 */
export function endWorkerWhenIdle(): void {
  const retired = current;
  current = undefined;
  if (retired !== undefined) endIfIdle(retired);
}

function endIfIdle({ worker, waiting }: Running): void {
  if (waiting.size === 0) worker.terminate();
}

/**
 * Has a job done in the worker and keeps the event page awake meanwhile.
 * @param input     its buffers named in `transfer` are moved, not copied, and can't be used afterwards
 * @param signal    aborting ends the worker, and with it every job that runs: sealing and opening are started again by hand
 * @throws ListSealError: the job's own code, `worker-failed`, `timed-out` or `cancelled`
 */
export function runJob<K extends JobName>(
  name: K,
  input: JobInput<K>,
  options: { readonly transfer?: readonly ArrayBuffer[]; readonly signal?: AbortSignal } = {},
): Promise<JobOutput<K>> {
  return jobIn(
    () => {
      current ??= start();
      return current;
    },
    name,
    input,
    options,
  );
}

/**
 * As {@link runJob}, in a worker of its own that ends with the job: for work of which a worker does not stand much, or that a person
 * may stop while others go on.
 */
export async function runJobApart<K extends JobName>(
  name: K,
  input: JobInput<K>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<JobOutput<K>> {
  const apart = start();
  try {
    return await jobIn(() => apart, name, input, options);
  } finally {
    apart.worker.terminate();
  }
}

function jobIn<K extends JobName>(
  worker: () => Running,
  name: K,
  input: JobInput<K>,
  { transfer = [], signal }: { readonly transfer?: readonly ArrayBuffer[]; readonly signal?: AbortSignal },
): Promise<JobOutput<K>> {
  return awake(async () => {
    if (signal?.aborted === true) throw new AddonError("cancelled", "cancelled before it began");
    const running = worker();
    lastId += 1;
    const id = lastId;
    const abort = () => stop(running, "cancelled");
    const timer = setTimeout(() => stop(running, "timed-out"), JOB_MS);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<JobOutput<K>>((resolve, reject) => {
        // the worker's answer to a job has the type that the job's function says: both sides are compiled against it
        const settle = (value: unknown) =>
          isOutput<K>(value) ? resolve(value) : reject(new AddonError("worker-failed", "no answer"));
        running.waiting.set(id, { resolve: settle, reject });
        running.worker.postMessage({ id, name, input }, [...transfer]);
      });
    } finally {
      // also a job that could not be posted: a worker that waits for it would never count as idle
      running.waiting.delete(id);
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  });
}

function isOutput<K extends JobName>(value: unknown): value is JobOutput<K> {
  return typeof value === "object" && value !== null;
}
