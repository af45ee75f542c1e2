/** The table of README.md: each check, and vectors that notice when it is taken out. */
import { readFileSync, writeFileSync } from "node:fs";

/** One row. */
export interface Row {
  readonly name: string;
  readonly file: string;
  /** Of those that noticed, as many as the table names. */
  readonly noticed: readonly string[];
}

const readme = new URL("./README.md", import.meta.url);
const BEGIN = "<!-- written by `npm run vectors -- --mutate --write` -->";
const END = "<!-- end -->";
const NAMED = 3;

const rowPattern = /^\| (.+?) +\| `(.+?)` +\| (.*?) +\|$/;

/** The rows as they stand in the file. */
export function readTable(): readonly Row[] {
  const [, table = ""] = readFileSync(readme, "utf8").split(BEGIN);
  return (table.split(END)[0] ?? "").split("\n").flatMap((line) => {
    const [row, name = "", file = "", vectors = ""] = rowPattern.exec(line) ?? [];
    if (row === undefined) return [];
    return [{ name, file, noticed: [...vectors.matchAll(/`(.+?)`/g)].map(([, each = ""]) => each) }];
  });
}

/**
 * Some of those that noticed, as different as they can be: the first of each folder and role, then the first of all.
 */
function chosen(noticed: readonly string[]): readonly string[] {
  const kindOf = (name: string) => /^[^/]*\/[a-z]*/.exec(name)?.[0] ?? "";
  const first = noticed.filter((name, i) => noticed.findIndex((each) => kindOf(each) === kindOf(name)) === i);
  return [...new Set([...first, ...noticed])].slice(0, NAMED);
}

/** Puts the rows into the file. @throws Error if it has no place for them */
export function writeTable(rows: readonly Row[]): void {
  const text = readFileSync(readme, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error("README.md has no place for the table");
  const lines = [
    "| check | in | noticed by, among others |",
    "| --- | --- | --- |",
    ...rows.map(({ name, file, noticed }) => {
      const vectors = chosen(noticed).map((each) => `\`${each}\``);
      return `| ${name} | \`${file}\` | ${vectors.join(" ")} |`;
    }),
  ];
  writeFileSync(readme, `${text.slice(0, before)}${BEGIN}\n\n${lines.join("\n")}\n\n${text.slice(after)}`);
}
