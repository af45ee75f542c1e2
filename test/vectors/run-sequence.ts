/** Gives the posts of a sequence to a server with its store, or to a reader with its memory, one after the other. */
import "../extension/web-locks.js";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../src/openpgp/digest.js";
import { ListSealError, openAtServer, sealingHalf } from "../../src/protocol/index.js";
import { openStore } from "../../src/server/store/open-store.js";
import type { List, Store } from "../../src/server/store/store.js";
import { serverContext } from "../protocol/people.js";
import { LIST, NOW, type VectorCast } from "./cast.js";
import { castOf, openForReader, originOf } from "./open-vector.js";
import type { Sequence, Step } from "./sequence-format.js";

/** What comes of each step. */
export function runSequence(sequence: Sequence): Promise<readonly string[]> {
  return sequence.role === "server" ? atServer(sequence) : byReader(sequence);
}

async function coded(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ListSealError) return error.code;
    throw error;
  }
}

async function atServer({ profile, steps }: Sequence): Promise<readonly string[]> {
  const cast = await castOf({ profile });
  const folder = mkdtempSync(join(tmpdir(), "listseal-sequence-"));
  const store = await openStore({ kind: "sqlite", file: join(folder, "store") });
  try {
    const list = await store.createList(
      {
        address: LIST,
        name: "Team",
        mode: "key",
        delivery: "resealed",
        profile,
        serverKeyFile: "server",
        serverFingerprint: cast.serverKey.fingerprint,
        serverCertificate: new Uint8Array(),
      },
      undefined,
      [],
      NOW.getTime(),
    );
    const outcomes: string[] = [];
    for (const step of steps) outcomes.push(await coded(() => accept(store, list, cast, step)));
    return outcomes;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function accept(store: Store, list: List, cast: VectorCast, { from, sealed }: Step): Promise<string> {
  const sealDigest = await sha256(sealed.mode === "key" ? sealed.key : sealed.message);
  if (await store.knowsSeal(list.id, sealDigest)) return "repeat";
  const author = sealingHalf(cast[from]);
  const opened = await openAtServer(sealed, { ...serverContext(cast), author, now: NOW });
  const queued = await store.queuePost({
    listId: list.id,
    raw: new Uint8Array(),
    accepted: NOW.getTime(),
    messageId: opened.messageId,
    signer: opened.by,
    keyPacketDigest: opened.keyPacketDigest,
    dataPacketDigest: opened.dataPacketDigest,
    sealDigest,
    keptUntil: NOW.getTime() + 1,
    author: { kind: "non-member", name: from, certificate: new Uint8Array() },
    warrant: {
      list,
      signedAt: opened.signedAt.getTime(),
      by: { kind: "non-member", address: `${from}@example.test` },
    },
  });
  return queued.kind === "queued" ? "accepted" : queued.kind;
}

/** What the add-on keeps on a computer, in memory. */
function memory() {
  const values = new Map<string, unknown>();
  return {
    get: async (name: string) => (values.has(name) ? { [name]: structuredClone(values.get(name)) } : {}),
    set: async (more: Readonly<Record<string, unknown>>) => {
      for (const [name, value] of Object.entries(more)) values.set(name, structuredClone(value));
    },
    remove: async (name: string) => void values.delete(name),
  };
}

async function byReader({ profile, steps }: Sequence): Promise<readonly string[]> {
  // the library that speaks to the host program looks for it when it is loaded; in Jest it is another's stand-in
  const host = { runtime: { id: "vectors" }, storage: { local: memory() } };
  for (const name of ["chrome", "browser"]) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value: host, configurable: true });
  }
  const { rememberPost } = await import("../../src/extension/records/storage.js");
  // each on a list of its own, since they share a memory, and so do the copies of this file that each mutation has
  const list = crypto.randomUUID();
  const outcomes: string[] = [];
  for (const { sealed } of steps) {
    outcomes.push(
      await coded(async () => {
        const opened = await openForReader({ role: "member", profile }, sealed);
        if (opened.kind === "not-for-me") return opened.kind;
        const { passage, author, messageId, dataPacketDigest } = opened;
        const cameThroughList = "roster" in passage;
        const before = await rememberPost({ list, author, messageId, dataPacketDigest, cameThroughList });
        return before === "reused" && passage.via !== "own-copy" ? "shown-before" : originOf(opened);
      }),
    );
  }
  return outcomes;
}
