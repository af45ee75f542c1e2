/**
 * The code of a thing that a library or the system threw (`SQLITE_FULL`, `ECONNREFUSED`, `55P03`), or undefined if it has none.
 *
 * Never asks for its class. QUIRK: the native part of better-sqlite3 keeps the error class of whoever loaded it first in this
 * process, so `instanceof SqliteError` is false for a second load (seen with version 12 in a Jest worker's second test file).
 */
export function codeOfThrown(thrown: unknown): string | undefined {
  return typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}
