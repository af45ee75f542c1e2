import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What browsers and Thunderbird add to the name of a file that they still write. */
const UNFINISHED = [".part", ".crdownload"];

/**
 * Paths of the files in a folder for downloads that are there whole.
 *
 * QUIRK: Firefox and Thunderbird first put an empty file in the place, then write one with `.part` beside it, and rename that.
 */
export function savedFiles(folder: string): readonly string[] {
  const names = readdirSync(folder);
  return names
    .filter((name) => !UNFINISHED.some((end) => name.endsWith(end) || names.includes(`${name}${end}`)))
    .map((name) => join(folder, name))
    .filter((file) => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0);
}
