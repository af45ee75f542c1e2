/**
 * A real PostgreSQL for one test file.
 *
 * Where the server is not installed the suite fails with the package to install, unless `LISTSEAL_MISSING` (names
 * separated by spaces or commas) admits that `postgresql` can't be had.
 */
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import { Postgres, postgresPrograms } from "./postgres-cluster.js";

/** A `describe` with a cluster, or one that says loudly why there is none. */
export function describeWithPostgres(name: string, suite: (cluster: () => Postgres) => void): void {
  const bin = postgresPrograms();
  if (bin !== undefined) {
    describe(name, () => {
      let running: Postgres | undefined;
      beforeAll(async () => {
        running = await Postgres.start(bin);
      });
      afterAll(() => running?.stop());
      suite(() => {
        if (running === undefined) throw new Error("PostgreSQL is not running");
        return running;
      });
    });
    return;
  }
  const { LISTSEAL_MISSING = "" } = process.env;
  if (LISTSEAL_MISSING.split(/[\s,]+/).includes("postgresql")) {
    console.warn(`NOT RUN: ${name} (install postgresql)`);
    describe.skip(`NOT RUN, install postgresql: ${name}`, () => {
      test("needs postgresql", () => undefined);
    });
    return;
  }
  describe(name, () => {
    test("needs postgresql", () => {
      throw new Error("install postgresql");
    });
  });
}
