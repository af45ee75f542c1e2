/**
 * The protocol's benchmarks, in parts: the server's work a member, sealing and opening, and AES-CFB as browsers have it beside
 * OpenSSL's.
 */
import { createDecipheriv } from "node:crypto";
import { cfbRows, measureCfb } from "../cfb.js";
import { type Parts, rowsOfParts } from "../parts.js";
import { makePeerWorld, type PeerWorld } from "../peers.js";
import type { Options, Row } from "../row.js";
import { resealRows } from "./reseal.js";
import { sealAndOpenRows } from "./seal-and-open.js";

async function withPeers(rowsIn: (world: PeerWorld) => Promise<readonly Row[]>): Promise<readonly Row[]> {
  const world = makePeerWorld();
  try {
    return await rowsIn(world);
  } finally {
    world.close();
  }
}

const openssl = {
  name: "OpenSSL",
  run: (sealed: Uint8Array, key: Uint8Array) =>
    createDecipheriv("aes-256-cfb", key, new Uint8Array(16)).update(sealed),
};

const parts: Parts = {
  reseal: () => withPeers(resealRows),
  "seal-and-open": () => withPeers(sealAndOpenRows),
  cfb: async () => cfbRows("Node", await measureCfb([openssl])),
};

export const rows = (options: Options): Promise<readonly Row[]> => rowsOfParts(parts, options);
