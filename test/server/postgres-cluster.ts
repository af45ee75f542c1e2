/** A real PostgreSQL: a cluster of its own in a temporary folder, on loopback, gone afterwards. Knows nothing of Jest. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort, LOOPBACK } from "../world/ports.js";

const DEBIAN = "/usr/lib/postgresql";

/** Debian keeps the programs of each version apart, outside PATH. */
export function postgresPrograms(): string | undefined {
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
  readonly #spawn: () => Promise<ChildProcess>;
  #server: ChildProcess;
  #schemas = 0;

  private constructor(
    folder: string,
    port: number,
    spawn: () => Promise<ChildProcess>,
    server: ChildProcess,
  ) {
    this.#folder = folder;
    this.#port = port;
    this.#spawn = spawn;
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
    const start = async (): Promise<ChildProcess> => {
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
      return server;
    };
    return new Postgres(folder, port, start, await start());
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

  /** Ends every connection but the one that asks. */
  async terminateAll(): Promise<void> {
    const client = new pg.Client({
      connectionString: `postgres://listseal@${LOOPBACK}:${this.#port}/postgres`,
    });
    await client.connect();
    await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
    );
    await client.end();
  }

  /** As a crash would: nothing is finished; it is there again when this resolves. */
  async crash(): Promise<void> {
    this.#server.kill("SIGQUIT");
    if (this.#server.exitCode === null) await once(this.#server, "exit");
    this.#server = await this.#spawn();
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
