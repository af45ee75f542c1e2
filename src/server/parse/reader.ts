/**
 * Reads what anybody may send, in a thread of its own, and remembers the mails that ended it: they are not looked at again
 * for five days, also after a restart.
 */
import { readFile } from "node:fs/promises";
import { writeDurably } from "../base/data-folder.js";
import { MAX_NOT_AGAIN, NOT_AGAIN_MS } from "../base/limits.js";
import type { ParseJobs } from "./jobs.js";
import { ReadingEnded, shareThread } from "./thread.js";

/** Does the jobs of jobs.ts. What is given is handed over: large octets are gone afterwards, but for those that come back. */
export interface Reader {
  /** @throws ReadingEnded if this mail ended the thread, now or before; anything else is our own fault */
  do<K extends keyof ParseJobs>(job: K, given: ParseJobs[K]["given"]): Promise<ParseJobs[K]["made"]>;
}

/** When each mail ended the thread, by its digest, the oldest first. */
type Ended = Map<string, number>;

/** A reader with a memory. */
export class ThreadReader implements Reader {
  readonly #shared: ReturnType<typeof shareThread>;
  readonly #file: string;
  readonly #now: () => number;
  readonly #ended: Ended;
  #writing: Promise<void> = Promise.resolve();

  private constructor(shared: ReturnType<typeof shareThread>, file: string, now: () => number, ended: Ended) {
    this.#shared = shared;
    this.#file = file;
    this.#now = now;
    this.#ended = ended;
  }

  /**
   * A reader whose thread is warm: no mail waits for it to begin.
   *
   * @param file where the mails that ended the thread are remembered; one that is damaged counts as empty
   * @throws ReadingEnded if there can be no thread: its file is missing
   */
  static async open(file: string, now: () => number, shared = shareThread()): Promise<ThreadReader> {
    await shared.thread.do("report", { raw: new Uint8Array() }, []);
    return new ThreadReader(shared, file, now, await readEnded(file));
  }

  async do<K extends keyof ParseJobs>(job: K, given: ParseJobs[K]["given"]): Promise<ParseJobs[K]["made"]> {
    this.#forget();
    try {
      return await this.#shared.thread.do(job, given, [...this.#ended.keys()]);
    } catch (error) {
      if (error instanceof ReadingEnded && error.digest !== undefined) await this.#remember(error.digest);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#shared.release();
    await this.#writing;
  }

  #forget(): void {
    for (const [digest, at] of this.#ended) {
      if (this.#ended.size <= MAX_NOT_AGAIN && this.#now() - at < NOT_AGAIN_MS) return;
      this.#ended.delete(digest);
    }
  }

  async #remember(digest: string): Promise<void> {
    this.#ended.set(digest, this.#now());
    this.#forget();
    const text = JSON.stringify(Object.fromEntries(this.#ended));
    // one after the other: never two at a time on one path
    this.#writing = this.#writing.catch(() => undefined).then(() => writeDurably(this.#file, text, 0o600));
    await this.#writing;
  }
}

async function readEnded(file: string): Promise<Ended> {
  let kept: unknown;
  try {
    kept = JSON.parse(await readFile(file, "utf8"));
  } catch {
    return new Map();
  }
  if (typeof kept !== "object" || kept === null) return new Map();
  return new Map(
    Object.entries(kept).flatMap(([digest, at]: [string, unknown]) =>
      typeof at === "number" ? [[digest, at] as const] : [],
    ),
  );
}
