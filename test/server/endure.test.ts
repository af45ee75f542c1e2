/** Bad days by chance, from a fixed seed: each kind of fault once on each database. `npm run endure` goes on for as long as one likes. */
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { DUPLICATES_A_FAULT, endure } from "../endure/endure.js";
import { describeWithPostgres } from "./postgres.js";
import { type Built, build } from "./server-process.js";

jest.setTimeout(600_000);

const SEED = 20_261_129;
/** So many kinds of fault there are on one database. */
const ROUNDS = 10;

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

const asWanted = { rounds: ROUNDS, posts: 2 * ROUNDS, lost: 0, aside: 0, crashes: 0 };
const goesOn = (round: number) => round < ROUNDS;

test("on SQLite: nothing lost, nothing set aside, no crash, at most one duplicate a connection and fault", async () => {
  const said: string[] = [];
  const outcome = await endure({ program, seed: SEED, goesOn, say: (line) => said.push(line) });
  expect({ ...outcome, said }).toMatchObject(asWanted);
  expect(outcome.worst.duplicates).toBeLessThanOrEqual(DUPLICATES_A_FAULT);
});

describeWithPostgres("on PostgreSQL", (cluster) => {
  test("nothing lost, nothing set aside, no crash, at most one duplicate a connection and fault", async () => {
    const said: string[] = [];
    const outcome = await endure({
      program,
      seed: SEED,
      goesOn,
      cluster: cluster(),
      say: (line) => said.push(line),
    });
    expect({ ...outcome, said }).toMatchObject(asWanted);
    expect(outcome.worst.duplicates).toBeLessThanOrEqual(DUPLICATES_A_FAULT);
  });
});
