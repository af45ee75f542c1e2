/**
 * Connections to PostgreSQL, for which the network between is no promise: it may go silent (a firewall forgets a connection, a
 * machine vanishes), and the other end may go away at any moment (a restart, `pg_terminate_backend`), also between
 * two statements of ours.
 */
import pg from "pg";

/** How long to wait for the database, in milliseconds: to connect, and for a lock that another worker holds. */
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Longest silence of the database after a statement, in milliseconds. Stops connections that fell silent from holding
 * up delivery for ever. The database itself gives up what takes longer, so that nothing is done that nobody waits for.
 */
export const DATABASE_PATIENCE_MS = 30_000;

/** The same for bringing tables up to date, which may rewrite large ones. */
export const MIGRATION_PATIENCE_MS = 60 * 60_000;

/** A transaction of ours in which nothing happens is given up by the database after as long: our machine vanished. */
const IDLE_TRANSACTION_MS = 60_000;

/** Silence, in milliseconds, after which the system asks whether the other end still lives. */
const KEEPALIVE_MS = 15_000;

/** The connection ended or fell silent: what was asked may have been done or not. */
export class DatabaseLost extends Error {
  override readonly name = "DatabaseLost";
  readonly code = "DATABASE_LOST";
}

/** Whether the database itself said no; what else is thrown means that it may not even have heard. */
export const isAnswer = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;

/** As {@link DatabaseLost}, unless the database itself said no. */
export function lostOr(error: unknown): unknown {
  return isAnswer(error) ? error : new DatabaseLost("the database did not answer", { cause: error });
}

/** A pool of at most `connections`; nothing is connected yet. @param patience longest silence after a statement, in milliseconds */
export function openPool(url: string, connections: number, patience: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, patience),
    lock_timeout: patience > DATABASE_PATIENCE_MS ? patience : LOCK_TIMEOUT_MS,
    statement_timeout: patience,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    query_timeout: patience,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    types: { getTypeParser },
    // whatever the database's own setting: a commit is on disk when it is answered
    onConnect: (client) =>
      client.query(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')",
      ),
  });
  // an idle connection that breaks reports here; without a handler it ends the process. The next query finds out
  pool.on("error", () => undefined);
  // QUIRK: pg-pool listens to idle connections alone. One that breaks in a transaction, while we think about the next
  // statement, would end the process (seen 9 times in 190 terminations)
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Whole numbers of 64 bits are numbers here (ids, dates): all are far below 2^53. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  const standard = pg.types.getTypeParser(oid, format);
  return oid === pg.types.builtins.INT8 ? Number : standard;
}
