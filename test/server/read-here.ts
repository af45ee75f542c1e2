/** The server's reading without its thread: for what is decided about a mail, not where it is read. */
import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { openWorkbench, type ParseJobs } from "../../src/server/parse/jobs.js";
import type { Reader } from "../../src/server/parse/reader.js";

const workbench = openWorkbench();

export const readHere: Reader = {
  do: <K extends keyof ParseJobs>(job: K, given: ParseJobs[K]["given"]) => workbench[job](given),
};

type Made = { readonly [K in keyof ParseJobs]: Map<string, Promise<ParseJobs[K]["made"]>> };

/** Reads as {@link readHere} does, and each thing once: of the same bytes, with the same keys at the same moment, the same is read. */
export function readOnce(): Reader {
  const known: Made = {
    read: new Map(),
    open: new Map(),
    reopen: new Map(),
    report: new Map(),
    request: new Map(),
    prove: new Map(),
    certificate: new Map(),
  };
  return {
    do<K extends keyof ParseJobs>(job: K, given: ParseJobs[K]["given"]): Promise<ParseJobs[K]["made"]> {
      const made: Map<string, Promise<ParseJobs[K]["made"]>> = known[job];
      const digest = createHash("sha256").update(serialize(given)).digest("hex");
      const before = made.get(digest) ?? workbench[job](given);
      made.set(digest, before);
      return before;
    },
  };
}
