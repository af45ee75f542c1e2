/** The protocol's benchmarks: the server's work a member, and sealing and opening. */
import { makePeerWorld } from "../peers.js";
import type { Row } from "../row.js";
import { resealRows } from "./reseal.js";
import { sealAndOpenRows } from "./seal-and-open.js";

export async function rows(): Promise<readonly Row[]> {
  const world = makePeerWorld();
  try {
    return [...(await resealRows(world)), ...(await sealAndOpenRows(world))];
  } finally {
    world.close();
  }
}
