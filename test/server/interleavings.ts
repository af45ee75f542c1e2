/**
 * A scheduler for two requests, or a post and a request, that come at one moment: it forces every order of their transactions.
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
import { bouncesAddress, parseAddress } from "../../src/mail/mailbox.js";
import type { AdminContext } from "../../src/server/admin/administration.js";
import type { DataFolder } from "../../src/server/base/data-folder.js";
import { openLog } from "../../src/server/base/log.js";
import { RateLimiter, RequestLimiter } from "../../src/server/base/rate-limits.js";
import { RecipientGate as WayOut } from "../../src/server/delivery/gate.js";
import { openQueueHeaders } from "../../src/server/delivery/queue-header.js";
import { RecipientExpander } from "../../src/server/delivery/recipient-expander.js";
import { SuspensionReview } from "../../src/server/delivery/suspension.js";
import { MailmanMail } from "../../src/server/receive/from-mailman.js";
import { openReception } from "../../src/server/receive/router.js";
import { type RequestOutcome, takeRequest } from "../../src/server/request/take-request.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore, type StorePlace } from "../../src/server/store/open-store.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import type { Store } from "../../src/server/store/store.js";
import { openTokens } from "../../src/server/store/tokens.js";
import { sampleOf } from "../world/slow.js";
import { readOnce } from "./read-here.js";
import { Sink } from "./sink.js";

/** What an act passes before each of its transactions. */
interface Gates {
  pass(): Promise<void>;
}

/** Stops at the k-th gate, until it is let on. */
class Gate implements Gates {
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

const open: Gates = { pass: async () => undefined };

/** Stops nobody, and knows what there is to stop at. */
class Count implements Gates {
  /** How many gates there are. */
  passed = 0;
  /** The one behind which something changes first: what was verified has to be true still, there and not before. */
  deed: number | undefined;
  readonly #hasChanged: () => Promise<boolean>;

  constructor(hasChanged: () => Promise<boolean>) {
    this.#hasChanged = hasChanged;
  }

  async pass(): Promise<void> {
    await this.look();
    this.passed++;
  }

