/**
 * `npm run endure -- [--minutes N] [--seed S] [--on sqlite|postgres]`: bad days by chance, on each store for half of the
 * time. Prints what was lost, came twice, was set aside or crashed; ends with 1 unless all of it is within its limits.
 */
import { parseArgs } from "node:util";
import { Postgres, postgresPrograms } from "../server/postgres-cluster.js";
import { build } from "../server/server-process.js";
import { DUPLICATES_A_FAULT, endure } from "./endure.js";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 32)}` },
    on: { type: "string" },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error("--minutes and --seed take numbers");
console.log(`seed ${seed}`);

const program = await build("test/server/serve-entry.ts");
const stores = ["sqlite", "postgres"].filter((name) => values.on === undefined || values.on === name);
let isGood = true;
for (const [turn, name] of stores.entries()) {
  const bin = name === "postgres" ? postgresPrograms() : undefined;
  if (name === "postgres" && bin === undefined) throw new Error("install postgresql");
  const cluster = bin === undefined ? undefined : await Postgres.start(bin);
  const until = Date.now() + (minutes * 60_000) / stores.length;
  const outcome = await endure({
    program,
    seed: seed + turn,
    goesOn: () => Date.now() < until,
    say: (line) => console.log(`${name} ${line}`),
    ...(cluster === undefined ? {} : { cluster }),
  });
  await cluster?.stop();
  const { faults, posts, copies, lost, duplicates, aside, crashes, worst } = outcome;
  console.log(
    `${name}: ${faults} faults, ${posts} posts, ${copies} copies; lost ${lost}, aside ${aside}, crashes ${crashes}, ` +
      `duplicates ${duplicates} (${(duplicates / Math.max(1, faults)).toFixed(2)} a fault; at most ${worst.duplicates}, by "${worst.fault}")`,
  );
  isGood &&= lost + aside + crashes === 0 && worst.duplicates <= DUPLICATES_A_FAULT;
}
await program.discard();
process.exit(isGood ? 0 : 1);
