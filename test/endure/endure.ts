/** Round after round: a post, and in the middle of its copies a fault that follows from a seed. */
import type { Postgres } from "../server/postgres-cluster.js";
import type { Built } from "../server/server-process.js";
import { chance } from "./chance.js";
import { LANES, MEMBERS, pause, type Tally, World } from "./world.js";

/** What goes wrong; it is over when it resolves. */
type Happening = (world: World, next: () => number) => Promise<void>;

/** `times`: how often a connection may be lost between the relay's word and the mark. */
interface Fault {
  readonly times: number;
  readonly happen: Happening;
}

const once = (happen: Happening): Fault => ({ times: 1, happen });
const often = (times: number, happen: Happening): Fault => ({ times, happen });

const short = (next: () => number, most: number) => pause(next() * most);

const everywhere: Readonly<Record<string, Fault>> = {
  kill: once((world) => world.kill()),
  "kill twice": often(2, async (world, next) => {
    await world.kill();
    await short(next, 500);
    await world.kill();
  }),
  stop: once((world) => world.stopInOrder()),
  "relay away": once(async (world, next) => {
    world.relay.cut();
    await world.sink.close();
    await short(next, 1_500);
    await world.sink.reopen();
  }),
  "relay cut": often(3, async (world, next) => {
    for (let cuts = 0; cuts < 3; cuts++) {
      world.relay.cut();
      await short(next, 100);
    }
  }),
  "relay refuses for now": once(async (world, next) => {
    const at = next() < 0.5 ? "rcpt" : "data";
    world.sink.mood = () => (next() < 0.4 ? { code: 451, text: "4.3.0 not now", at } : undefined);
    await short(next, 1_500);
    world.sink.mood = () => undefined;
  }),
  clock: once(async (world, next) => {
    // an hour ahead, right, an hour behind, right
    for (let swings = 0; swings < 4; swings++) {
      await world.setClock();
      await short(next, 400);
    }
  }),
};

const onPostgres: Readonly<Record<string, Fault>> = {
  "connections ended": often(3, async ({ database }, next) => {
    for (let times = 0; times < 3; times++) {
      await database?.cluster.terminateAll();
      await short(next, 150);
    }
  }),
  "database restarts": once(async ({ database }) => {
    await database?.cluster.crash();
  }),
  "database silent": once(async ({ database }, next) => {
    database?.wire.fallSilent();
    await short(next, 3_000);
    database?.wire.speak();
  }),
};

const onDisk: Readonly<Record<string, Fault>> = {
  "disk full": once(async (world, next) => {
    const makeRoom = await world.fillDisk();
    await short(next, 2_000);
    await makeRoom();
  }),
  "disk full, and killed": often(2, async (world, next) => {
    const makeRoom = await world.fillDisk();
    await short(next, 500);
    const again = world.kill();
    await short(next, 1_500);
    await makeRoom();
    await again;
  }),
};

/** How long nothing may come before a round goes on, and before the end is believed, in milliseconds. */
const ROUND_SILENCE_MS = 20_000;
const LAST_SILENCE_MS = 40_000;

export interface Outcome extends Tally {
  readonly rounds: number;
  readonly faults: number;
  /** The most duplicates of one fault. */
  readonly worst: { readonly duplicates: number; readonly fault: string };
}

export interface Wish {
  readonly program: Built;
  readonly seed: number;
  /** On PostgreSQL; on SQLite if absent. */
  readonly cluster?: Postgres;
  /** Whether another round is to be. */
  readonly goesOn: (round: number) => boolean;
  readonly say?: (line: string) => void;
}

/** Runs rounds on one store, and counts. */
export async function endure({
  program,
  seed,
  cluster,
  goesOn,
  say = () => undefined,
}: Wish): Promise<Outcome> {
  const world = await World.make(program, cluster);
  const next = chance(seed);
  const faults = {
    ...everywhere,
    ...(world.database === undefined ? {} : onPostgres),
    ...(world.hasDisk ? onDisk : {}),
  };
  if (world.database === undefined && !world.hasDisk)
    say("skipped the full disk: a tmpfs can't be mounted here");
  /** Each comes up before any comes up again. */
  let deck: (readonly [string, Fault])[] = [];
  const deal = (): readonly [string, Fault] => {
    if (deck.length === 0) deck = Object.entries(faults);
    const [card] = deck.splice(Math.floor(next() * deck.length), 1);
    return card ?? deal();
  };
  let worst = { duplicates: 0, fault: "" };
  let [round, faultCount] = [0, 0];
  try {
    for (; goesOn(round); round++) {
      const before = { arrived: world.arrived, duplicates: world.duplicates() };
      await world.post(`round ${round}`);
      const enough = before.arrived + Math.floor(next() * MEMBERS * 0.8);
      while (world.arrived < enough) await pause(2);
      const [fault, { times, happen }] = deal();
      const during = world.post(`during ${round}`);
      // behind, a server takes a good post for one from the future, and has to
      if (fault === "clock") await during;
      await happen(world, next);
      await during;
      await world.settle(ROUND_SILENCE_MS);
      const duplicates = world.duplicates() - before.duplicates;
      if (duplicates / times > worst.duplicates) worst = { duplicates: duplicates / times, fault };
      faultCount += times;
      say(`${round}: ${fault}, ${duplicates} twice${world.tally.crashes > 0 ? ", CRASHED" : ""}`);
    }
    const tally = await world.finish(LAST_SILENCE_MS);
    if (tally.lost + tally.aside + tally.crashes > 0) say(world.log());
    return { ...tally, rounds: round, faults: faultCount, worst };
  } finally {
    await world.discard();
  }
}

/** The most duplicates that one fault may make: the copies that are between the relay's word and the mark. */
export const DUPLICATES_A_FAULT = LANES;
