/**
 * The one entry for every benchmark:
 * `npm run bench -- protocol|server|addon|browser|epochs [--part NAME]... [--full] [--json FILE]`, or `npm run bench -- --picture`.
 *
 * `--full` adds what takes long: minutes become an hour. `--part` runs a part of a section that is made of parts. `--picture`
 * measures nothing: it draws the figures that matter from what is kept in results/.
 *
 * A section is a folder with an `index.ts` that exports `rows(options): Promise<readonly Row[]>`.
 */
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keptResults, strangers } from "./kept.js";
import { machine } from "./machine.js";
import { PICTURE, picture } from "./picture.js";
import { type Options, type Row, table } from "./row.js";

const sections = ["protocol", "server", "addon", "browser", "epochs"] as const;
type Section = (typeof sections)[number];

const usage = `npm run bench -- ${sections.join("|")} [--part NAME]... [--full] [--json FILE]
npm run bench -- --picture`;

function isSection(text: string | undefined): text is Section {
  return sections.some((section) => section === text);
}

interface SectionModule {
  readonly rows: (options: Options) => Promise<readonly Row[]>;
}

function isSectionModule(module: unknown): module is SectionModule {
  return (
    typeof module === "object" && module !== null && "rows" in module && typeof module.rows === "function"
  );
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      json: { type: "string" },
      full: { type: "boolean", default: false },
      part: { type: "string", multiple: true, default: [] },
      picture: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  if (values.picture) {
    writeFileSync(PICTURE, picture(keptResults()));
    return;
  }
  const [section, more] = positionals;
  if (!isSection(section) || more !== undefined) throw new Error(usage);
  const index = new URL(`./${section}/index.ts`, import.meta.url);
  if (!existsSync(fileURLToPath(index))) throw new Error(`there are no benchmarks of ${section} yet`);
  const module: unknown = await import(index.href);
  if (!isSectionModule(module)) throw new Error(`${section}/index.ts exports no rows()`);

  const started = performance.now();
  const rows = await module.rows({ full: values.full, parts: values.part });
  console.log(`${machine()}\n\n${table(rows)}\n`);
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  const other = strangers(rows, keptResults());
  if (other.length > 0) {
    console.log(`\nMore than a fifth away from what is kept in bench/results:\n${other.join("\n")}`);
  }
  if (values.json !== undefined) {
    const kept = { measured: new Date().toISOString().slice(0, 10), machine: machine(), rows };
    writeFileSync(values.json, `${JSON.stringify(kept, null, 2)}\n`);
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
