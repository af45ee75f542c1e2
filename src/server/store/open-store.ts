/** Which store, as the operator configured it. */

import type { FullStore } from "./membership-store.js";
import { openPostgresStore } from "./postgres-store.js";
import { checkSqliteFile, openSqliteStore } from "./sqlite-store.js";

/** Where a server's memory is. */
export type StorePlace =
  | { readonly kind: "sqlite"; readonly file: string }
  /** `url`: `postgres://user@host/database`; `patience`: longest silence of the database, in milliseconds */
  | { readonly kind: "postgres"; readonly url: string; readonly patience?: number };

/** Opens the store at `place`. @throws TooNew, UnusableStore, or the library's error */
export async function openStore(place: StorePlace): Promise<FullStore> {
  return place.kind === "sqlite" ? openSqliteStore(place.file) : openPostgresStore(place.url, place.patience);
}

/** As {@link openStore}, after a look through the whole of it: for a server that is to run for a long time. @throws TooNew, UnusableStore */
export async function openCheckedStore(place: StorePlace): Promise<FullStore> {
  if (place.kind === "sqlite") checkSqliteFile(place.file);
  return openStore(place);
}
