/**
 * A scheduler for two requests that come at one moment: it forces every order of their transactions.
 *
 * Each method of a store is one transaction, and a gate is before each. The first request runs to its k-th gate and waits
 * there; the second runs to its end; the first goes on. With each of the two as the first, and every k, each transaction
 * of one stands before and after every transaction of the other: since a command changes things in one of them, and reads
 * in those before, there is no other order that could matter.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import Database from "better-sqlite3";
import pg from "pg";
import { RequestLimiter } from "../../src/server/in/rate-limits.js";
import { type Taken, takeRequest } from "../../src/server/in/requests/take-request.js";
import type { DataFolder } from "../../src/server/kept/data-folder.js";
import { Heads } from "../../src/server/kept/heads.js";
import type { Ledger } from "../../src/server/kept/ledger.js";
import { ListsInUse } from "../../src/server/kept/lists-in-use.js";
import { openLog } from "../../src/server/kept/log.js";
import type { FullStore } from "../../src/server/kept/membership-store.js";
import { openLedger } from "../../src/server/kept/open-ledger.js";
import { openStore, type StorePlace } from "../../src/server/kept/open-store.js";
import { readHere } from "./read-here.js";

/** Stops at the k-th gate, until it is let on. */
class Gate {
  readonly #stopAt: number;
  #passed = 0;
  #arrive: () => void = () => undefined;
  #letOn: () => void = () => undefined;
  /** Settles when the gate was reached. */
  readonly reached = new Promise<void>((resolve) => {
    this.#arrive = resolve;
  });
  readonly #open = new Promise<void>((resolve) => {
    this.#letOn = resolve;
  });

  constructor(stopAt: number) {
    this.#stopAt = stopAt;
  }

  letOn(): void {
    this.#letOn();
  }

  async pass(): Promise<void> {
    if (this.#passed++ !== this.#stopAt) return;
    this.#arrive();
    await this.#open;
  }
}

/** Its file has a lock: whoever waited at a gate inside would keep the other from ever coming to an end. */
class HeadsWithoutGates extends Heads {
  readonly #store: FullStore;

  constructor(file: string, store: FullStore) {
    super(file);
    this.#store = store;
  }

  override note(): Promise<readonly string[]> {
    return super.note(this.#store);
  }
}

/** `target` with `before` awaited before each call of a method. */
function gated<T extends object>(target: T, before: () => Promise<void>): T {
  return new Proxy(target, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      return async (...values: unknown[]) => {
        await before();
        return Reflect.apply(value, of, values);
      };
    },
  });
}

type Rows = readonly (readonly [string, readonly Record<string, unknown>[]])[];

/** The tables themselves, past the store: kept, put back, and compared. */
interface Tables {
  read(): Promise<Rows>;
  write(rows: Rows): Promise<void>;
  close(): Promise<void>;
}

function sqliteTables(file: string): Tables {
  const database = new Database(file, { timeout: 10_000 });
  database.pragma("foreign_keys = OFF");
  const names = database
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
  return {
    async read() {
      return names.map(
        (name) =>
          [name, database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`).all()] as const,
      );
    },
    async write(rows) {
      database
        .transaction(() => {
          for (const [name, all] of rows) {
            database.exec(`DELETE FROM ${name}`);
            for (const row of all) {
              const columns = Object.keys(row);
              const marks = columns.map(() => "?").join(", ");
              database
                .prepare(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`)
                .run(...Object.values(row));
            }
          }
        })
        .immediate();
    },
    async close() {
      database.close();
    },
  };
}

async function postgresTables(url: string): Promise<Tables> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  // the order of tables is nobody's business here
  await client.query("SET session_replication_role = replica");
  const { rows: found } = await client.query<{ table_name: string }>(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
  );
  const names = found.map(({ table_name: name }) => name);
  return {
    async read() {
      const all: [string, Record<string, unknown>[]][] = [];
      for (const name of names) {
        all.push([name, (await client.query<Record<string, unknown>>(`SELECT * FROM ${name}`)).rows]);
      }
      return all;
    },
    async write(rows) {
      await client.query("BEGIN");
      for (const [name, all] of rows) {
        await client.query(`DELETE FROM ${name}`);
        for (const row of all) {
          const columns = Object.keys(row);
          const marks = columns.map((_, index) => `$${index + 1}`).join(", ");
          await client.query(
            `INSERT INTO ${name} (${columns.join(", ")}) OVERRIDING SYSTEM VALUE VALUES (${marks})`,
            Object.values(row),
          );
        }
      }
      await client.query("COMMIT");
    },
    close: () => client.end(),
  };
}

/** What two requests came to: what became of each, and everything that is stored. */
export interface Outcome {
  readonly first: string;
  readonly second: string;
  readonly state: readonly string[];
}

/** What is not the same in two runs that came to the same: numbers that the database gives, and random octets. */
const ownNumbers: ReadonlySet<string> = new Set(["id", "telling_id", "mail", "hash", "previous"]);

const told = (value: unknown): unknown =>
  value instanceof Uint8Array ? createHash("sha256").update(value).digest("hex") : value;

/** Rows as text, without what only tells runs apart; members by their keys. */
function written(rows: Rows): readonly string[] {
  const members = rows.find(([name]) => name === "members")?.[1] ?? [];
  const known = new Map(members.map(({ id, fingerprint }) => [id, fingerprint]));
  const line = (row: Record<string, unknown>) =>
    Object.entries(row).flatMap(([key, value]) => {
      if (ownNumbers.has(key)) return [];
      return [[key, key === "member_id" ? (known.get(value) ?? value) : told(value)]];
    });
  return rows.flatMap(([name, all]) => all.map((row) => `${name} ${JSON.stringify(line(row))}`)).sort();
}