  /** Also at the end: a last transaction has no gate behind it. */
  async look(): Promise<void> {
    if (this.deed === undefined && this.passed > 0 && (await this.#hasChanged())) this.deed = this.passed - 1;
  }
}

/** Its file has a lock: whoever waited at a gate inside would keep the other from ever coming to an end. */
class HeadsWithoutGates extends Heads {
  readonly #store: Store;

  constructor(file: string, store: Store) {
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

/** The tables themselves, past the store: compared, and put back as they were when this was opened. */
interface Tables {
  read(): Promise<Rows>;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** Copies of all tables, which go with the connection. */
const keeping = (names: readonly string[]): string =>
  names.map((name) => `CREATE TEMP TABLE start_${name} AS SELECT * FROM ${name};`).join("\n");

/** Puts them back in one step: between two schedules there are a dozen tables, and hundreds of schedules. */
const puttingBack = (names: readonly string[], overriding = ""): string =>
  [
    "BEGIN;",
    ...names.map(
      (name) => `DELETE FROM ${name}; INSERT INTO ${name} ${overriding} SELECT * FROM start_${name};`,
    ),
    "COMMIT;",
  ].join("\n");

function sqliteTables(file: string): Tables {
  const database = new Database(file, { timeout: 10_000 });
  database.pragma("foreign_keys = OFF");
  database.pragma("temp_store = MEMORY");
  const names = database
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
  database.exec(keeping(names));
  const selects = names.map(
    (name) => [name, database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${name}`)] as const,
  );
  const back = puttingBack(names).replace("BEGIN", "BEGIN IMMEDIATE");
  return {
    async read() {
      return selects.map(([name, select]) => [name, select.all()] as const);
    },
    async reset() {
      database.exec(back);
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
  await client.query(keeping(names));
  const back = puttingBack(names, "OVERRIDING SYSTEM VALUE");
  return {
    async read() {
      // sent together, answered in turn
      const all = await Promise.all(
        names.map((name) => client.query<Record<string, unknown>>(`SELECT * FROM ${name}`)),
      );
      return names.map((name, index) => [name, all[index]?.rows ?? []] as const);
    },
    async reset() {
      await client.query(back);
    },
    close: () => client.end(),
  };
}

const isPost = (act: Act): boolean => !(act instanceof Uint8Array) && "post" in act;

/** What two acts came to: what became of each, and everything that is stored. */
export interface Outcome {
  readonly first: string;
  readonly second: string;
  readonly state: readonly string[];
}

/** What is not the same in two runs that came to the same: numbers that the database gives, and random octets. */
const ownNumbers: ReadonlySet<string> = new Set([
  "id",
  "telling_id",
  "notice_id",
  "post_id",
  "mail",
  "hash",
  "previous",
]);

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

/** Something that happens: a request, a post as it comes by mail, or a command of the operator's. */
export type Act =
  | RawRequest
  | { readonly post: Uint8Array; readonly way: "own" | "postfix" | "mailman" }
  | { readonly operator: (office: AdminContext) => Promise<void> };

/** Two ways of a store to be wrong, for a twin: see `defenceless`. */
export type Twist = (store: Store) => Store;

export class Scheduler {
  readonly store: Store;
  readonly #folder: DataFolder;
  readonly #tables: Tables;
  readonly #now: number;
  readonly #twist: Twist;
  readonly #startWritten: string;
  readonly #reader = readOnce();
  readonly #counted = new Map<Act, Promise<Count>>();
  /** Postfix's port of the post that came last. */
  #postfix: Sink | undefined;

  private constructor(store: Store, folder: DataFolder, tables: Tables, start: Rows, twist: Twist) {
    this.#startWritten = written(start).join();
    this.store = store;
    this.#folder = folder;
    this.#tables = tables;
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
    const store = await openStore(place);
    const tables = place.kind === "sqlite" ? sqliteTables(place.file) : await postgresTables(place.url);
    return new Scheduler(store, folder, tables, await tables.read(), twist);
  }

  async close(): Promise<void> {
    await this.reset();
    await this.leave();
  }

  /** Leaves everything as it is now. */
  async leave(): Promise<void> {
    await this.#tables.close();
    await this.store.close();
  }

  /** Everything as it was. */
  async reset(): Promise<void> {
    this.#postfix = undefined;
    await rm(this.#folder.heads, { force: true });
    await this.#tables.reset();
  }

  /** Takes one request, and nothing else: what is to be told of it waits. */
  take(act: Act): Promise<string> {
    return this.#take(act, open);
  }

  /** Takes it as the server does, with a gate before each transaction. */
  async #take(act: Act, gate: Gates): Promise<string> {
    const pass = () => gate.pass();
    const store = gated(this.#twist(this.store), pass);
    const list = (await this.store.lists())[0];
    if (list === undefined) throw new Error("no list");
    const parts = {
      store,
      lists: new ListsInUse(store, this.#folder),
      heads: new HeadsWithoutGates(this.#folder.heads, this.store),
      log: openLog({ write: () => undefined }),
      requests: new RequestLimiter(),
      reader: this.#reader,
      now: () => this.#now,
      wake: () => undefined,
    };
    if (act instanceof Uint8Array) {
      const taken: RequestOutcome = await takeRequest(parts, list, act);
      return `${taken.kind} ${taken.code}`;
    }
    if ("operator" in act) {
      await act.operator({ store, folder: this.#folder, now: parts.now });
      return "done";
    }
    if (act.way === "mailman") {
      const sender = bouncesAddress(parseAddress(list.address));
      const received = Buffer.from("Received: by mail.people.test\r\n");
      return (await new MailmanMail(parts).read(sender, Buffer.concat([received, act.post]))).kind;
    }
    // Postfix's port: what it has got counts, whatever the server remembers of it
    const postfix = await Sink.open();
    this.#postfix = postfix;
    const relay = { protocol: "smtp", host: "127.0.0.1", port: postfix.port, tls: "none" } as const;
    const reception = openReception({
      ...parts,
      ...(act.way === "own"
        ? {}
        : { exploder: new RecipientExpander(store, await openQueueHeaders(this.#folder), relay) }),
      limiter: new RateLimiter(() => ({ author: 10, list: 10 })),
      standing: new SuspensionReview(parts),
      gate: new WayOut(parts),
      tokens: await openTokens(this.#folder.tokenSecret),
      relay: () => relay,
      hasRoom: async () => true,
      tally: () => undefined,
      publicUrl: () => undefined,
    });
    try {
      const { code } = await reception.take(list.address, "somebody@people.test", act.post);
      return `${code}, Postfix has ${postfix.caught.length}`;
    } finally {
      await postfix.close();
    }
  }

  async #outcome(first: string, second: string): Promise<Outcome> {
    return { first, second, state: written(await this.#tables.read()) };
  }

  /** One after the other. */
  async inTurn(first: Act, second: Act): Promise<Outcome> {
    await this.reset();
    const one = await this.#take(first, open);
    return this.#outcome(one, await this.#take(second, open));
  }

  /** Whether what is stored has changed, or a post has left. */
  async #hasChanged(): Promise<boolean> {
    if ((this.#postfix?.caught.length ?? 0) > 0) return true;
    return written(await this.#tables.read()).join() !== this.#startWritten;
  }

  /** The gates of an act that comes first: they are the same whatever comes then. */
  #gatesOf(act: Act): Promise<Count> {
    const counting = async () => {
      await this.reset();
      const count = new Count(() => this.#hasChanged());
      await this.#take(act, count);
      await count.look();
      return count;
    };
    const counted = this.#counted.get(act) ?? counting();
    this.#counted.set(act, counted);
    return counted;
  }

  /**
   * `first` waits at its gate `stopAt` while `second` is taken. @returns undefined if it has no such gate; `isDone`: what it
   * is about had been done by then
   */
  async #interrupted(
    first: Act,
    second: Act,
    stopAt: number,
  ): Promise<(Outcome & { readonly isDone: boolean }) | undefined> {
    await this.reset();
    const gate = new Gate(stopAt);
    const running = this.#take(first, gate);
    const stopped = await Promise.race([gate.reached.then(() => true), running.then(() => false)]);
    if (!stopped) return undefined;
    const isDone = await this.#hasChanged();
    const other = await this.#take(second, open);
    gate.letOn();
    return { ...(await this.#outcome(await running, other)), isDone };
  }

  /**
   * Every order of the transactions of two acts; in the quick run a sample of them. A post that was not taken when the other act was
   * carried out must come to what it comes to afterwards: nothing in the database would tell the difference.
   * @param name of the pair
   * @param afterEach looks at what one after the other, in either order, comes to
   * @returns those that came to something else than that; and how many orders there are
   */
  async everyOrder(
    name: string,
    one: Act,
    other: Act,
    afterEach: () => Promise<void> = async () => undefined,
  ): Promise<{ readonly wrong: readonly string[]; readonly count: number }> {
    const inTurn = same(await this.inTurn(one, other));
    await afterEach();
    const turnedAround = same(turned(await this.inTurn(other, one)));
    await afterEach();
    const wrong: string[] = [];
    const stops = await this.#stops(one, other);
    for (const { swapped, stopAt } of sampleOf(name, stops, ({ isKind }) => isKind)) {
      const [first, second] = swapped ? [other, one] : [one, other];
      const outcome = await this.#interrupted(first, second, stopAt);
      if (outcome === undefined) throw new Error(`there is no gate ${stopAt} any more`);
      const { first: its, second: others, state } = swapped ? turned(outcome) : outcome;
      const came = same({ first: its, second: others, state });
      // a state that is one of the two was looked at
      if (came === (swapped ? inTurn : turnedAround)) continue;
      const mayBeFirst = outcome.isDone || !isPost(first);
      if (mayBeFirst && came === (swapped ? turnedAround : inTurn)) continue;
      wrong.push(`${swapped ? "second" : "first"} stopped at ${stopAt}: ${its}, ${others}`);
    }
    return { wrong, count: 2 + stops.length };
  }

  /** Where either of two acts can be stopped for the other. `isKind`: both ends, and just before it changes anything. */
  async #stops(one: Act, other: Act) {
    const of = async (act: Act, swapped: boolean) => {
      const { passed, deed } = await this.#gatesOf(act);
      return Array.from({ length: passed }, (_, stopAt) => ({
        swapped,
        stopAt,
        isKind: [0, deed, passed - 1].includes(stopAt),
      }));
    };
    return [...(await of(one, false)), ...(await of(other, true))];
  }
}

const same = ({ first, second, state }: Outcome): string => `${first}\n${second}\n${state.join("\n")}`;
const turned = ({ first, second, state }: Outcome): Outcome => ({ first: second, second: first, state });
