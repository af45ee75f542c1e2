/**
 * A server that bad days happen to: a process of its own, a real database, a relay behind a wire, a disk that can be
 * filled, and a clock that can be set. What happens is told from outside; the world keeps count of what it did to copies.
 */
import { execFile } from "node:child_process";
import { rm, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openStore, type StorePlace } from "../../src/server/store/open-store.js";
import { submit } from "../server/dialogue.js";
import { addCrowd } from "../server/many-members.js";
import { type Person, type PlayList, PlayServer, person, seal } from "../server/play-server.js";
import type { Postgres } from "../server/postgres-cluster.js";
import { type Built, ServerProcess } from "../server/server-process.js";
import { QuietWire } from "../server/silent-proxy.js";
import { useStore } from "../server/store-places.js";

export const MEMBERS = 25;
export const LANES = 4;
/** Short, so that what a killed worker held is soon another's. */
const LEASE_MS = 4_000;
/** Longest silence of the database that the server waits out. */
const PATIENCE_MS = 2_000;
/** Of the disk that is filled. */
const DISK = "48m";
const HOUR_MS = 60 * 60_000;

/** What came of a run. */
export interface Tally {
  posts: number;
  copies: number;
  lost: number;
  duplicates: number;
  aside: number;
  crashes: number;
}

export class World {
  readonly tally: Tally = { posts: 0, copies: 0, lost: 0, duplicates: 0, aside: 0, crashes: 0 };
  readonly sink: PlayServer["sink"];
  /** Database wires are for PostgreSQL alone, a disk for SQLite alone. */
  readonly database: { readonly cluster: Postgres; readonly wire: QuietWire } | undefined;
  readonly relay: QuietWire;
  readonly #program: Built;
  readonly #server: PlayServer;
  readonly #list: PlayList;
  readonly #alice: Person;
  readonly #disk: string | undefined;
  #process: ServerProcess | undefined;
  /** That its end now is ours. */
  #isEnding = false;
  /** Message ids of posts that were taken. */
  readonly #taken: string[] = [];

  private constructor(parts: {
    program: Built;
    server: PlayServer;
    relay: QuietWire;
    list: PlayList;
    alice: Person;
    database: World["database"];
    disk: string | undefined;
  }) {
    this.#program = parts.program;
    this.#server = parts.server;
    this.sink = parts.server.sink;
    this.relay = parts.relay;
    this.#list = parts.list;
    this.#alice = parts.alice;
    this.database = parts.database;
    this.#disk = parts.disk;
  }

  /** @param cluster on PostgreSQL; on SQLite if absent */
  static async make(program: Built, cluster?: Postgres): Promise<World> {
    let database: World["database"];
    if (cluster !== undefined) {
      const url = new URL(await cluster.fresh());
      const wire = await QuietWire.open(Number(url.port));
      database = { cluster, wire };
      url.port = String(wire.port);
      useStore(async () => ({ kind: "postgres", url: url.href, patience: PATIENCE_MS }));
    }
    let disk: string | undefined;
    if (cluster === undefined) {
      useStore(async (folder): Promise<StorePlace> => {
        disk = (await mountDisk(folder.path)) ? folder.path : undefined;
        return { kind: "sqlite", file: folder.database };
      });
    }
    const server = await PlayServer.make();
    const list = await server.createList("team@lists.test");
    const alice = await person("Alice");
    await server.join(list, alice);
    await server.office((office) => addCrowd(office, list, MEMBERS - 1));
    const relay = await QuietWire.open(server.sink.port);
    const world = new World({ program, server, relay, list, alice, database, disk });
    await world.start();
    return world;
  }

  /** Whether there is a disk that can be filled. */
  get hasDisk(): boolean {
    return this.#disk !== undefined;
  }

  async start(): Promise<void> {
    this.#isEnding = false;
    const started = await ServerProcess.start(this.#program, {
      folder: this.#server.folder.path,
      place: this.#server.place,
      relayPort: this.relay.port,
      lanes: LANES,
      lease: LEASE_MS,
      retryPauses: Array.from({ length: 1_000 }, () => 200),
      clockSwings: [HOUR_MS, 0, -HOUR_MS, 0],
      stopPatience: 10_000,
    });
    this.#process = started;
    started.ended.then(() => {
      if (this.#process !== started || this.#isEnding) return;
      this.tally.crashes++;
      console.error(`the server ended by itself:\n${started.logged().slice(-2_000)}`);
    });
  }

