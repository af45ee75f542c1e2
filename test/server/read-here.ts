/** The server's reading without its thread: for what is decided about a mail, not where it is read. */
import { type Jobs, openWorkbench } from "../../src/server/in/reading/jobs.js";
import type { Reader } from "../../src/server/in/reading/reader.js";

const workbench = openWorkbench();

export const readHere: Reader = {
  do: <K extends keyof Jobs>(job: K, given: Jobs[K]["given"]) => workbench[job](given),
};
