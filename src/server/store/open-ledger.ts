/** The ledger of the store at a place. */
import { Ledger } from "./ledger.js";
import type { StorePlace } from "./open-store.js";
import { openPostgresEngine } from "./postgres-store.js";
import { openSqliteConnection } from "./sqlite-connection.js";

/** The ledger's statements are few and short. */
const LEDGER_CONNECTIONS = 2;

/** Opens the ledger at `place`, where the store was opened before. @throws the library's error */
export async function openLedger(place: StorePlace): Promise<Ledger> {
  return new Ledger(
    place.kind === "sqlite"
      ? openSqliteConnection(place.file)
      : openPostgresEngine(place.url, LEDGER_CONNECTIONS, place.patience),
  );
}
