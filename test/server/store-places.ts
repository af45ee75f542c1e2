/** Where the stores of play servers are: in their folders, unless a suite says otherwise. Knows nothing of Jest. */
import type { DataFolder } from "../../src/server/base/data-folder.js";
import type { StorePlace } from "../../src/server/store/open-store.js";

/** A SQLite file in the server's folder: what every server has by default. */
export const inFolder = async (folder: DataFolder): Promise<StorePlace> => ({
  kind: "sqlite",
  file: folder.database,
});

let makePlace = inFolder;

/** The servers that follow have their stores where `make` says. */
export function useStore(make: (folder: DataFolder) => Promise<StorePlace>): void {
  makePlace = make;
}

/** A place for a new store. */
export function newPlace(folder: DataFolder): Promise<StorePlace> {
  return makePlace(folder);
}
