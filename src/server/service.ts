/**
 * The running server, put together: store, keys, fronts, worker. Startable and drivable in one process with a test.
 */
import { type DataFolder, isInitialised } from "./data-folder.js";
import { type CopyOutcome, Delivery } from "./delivery.js";
import type { Ledger } from "./ledger.js";
import { BOUNCE_WINDOW_DAYS, DAY_MS } from "./limits.js";
import { ListsInUse } from "./lists-in-use.js";
import { codeForLog, type Log } from "./log.js";
import { openLedger } from "./open-ledger.js";
import { openCheckedStore, type StorePlace } from "./open-store.js";
import { openReception } from "./reception.js";
import type { RelayOptions } from "./relay.js";
import { takeServeLock } from "./serve-lock.js";
import { Budget, type Front, type FrontOptions, openFront } from "./smtp.js";
import { Standing } from "./standing.js";
import type { Store } from "./store.js";
import { openTokens } from "./tokens.js";

/** Connections to the relay at one time, unless configured otherwise: more made Postfix no faster (measured). */
export const DEFAULT_LANES = 8;

/** How often what has run out (replays, carried-out commands, bounces) is forgotten, in milliseconds. */
const FORGET_MS = 60 * 60_000;

export interface ServiceOptions {
  readonly folder: DataFolder;
  /** The SQLite file in the folder, unless it says otherwise. */
  readonly store?: StorePlace;
  readonly fronts: readonly FrontOptions[];
  readonly relay: RelayOptions;
  /** `https://lists.example/`: where one-click unsubscribing is reached from outside. */
  readonly publicUrl?: string;
  readonly log: Log;
  readonly lanes?: number;
  /** See {@link Delivery}; for tests. */
  readonly retryPauses?: readonly number[];
  readonly lease?: number;
  /** The wall clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** A server that runs. */
export interface Service {
  /** The fronts that listen, with the ports they got. */
  readonly fronts: readonly Front[];
  readonly store: Store;
  readonly ledger: Ledger;
  /** Says that a command of this process changed the queue. */
  wake(): void;
  /** Drains: takes no more mail, finishes what is on its way, leaves the rest in the queue. */
  stop(): Promise<void>;
}

/** The folder can't be served; the sentence is for the operator. */
export class NotInitialised extends Error {
  override readonly name = "NotInitialised";
}

/**
 * Starts a server on a data folder. It listens when this resolves.
 *
 * @throws NotInitialised, AlreadyServed, KeyFileError, or the system's error if it can't listen
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { folder, log } = options;
  if (!isInitialised(folder)) throw new NotInitialised(`${folder.path} holds no server: run init first`);
  const place = options.store ?? { kind: "sqlite", file: folder.database };
  const unlock = takeServeLock(folder.lock);
  const undo: (() => Promise<void> | void)[] = [unlock];
  try {
    const store = await openCheckedStore(place);
    undo.push(() => store.close());
    const lists = new ListsInUse(store, folder);
    await lists.checkKeys();
    // asked anew each time, so that a test's clock counts
    const now = options.now ?? (() => Date.now());
    // the lock is ours alone, so every claim is of a run that ended; in a shared store, the others' are left alone
    if (store.sharing === "alone") await store.releaseClaims(now());
    await store.forget(now());
    const ledger = await openLedger(place);
    undo.push(() => ledger.close());
    const tokens = await openTokens(folder.tokenSecret);
    const wake = () => delivery.wake();
    const standing = new Standing({ store, ledger, log, now, wake });
    const relay = () => options.relay;
    const delivery = new Delivery({
      store,
      ledger,
      lists,
      standing,
      stationery: { tokens, now, publicUrl: () => options.publicUrl },
      relay,
      tally: (outcome: CopyOutcome) => void outcome,
      log,
      lanes: options.lanes ?? DEFAULT_LANES,
      now,
      ...(options.retryPauses === undefined ? {} : { retryPauses: options.retryPauses }),
      ...(options.lease === undefined ? {} : { lease: options.lease }),
    });
    const handler = openReception({ store, ledger, lists, standing, tokens, relay, log, now, wake });
    const budget = new Budget();
    const fronts: Front[] = [];
    for (const front of options.fronts) {
      const open = await openFront(front, handler, budget, log);
      undo.push(() => open.close());
      fronts.push(open);
    }
    const sweep = setInterval(() => {
      store.forget(now()).catch((error: unknown) => log.error("not-forgotten", { code: codeForLog(error) }));
      ledger
        .forgetBounces(now() - BOUNCE_WINDOW_DAYS * DAY_MS)
        .catch((error: unknown) => log.error("not-forgotten", { code: codeForLog(error) }));
    }, FORGET_MS);
    undo.push(() => clearInterval(sweep));
    delivery.start();
    return {
      fronts,
      store,
      ledger,
      wake: () => delivery.wake(),
      async stop() {
        clearInterval(sweep);
        await Promise.all(fronts.map((front) => front.close()));
        await delivery.stop();
        await ledger.close();
        await store.close();
        unlock();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