  /** Starts it again; more than once if what it stands on is not well yet. */
  async startAgain(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.start();
      } catch (error) {
        if (tries === 20) throw error;
        await pause(250);
      }
    }
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.#process?.kill();
    await this.startAgain();
  }

  async stopInOrder(): Promise<void> {
    this.#isEnding = true;
    this.#process?.child.kill("SIGTERM");
    await this.#process?.ended;
    await this.startAgain();
  }

  async setClock(): Promise<void> {
    await this.#process?.setClock();
  }

  /** Fills the disk to the last block; gives it back. */
  async fillDisk(): Promise<() => Promise<void>> {
    if (this.#disk === undefined) throw new Error("no disk of its own");
    const filler = join(this.#disk, "filler");
    const { bavail, bsize } = await statfs(this.#disk);
    await writeFile(filler, Buffer.alloc(bavail * bsize)).catch(() => undefined);
    return () => rm(filler, { force: true });
  }

  /** Posts, as a mail system does: the same mail again until it is taken. */
  async post(text: string): Promise<void> {
    const { raw, messageId } = await seal(this.#list, this.#alice, { text });
    for (;;) {
      const code = await this.#say(raw);
      if (code === 250) break;
      if (code >= 500) throw new Error(`a good post was refused: ${code}`);
      await pause(100);
    }
    this.tally.posts++;
    this.#taken.push(messageId);
  }

  async #say(raw: Uint8Array): Promise<number> {
    const port = this.#process?.port ?? 0;
    const { address: sender } = this.#alice;
    const answer = submit(port, { sender, recipient: this.#list.address, raw }).then(
      ({ code }) => code,
      () => 421,
    );
    // a server that was killed while we talked to it says nothing any more
    return Promise.race([answer, pause(15_000).then(() => 421)]);
  }

  /** Copies that are here, of posts that were taken. */
  get arrived(): number {
    return this.sink.caught.length;
  }

  /** Resolves when everybody has everything, or nothing more came for `ms`. */
  async settle(ms: number): Promise<void> {
    let [last, count] = [Date.now(), this.arrived];
    while (this.#missing() > 0) {
      await pause(20);
      if (this.arrived !== count) [last, count] = [Date.now(), this.arrived];
      if (Date.now() - last > ms) return;
    }
  }

  /** Copies beyond the first, of posts that were taken. */
  duplicates(): number {
    return [...this.#counts().values()].reduce((sum, count) => sum + count - 1, 0);
  }

  async asideNow(): Promise<number> {
    const store = await openStore(this.#server.place);
    try {
      return (await store.queueCounts()).aside;
    } finally {
      await store.close();
    }
  }

  /** The last word: what is still missing is lost. */
  async finish(ms: number): Promise<Tally> {
    await this.settle(ms);
    this.tally.lost = this.#missing();
    this.tally.copies = this.arrived;
    this.tally.duplicates = this.duplicates();
    this.tally.aside = await this.asideNow();
    return this.tally;
  }

  /** The last lines of the server's log. */
  log(): string {
    return this.#process?.logged().slice(-3_000) ?? "";
  }

  async discard(): Promise<void> {
    this.#isEnding = true;
    await this.#process?.kill();
    await this.relay.close();
    await this.database?.wire.close();
    await this.sink.close();
    if (this.#disk !== undefined) await promisify(execFile)("umount", [this.#disk]);
    await rm(this.#server.folder.path, { recursive: true, force: true });
  }

  #missing(): number {
    return this.#taken.length * MEMBERS - this.#counts().size;
  }

  /** How often each member has each post. */
  #counts(): ReadonlyMap<string, number> {
    const taken = new Set(this.#taken);
    const counts = new Map<string, number>();
    for (const { raw, recipient } of this.sink.caught) {
      const id = /^Message-ID:\s+(<[^>]+>)/im.exec(raw.toString("latin1", 0, 4_000))?.[1] ?? "";
      if (!taken.has(id)) continue;
      const key = `${id} ${recipient}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A small disk of its own over a folder that is empty yet; false where this user may not. */
async function mountDisk(folder: string): Promise<boolean> {
  try {
    await promisify(execFile)("mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=0700`, "tmpfs", folder]);
  } catch {
    return false;
  }
  for (const name of ["keys", "certificates"])
    await promisify(execFile)("mkdir", ["-m", "0700", join(folder, name)]);
  return true;
}
