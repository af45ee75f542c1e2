/** The runs that are kept in results/, and how a new one differs from them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Row } from "./row.js";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

/** A row of a kept run. */
export interface KeptRow extends Row {
  /** Name of the file, without its ending. */
  readonly run: string;
  /** The day. */
  readonly measured: string;
}

interface Run {
  readonly measured: string;
  readonly rows: readonly Row[];
}

function isRun(value: unknown): value is Run {
  return typeof value === "object" && value !== null && "measured" in value && "rows" in value;
}

/** Every kept row, by file. @throws if a file holds no run */
export function keptResults(): readonly KeptRow[] {
  return readdirSync(RESULTS)
    .sort()
    .flatMap((name) => {
      const run: unknown = JSON.parse(readFileSync(join(RESULTS, name), "utf8"));
      if (!isRun(run)) throw new Error(`results/${name} is no run of a benchmark`);
      const { measured, rows } = run;
      return rows.map((row) => ({ ...row, run: name.replace(/\.json$/, ""), measured }));
    });
}

/** By so much a ratio may differ from the one that is kept before it is worth a word. */
const TOLERANCE = 1.2;

const same = (one: Row, other: Row): boolean =>
  one.name === other.name && one.peerName === other.peerName && one.unit === other.unit;

/**
 * The rows whose ratio is more than a fifth away from the one that is kept, better or worse, a line each: then either the code
 * has changed, or the machine is another or busy. Rows that nobody kept, or without a ratio, are left out.
 */
export function strangers(rows: readonly Row[], kept: readonly KeptRow[]): readonly string[] {
  return rows.flatMap((row) => {
    const before = kept.find((each) => same(each, row));
    if (!before?.ratio || !row.ratio) return [];
    const change = row.ratio / before.ratio;
    if (change <= TOLERANCE && change >= 1 / TOLERANCE) return [];
    const word = change > 1 ? "worse" : "better";
    const [was, is] = [before.ratio, row.ratio].map((ratio) => ratio.toPrecision(3));
    return [
      `${word}: ${was} -> ${is}, ${row.name}, against ${row.peerName} (${before.run}, ${before.measured})`,
    ];
  });
}
