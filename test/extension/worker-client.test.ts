/** The background page's side of the worker: when it starts, when it ends, and what becomes of the jobs in it. */
import { endWorkerWhenIdle, prepareWorker, runJob } from "../../src/extension/worker/client.js";
import type { JobAnswer } from "../../src/extension/worker/table.js";
import { HOST_BASE } from "./fake-host.js";

/** Takes jobs, and answers when the test says so. */
class FakeWorker extends EventTarget {
  readonly jobs: { readonly id: number; readonly input: unknown }[] = [];
  ended = false;

  constructor() {
    super();
    started.push(this);
  }

  postMessage(job: { readonly id: number; readonly input: unknown }): void {
    this.jobs.push(job);
  }

  terminate(): void {
    this.ended = true;
  }

  /** Answers its oldest job. */
  answer(value: object = {}): void {
    const data: JobAnswer = { id: this.jobs.shift()?.id ?? 0, outcome: { ok: true, value } };
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

const started: FakeWorker[] = [];
const newest = (): FakeWorker => {
  const found = started.at(-1);
  if (found === undefined) throw new Error("no worker was started");
  return found;
};

beforeAll(() => Object.assign(globalThis, { location: { href: HOST_BASE }, Worker: FakeWorker }));

/** One worker a test: what the test before has left is ended. */
beforeEach(() => {
  endWorkerWhenIdle();
  started.length = 0;
});

const job = (signal?: AbortSignal) =>
  runJob("read-mail", { raw: "" }, signal === undefined ? {} : { signal });

test("one worker does one job after the other", async () => {
  prepareWorker();
  for (let i = 0; i < 3; i++) {
    const done = job();
    newest().answer({ kind: "other" });
    expect(await done).toEqual({ kind: "other" });
  }
  expect(started).toHaveLength(1);
  expect(newest().ended).toBe(false);
});

test("locking ends a worker that has nothing to do, at once; the next job gets a new one", async () => {
  prepareWorker();
  endWorkerWhenIdle();
  expect(newest().ended).toBe(true);
  const done = job();
  expect(started).toHaveLength(2);
  newest().answer();
  await done;
  expect(newest().ended).toBe(false);
});

test("locking lets the jobs that run be finished, and ends the worker with the last of them", async () => {
  const [one, two] = [job(), job()];
  const worker = newest();
  endWorkerWhenIdle();
  expect(worker.ended).toBe(false);
  worker.answer();
  await one;
  expect(worker.ended).toBe(false);
  worker.answer();
  await two;
  expect(worker.ended).toBe(true);
});

test("a job that is asked for while a locked worker still runs goes to a new one, which stays", async () => {
  const before = job();
  const old = newest();
  endWorkerWhenIdle();
  const after = job();
  expect(newest()).not.toBe(old);
  old.answer();
  await before;
  expect(old.ended).toBe(true);
  newest().answer();
  await after;
  expect(newest().ended).toBe(false);
});

test("a job that is stopped ends the worker, and a lock that waited for it is no reason to end the next", async () => {
  const controller = new AbortController();
  const stopped = job(controller.signal);
  endWorkerWhenIdle();
  controller.abort();
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
  expect(newest().ended).toBe(true);
  const next = job();
  newest().answer();
  await next;
  expect(newest().ended).toBe(false);
});

test("a worker that dies fails what it was doing, and the next job gets a new one", async () => {
  const lost = job();
  newest().dispatchEvent(new Event("error"));
  await expect(lost).rejects.toMatchObject({ code: "worker-failed" });
  const next = job();
  expect(started).toHaveLength(2);
  newest().answer({ kind: "other" });
  await expect(next).resolves.toEqual({ kind: "other" });
});
