/** Runs a suite on every store that a server may have. */
import { afterAll, beforeAll, describe } from "@jest/globals";
import { describeWithPostgres } from "./postgres.js";
import { inFolder, useStore } from "./store-places.js";

/** `suite` once on SQLite and once on a real PostgreSQL. */
export function onEachStore(suite: () => void): void {
  describe("on SQLite", () => {
    beforeAll(() => useStore(inFolder));
    suite();
  });
  describeWithPostgres("on PostgreSQL", (cluster) => {
    beforeAll(() => useStore(async () => ({ kind: "postgres", url: await cluster().fresh() })));
    // what follows in the file is on a file again: the cluster is about to go
    afterAll(() => useStore(inFolder));
    suite();
  });
}
