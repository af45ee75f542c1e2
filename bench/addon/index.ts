/**
 * The add-on in Debian's Thunderbird, in parts that each set up their own and end by themselves. `npm run build` first; needs
 * root, as the end-to-end tests do.
 */
import type { Options, Row } from "../row.js";
import { table } from "../row.js";
import { ordinaryRows, scrollingRows, startRows } from "./beside.js";
import { openingRows } from "./opening.js";
import { ownOpenPgpRows } from "./own-openpgp.js";
import { shownRows } from "./shown.js";

const parts: Readonly<Record<string, (full: boolean) => Promise<readonly Row[]>>> = {
  start: () => startRows(),
  ordinary: () => ordinaryRows(),
  scrolling: () => scrollingRows(),
  shown: shownRows,
  "own-openpgp": () => ownOpenPgpRows(),
  opening: () => openingRows(),
};

export async function rows({ full, parts: wanted }: Options): Promise<readonly Row[]> {
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