/** A request as it comes by mail. */
export type RawRequest = Uint8Array;

/** Two ways of a store to be wrong, for a twin: see `defenceless`. */
export type Twist = (store: FullStore) => FullStore;

export class Scheduler {
  readonly store: FullStore;
  readonly #ledger: Ledger;
  readonly #folder: DataFolder;
  readonly #tables: Tables;
  readonly #start: Rows;
  readonly #now: number;
  readonly #twist: Twist;

  private constructor(
    store: FullStore,
    ledger: Ledger,
    folder: DataFolder,
    tables: Tables,
    start: Rows,
    twist: Twist,
  ) {
    this.store = store;
    this.#ledger = ledger;
    this.#folder = folder;
    this.#tables = tables;
    this.#start = start;
    // one moment for all: what is stored then differs by the order alone
    this.#now = Date.now();
    this.#twist = twist;
  }

  /** On what is stored at `place` now: each schedule begins with that. */
  static async open(
    place: StorePlace,
    folder: DataFolder,
    twist: Twist = (store) => store,
  ): Promise<Scheduler> {
    const [store, ledger] = [await openStore(place), await openLedger(place)];
    const tables = place.kind === "sqlite" ? sqliteTables(place.file) : await postgresTables(place.url);
    return new Scheduler(store, ledger, folder, tables, await tables.read(), twist);
  }

  async close(): Promise<void> {
    await this.reset();
    await this.leave();
  }

  /** Leaves everything as it is now. */
  async leave(): Promise<void> {
    await this.#tables.close();
    await this.#ledger.close();
    await this.store.close();
  }

  /** Everything as it was. */
  async reset(): Promise<void> {
    await rm(this.#folder.heads, { force: true });
    await this.#tables.write(this.#start);
  }

  /** Takes one request, and nothing else: what is to be told of it waits. */
  take(raw: RawRequest): Promise<string> {
    return this.#take(raw, new Gate(Number.POSITIVE_INFINITY));
  }

  /** Takes a request as the reception does, with a gate before each transaction. */
  async #take(raw: RawRequest, gate: Gate): Promise<string> {
    const pass = () => gate.pass();
    const store = gated(this.#twist(this.store), pass);
    const list = (await this.store.lists())[0];
    if (list === undefined) throw new Error("no list");
    const parts = {
      store,
      ledger: gated(this.#ledger, pass),
      lists: new ListsInUse(store, this.#folder),
      heads: new HeadsWithoutGates(this.#folder.heads, this.store),
      log: openLog({ write: () => undefined }),
      requests: new RequestLimiter(),
      reader: readHere,
      now: () => this.#now,
      wake: () => undefined,
    };
    const taken: Taken = await takeRequest(parts, list, raw);
    return `${taken.kind} ${taken.code}`;
  }

  async #outcome(first: string, second: string): Promise<Outcome> {
    return { first, second, state: written(await this.#tables.read()) };
  }

  /** One after the other. */
  async inTurn(first: RawRequest, second: RawRequest): Promise<Outcome> {
    await this.reset();
    const one = await this.#take(first, new Gate(Number.POSITIVE_INFINITY));
    return this.#outcome(one, await this.#take(second, new Gate(Number.POSITIVE_INFINITY)));
  }

  /** `first` waits at its gate `stopAt` while `second` is taken. @returns undefined if it has no such gate */
  async #interrupted(first: RawRequest, second: RawRequest, stopAt: number): Promise<Outcome | undefined> {
    await this.reset();
    const gate = new Gate(stopAt);
    const running = this.#take(first, gate);
    const stopped = await Promise.race([gate.reached.then(() => true), running.then(() => false)]);
    if (!stopped) return undefined;
    const other = await this.#take(second, new Gate(Number.POSITIVE_INFINITY));
    gate.letOn();
    return this.#outcome(await running, other);
  }

  /**
   * Every order of the transactions of two requests.
   * @param afterEach looks at what one after the other, in either order, comes to
   * @returns those that came to something else than that; and how many orders there were
   */
  async everyOrder(
    one: RawRequest,
    other: RawRequest,
    afterEach: () => Promise<void> = async () => undefined,
  ): Promise<{ readonly wrong: readonly string[]; readonly count: number }> {
    const same = ({ first, second, state }: Outcome) => `${first}\n${second}\n${state.join("\n")}`;
    const turned = ({ first, second, state }: Outcome): Outcome => ({ first: second, second: first, state });
    const good = new Set([same(await this.inTurn(one, other))]);
    await afterEach();
    good.add(same(turned(await this.inTurn(other, one))));
    await afterEach();
    const wrong: string[] = [];
    let count = 2;
    for (const swapped of [false, true]) {
      const [first, second] = swapped ? [other, one] : [one, other];
      for (let stopAt = 0; ; stopAt++) {
        const outcome = await this.#interrupted(first, second, stopAt);
        if (outcome === undefined) break;
        count++;
        const { first: its, second: others, state } = swapped ? turned(outcome) : outcome;
        // a state that is one of the two was looked at
        if (good.has(same({ first: its, second: others, state }))) continue;
        wrong.push(`${swapped ? "second" : "first"} stopped at ${stopAt}: ${its}, ${others}`);
      }
    }
    return { wrong, count };
  }
}
