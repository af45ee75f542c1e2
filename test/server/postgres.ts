/**
 * A real PostgreSQL for one test file: a cluster of its own in a temporary folder, on loopback, gone afterwards.
 *
 * Where the server is not installed the suite fails with the package to install, unless `LISTSEAL_MISSING` (names
 * separated by spaces or commas) admits that `postgresql` can't be had.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, test } from "@jest/globals";
import pg from "pg";
import { freePort, LOOPBACK } from "../world/ports.js";

const DEBIAN = "/usr/lib/postgresql";

/** Debian keeps the programs of each version apart, outside PATH. */
function programs(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  return versions
    .map((version) => join(DEBIAN, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
}

/** A running cluster. */
export class Postgres {
  readonly #folder: string;
  readonly #port: number;
  readonly #server: ChildProcess;
  #schemas = 0;

  private constructor(folder: string, port: number, server: ChildProcess) {
    this.#folder = folder;
    this.#port = port;
    this.#server = server;
  }

  static async start(bin: string): Promise<Postgres> {
    const folder = await mkdtemp(join(tmpdir(), "listseal-pg-"));
    const account = await unprivileged();
    if (account !== undefined) await chown(folder, account.uid, account.gid);
    const data = join(folder, "data");
    const options = { ...account, cwd: folder, env: { LC_ALL: "C.UTF-8" } };
    await promisify(execFile)(
      join(bin, "initdb"),
      ["--pgdata", data, "--username", "listseal", "--auth", "trust", "--no-sync"],
      options,
    );
    const port = await freePort();
    const settings = {
      port,
      listen_addresses: LOOPBACK,
      unix_socket_directories: folder,
      max_connections: 60,
      shared_buffers: "16MB",
      // the tests kill servers of ours, never the database's: nothing has to reach a disk
      fsync: "off",
      full_page_writes: "off",
      synchronous_commit: "off",
      autovacuum: "off",
    };
    const server = spawn(
      join(bin, "postgres"),
      ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      { ...options, stdio: ["ignore", "ignore", "pipe"] },
    );
    process.once("exit", () => server.kill("SIGQUIT"));
    await new Promise<void>((resolve, reject) => {
      server.stderr.on("data", (chunk: Buffer) => {
        if (chunk.includes("ready to accept connections")) resolve();
      });
      server.once("exit", () => reject(new Error("PostgreSQL did not start")));
    });
    return new Postgres(folder, port, server);
  }

  /** Address of a database in which nothing is yet. */
  async fresh(): Promise<string> {
    const url = `postgres://listseal@${LOOPBACK}:${this.#port}/postgres`;
    const schema = `play${++this.#schemas}`;
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.end();
    return `${url}?options=${encodeURIComponent(`-c search_path=${schema}`)}`;
  }

  async stop(): Promise<void> {
    // "fast": ends open connections
    this.#server.kill("SIGINT");
    if (this.#server.exitCode === null) await once(this.#server, "exit");
    await rm(this.#folder, { recursive: true });
  }
}

/** PostgreSQL refuses to run as root; its package makes a user. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const users = await readFile("/etc/passwd", "utf8");
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  if (uid === undefined) throw new Error("there is no user postgres");
  return { uid: Number(uid), gid: Number(gid) };
}

/** A `describe` with a cluster, or one that says loudly why there is none. */
export function describeWithPostgres(name: string, suite: (cluster: () => Postgres) => void): void {
  const bin = programs();
  if (bin !== undefined) {
    describe(name, () => {
      let running: Postgres | undefined;
      beforeAll(async () => {
        running = await Postgres.start(bin);
      });
      afterAll(() => running?.stop());
      suite(() => {
        if (running === undefined) throw new Error("PostgreSQL is not running");
        return running;
      });
    });
    return;
  }
  const { LISTSEAL_MISSING = "" } = process.env;
  if (LISTSEAL_MISSING.split(/[\s,]+/).includes("postgresql")) {
    console.warn(`NOT RUN: ${name} (install postgresql)`);
    describe.skip(`NOT RUN, install postgresql: ${name}`, () => {
      test("needs postgresql", () => undefined);
    });
    return;
  }
  describe(name, () => {
    test("needs postgresql", () => {
      throw new Error("install postgresql");
    });
  });
}
