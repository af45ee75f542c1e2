import { join } from "node:path";
import { type SearchResult, searchBytes, searchMemory, searchPaths } from "../world/evidence.js";
import type { World } from "../world/world.js";

/** Where a marker was looked for, and how much was looked at. */
export interface Looked {
  /** Places with the marker: source and encoding. */
  readonly places: readonly string[];
  readonly bytes: number;
}

/** What `report.json` counts. */
export type Place = "wire" | "server" | "imap";

const shorten = (world: World, source: string) => source.replaceAll(`${world.folder}/`, "");

function looked(world: World, results: readonly SearchResult[]): Looked {
  return {
    places: results.flatMap(({ findings }) =>
      findings.map(({ source, encoding }) => `${shorten(world, source)} (${encoding})`),
    ),
    bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Every byte of every wire, both directions. */
export function searchWires(world: World, marker: string): Looked {
  return looked(world, [searchPaths([world.recorder.folder], marker)]);
}

/** The list server's folder (database, keys, logs), and Postfix's (queue, logs). */
export function searchServers(world: World, marker: string): Looked {
  return looked(world, [searchPaths([...world.listServerPaths(), world.postfix.folder], marker)]);
}

/** The IMAP store of everybody, Drafts included, with Dovecot's indexes and logs. */
export function searchImap(world: World, marker: string): Looked {
  return looked(world, [searchPaths([join(world.folder, "dovecot")], marker)]);
}

/** A core dump of the list server as it runs. */
export async function searchServerMemory(world: World, marker: string): Promise<Looked> {
  return looked(world, [await searchMemory(world.listServer.pid, world.folder, marker)]);
}

/** Which wires carry a marker, by their names: for the control mail, which must be found. */
export function wiresWith(world: World, marker: string): readonly string[] {
  const names = world.recorder
    .since()
    .filter(({ bytes, recording }) => searchBytes(recording.wire, bytes, marker).length > 0)
    .map(({ recording }) => recording.wire);
  return [...new Set(names)];
}
