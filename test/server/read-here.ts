/** The server's reading without its thread: for what is decided about a mail, not where it is read. */
import { openWorkbench, type ParseJobs } from "../../src/server/parse/jobs.js";
import type { Reader } from "../../src/server/parse/reader.js";

const workbench = openWorkbench();

export const readHere: Reader = {
  do: <K extends keyof ParseJobs>(job: K, given: ParseJobs[K]["given"]) => workbench[job](given),
};
