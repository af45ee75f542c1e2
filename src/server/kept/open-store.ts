/** Which database, as the operator configured it, and what is opened in it. */
import { Ledger } from "./ledger.js";
import { connectToPostgres, openPostgres } from "./postgres.js";
import { checkSqliteFile, connectToSqlite, openSqlite } from "./sqlite.js";
import { type Store, storeIn } from "./store.js";

/** Where a server's memory is. */
export type StorePlace =
  | { readonly kind: "sqlite"; readonly file: string }
  /** `url`: `postgres://user@host/database`; `patience`: longest silence of the database, in milliseconds */
  | { readonly kind: "postgres"; readonly url: string; readonly patience?: number };

/** The ledger's statements are few and short. */
const LEDGER_CONNECTIONS = 2;

/** Opens the store at `place`, and makes or updates its tables if need be. @throws TooNew, UnusableStore, or the library's error */
export async function openStore(place: StorePlace): Promise<Store> {
  return place.kind === "sqlite"
    ? storeIn(openSqlite(place.file), "alone")
    : storeIn(await openPostgres(place.url, place.patience), "shared");
}

/** As {@link openStore}, after a look through the whole of it: for a server that is to run for a long time. @throws TooNew, UnusableStore */
export async function openCheckedStore(place: StorePlace): Promise<Store> {
  if (place.kind === "sqlite") checkSqliteFile(place.file);
  return openStore(place);
}

/** Opens the ledger at `place`, where the store was opened before. @throws the library's error */
export async function openLedger(place: StorePlace): Promise<Ledger> {
  return new Ledger(
    place.kind === "sqlite"
      ? connectToSqlite(place.file)
      : connectToPostgres(place.url, LEDGER_CONNECTIONS, place.patience),
  );
}
