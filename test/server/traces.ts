/** What a server leaves where others may find it, as bytes; and the search for bytes in it, however a program writes them. */
import { readFile } from "node:fs/promises";
import pg from "pg";
import type { StorePlace } from "../../src/server/store/open-store.js";
import { base64Cores, filesUnder } from "../world/evidence.js";
import type { PlayServer } from "./play-server.js";

/** Some bytes that lie, or went, somewhere. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/** How bytes were found written. */
type Way = "raw" | "hex" | "base64";

/** Looks for secrets in `bytes`, which are written out in each way once: there are megabytes, and many secrets. */
function searchIn(bytes: Uint8Array): (secret: Uint8Array) => readonly Way[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = all.toString("latin1");
  const lower = text.toLowerCase();
  // folded lines and the alphabet of URLs, too
  const run = text.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  return (secret) => {
    if (secret.length < 16) throw new Error("too short to be looked for");
    const needle = Buffer.from(secret);
    const found: Way[] = all.includes(needle) ? ["raw"] : [];
    if (lower.includes(needle.toString("hex"))) found.push("hex");
    if (base64Cores(needle).some((core) => run.includes(core))) found.push("base64");
    return found;
  };
}

/** In which ways `secret` stands in `bytes`. @throws if it is so short that it could be found by accident */
export const waysIn = (bytes: Uint8Array, secret: Uint8Array): readonly Way[] => searchIn(bytes)(secret);

/** `NAME: WAY` for each place that holds some of `secrets`. */
export function tracesOf(secrets: readonly Uint8Array[], places: readonly Place[]): readonly string[] {
  return places.flatMap(({ name, bytes }) => {
    const search = searchIn(bytes);
    return secrets.flatMap((secret) => search(secret).map((way) => `${name}: ${way}`));
  });
}

/** The folder's files, the database wherever it is, the log, and every mail that left. */
export async function leftBehind(server: PlayServer, more: readonly Place[] = []): Promise<readonly Place[]> {
  const files = filesUnder(server.folder.path).map(async (name) => ({ name, bytes: await readFile(name) }));
  return [
    ...(await Promise.all(files)),
    ...(await tablesOf(server.place)),
    { name: "log", bytes: Buffer.from(server.logged.join("")) },
    ...server.sink.seen.map((bytes, index) => ({ name: `mail ${index}`, bytes })),
    ...more,
  ];
}

/** Every row of a database that is not a file in the folder. */
async function tablesOf(place: StorePlace): Promise<readonly Place[]> {
  if (place.kind === "sqlite") return [];
  const client = new pg.Client({ connectionString: place.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = current_schema()",
    );
    const tables: Place[] = [];
    for (const { name } of rows) {
      const { rows: entries } = await client.query<unknown[]>({
        text: `SELECT * FROM ${name}`,
        rowMode: "array",
      });
      const cells = entries.flat().map((cell) => (Buffer.isBuffer(cell) ? cell : Buffer.from(`${cell}\n`)));
      tables.push({ name: `table ${name}`, bytes: Buffer.concat(cells) });
    }
    return tables;
  } finally {
    await client.end();
  }
}
