/** Runs a suite on every store that a server may have. */
import { beforeAll, describe } from "@jest/globals";
import type { DataFolder } from "../../src/server/data-folder.js";
import type { StorePlace } from "../../src/server/open-store.js";
import { describeWithPostgres } from "./postgres.js";

const inFolder = async (folder: DataFolder): Promise<StorePlace> => ({
  kind: "sqlite",
  file: folder.database,
});

let makePlace = inFolder;

/** The tests that follow have their stores where `make` says. */
export function useStore(make: (folder: DataFolder) => Promise<StorePlace>): void {
  makePlace = make;
}

/** A place for a new store, of the kind that the suite is run on. */
export function newPlace(folder: DataFolder): Promise<StorePlace> {
  return makePlace(folder);
}

/** `suite` once on SQLite and once on a real PostgreSQL. */
export function onEachStore(suite: () => void): void {
  describe("on SQLite", () => {
    beforeAll(() => useStore(inFolder));
    suite();
  });
  describeWithPostgres("on PostgreSQL", (cluster) => {
    beforeAll(() => useStore(async () => ({ kind: "postgres", url: await cluster().fresh() })));
    suite();
  });
}
