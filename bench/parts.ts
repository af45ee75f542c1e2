/** A section that is made of parts, each of which sets up its own and ends by itself. */
import { type Options, type Row, table } from "./row.js";

/** The parts of a section by name, in the order in which they run. */
export type Parts = Readonly<Record<string, (full: boolean) => Promise<readonly Row[]>>>;

/** Runs the parts that were asked for, all of them where none was. @throws if there is no part of a name that was given */
export async function rowsOfParts(parts: Parts, { full, parts: wanted }: Options): Promise<readonly Row[]> {
  const names = Object.keys(parts);
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(" ")}: there are ${names.join(" ")}`);
  const found: Row[] = [];
  for (const [name, run] of Object.entries(parts)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const own = await run(full);
    // what is measured is said at once: the next part can take long, and can fail
    console.error(`${name}\n${table(own)}\n`);
    found.push(...own);
  }
  return found;
}
