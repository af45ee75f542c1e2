/** The store in the database that the operator configured. */
import { openPostgres } from "./postgres.js";
import { openSqlite } from "./sqlite.js";
import { checkSqliteFile } from "./sqlite-check.js";
import { type Store, storeIn } from "./store.js";

/** Where a server's memory is. */
export type StorePlace =
  | { readonly kind: "sqlite"; readonly file: string }
  /** `url`: `postgres://user@host/database`; `patience`: longest silence of the database, in milliseconds */
  | { readonly kind: "postgres"; readonly url: string; readonly patience?: number };

/** Opens the store at `place`, and makes or updates its tables if need be. @throws TooNew, UnusableStore, or the library's error */
export async function openStore(place: StorePlace): Promise<Store> {
  return place.kind === "sqlite"
    ? storeIn(openSqlite(place.file), "alone")
    : storeIn(await openPostgres(place.url, place.patience), "shared");
}

/** As {@link openStore}, after a look through the whole of it: for a server that is to run for a long time. @throws TooNew, UnusableStore */
export async function openCheckedStore(place: StorePlace): Promise<Store> {
  if (place.kind === "sqlite") await checkSqliteFile(place.file);
  return openStore(place);
}
