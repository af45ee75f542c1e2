/**
 * The running server, put together: store, keys, fronts, worker. Startable and drivable in one process with a test.
 */

import { leaveByLink, memberOfLink } from "../in/leaving.js";
import { RateLimiter, type RateLimits, RequestLimiter } from "../in/rate-limits.js";
import { keptPostsIn } from "../in/reading/kept-posts.js";
import { ThreadReader } from "../in/reading/reader.js";
import { openReception } from "../in/reception.js";
import { Teller } from "../in/requests/telling.js";
import { Budget, type Front, type FrontOptions, openFront } from "../in/smtp.js";
import { type DataFolder, isInitialised } from "../kept/data-folder.js";
import { freeSpace, keepReserve } from "../kept/disk.js";
import { Heads } from "../kept/heads.js";
import type { RenewalPlan } from "../kept/key-renewal.js";
import {
  BOUNCE_WINDOW_DAYS,
  DAY_MS,
  DISK_LOOK_MS,
  LITTLE_ROOM_BYTES,
  NOTE_HEADS_MS,
  ROOM_FOR_A_MAIL,
} from "../kept/limits.js";
import { ListsInUse } from "../kept/lists-in-use.js";
import { codeForLog, type Log } from "../kept/log.js";
import { dropUnusedSecrets } from "../kept/member-secrets.js";
import { openCheckedStore, type StorePlace } from "../kept/open-store.js";
import { takeServeLock } from "../kept/serve-lock.js";
import type { Store } from "../kept/store.js";
import { openTokens } from "../kept/tokens.js";
import { Delivery, type DeliveryOptions } from "../out/delivery.js";
import { Exploder } from "../out/explode.js";
import { Gate } from "../out/gate.js";
import { connectToRelay, type RelayOptions } from "../out/relay.js";
import { openSlips } from "../out/slip.js";
import { Standing } from "../out/standing.js";
import type { Endpoint } from "./endpoints.js";
import { openMetrics } from "./metrics.js";
import { deleteOldServerKeys } from "./new-server-key.js";
import { checkKeys, putBack } from "./putting-back.js";
import { renewAll } from "./renewal.js";
import { answersWithin, SILENT_MS, STUCK_MS, silenceOf } from "./vigil.js";
import { openPublicDoor, openVitalsDoor, type Unsubscribing, type WebDoor, type WebTls } from "./web.js";

/** Connections to the relay at one time, unless configured otherwise: more made Postfix no faster (measured). */
export const DEFAULT_LANES = 8;

/** How often what has run out (replays, carried-out commands, bounces) is forgotten, in milliseconds. */
const FORGET_MS = 60 * 60_000;

/** What may be changed while the server runs (SIGHUP). */
export interface LiveOptions {
  readonly relay: RelayOptions;
  /** `https://lists.example/`: where one-click unsubscribing is reached from outside. */
  readonly publicUrl?: string;
  /** Posts an hour; no limit if absent. */
  readonly limits?: RateLimits;
}

export interface ServiceOptions extends LiveOptions, Pick<DeliveryOptions, "retryPauses" | "lease"> {
  readonly folder: DataFolder;
  /** The SQLite file in the folder, unless it says otherwise. */
  readonly store?: StorePlace;
  readonly fronts: readonly FrontOptions[];
  /** The public door, for one-click unsubscribing. */
  readonly web?: Endpoint & { readonly tls?: WebTls };
  /** Postfix's port for posts that it is to queue for each member (explode.ts); the store's own queue if absent. */
  readonly explode?: RelayOptions;
  /** The operator's door: health and metrics. */
  readonly vitals?: Endpoint;
  readonly log: Log;
  readonly lanes?: number;
  /** Server keys get new encryption subkeys by this plan; never if absent. */
  readonly renewal?: RenewalPlan;
  /** Free bytes on the data folder's disk; for tests. */
  readonly freeSpace?: () => Promise<number>;
  /** The clock; for tests. */
  readonly now?: () => number;
}

/** A server that runs. */
export interface Service {
  /** The fronts that listen, with the ports they got. */
  readonly fronts: readonly Front[];
  readonly web?: WebDoor;
  readonly vitals?: WebDoor;
  readonly store: Store;
  /** Says that a command of this process changed the queue. */
  wake(): void;
  /** Goes on with other settings; what is on its way is not disturbed. */
  reload(live: LiveOptions): void;
  /** True once nothing goes on any more, for a reason that only a new start may end. */
  isStuck(): boolean;
  /** Decides what the copies that came back mean for members' standing; it does so by itself every hour. */
  review(): Promise<void>;
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
  /** What is to be undone, the last first, when the server stops or can't start. */
  const undo: (() => Promise<void> | void)[] = [takeServeLock(folder.lock)];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const room = options.freeSpace ?? (() => freeSpace(folder));
  const lookAtDisk = async () => {
    const done = await keepReserve(folder, await room());
    if (done === "given-away") log.error("disk-full");
  };
  /** What a full disk, or a database that is away for a moment, must not keep from starting. */
  const tried = async (what: string, work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => log.error(what, { code: codeForLog(error) }));
  };
  try {
    // before anything is opened: also a database that is only read needs some room beside it
    await tried("disk-not-looked-at", lookAtDisk);
    const store = await openCheckedStore(place);
    undo.push(() => store.close());
    const lists = new ListsInUse(store, folder);
    // asked anew each time, so that a test's clock counts
    const now = options.now ?? (() => Date.now());
    // the lock is ours alone, so every claim is of a run that ended; in a shared store, the others' are left alone
    if (store.sharing === "alone") await tried("claims-not-released", () => store.releaseClaims(now()));
    await tried("not-forgotten", async () => {
      await store.forget(now());
      await dropUnusedSecrets(folder, store, now());
    });
    const reader = await ThreadReader.open(folder.notAgain, now);
    undo.push(() => reader.close());
    const heads = new Heads(folder.heads);
    const note = async () => {
      await noteHeads(heads, store, log);
      await putBack({ store, heads, folder, log });
    };
    await note();
    // what came since the last look: a backup may be put back while the server is stopped
    undo.push(() => tried("heads-not-noted", () => heads.note(store)));
    await checkKeys({ store, heads, lists, log });

    let live: LiveOptions = options;
    const relay = () => live.relay;
    const tokens = await openTokens(folder.tokenSecret);
    const teller = new Teller({ store, lists, log, now, told: () => delivery.wake() });
    // once whoever says so has answered and let go of the mail: it isn't in memory twice then
    const wake = () => {
      setImmediate(() => {
        delivery.wake();
        teller.wake();
      });
    };
    const gate = new Gate({ store, heads });
    const standing = new Standing({ store, log, now, wake });
    const metrics = openMetrics({
      store,
      pausedLists: async () => (await heads.paused()).size,
      freeSpace: room,
      relayAnswers: () => relayAnswers(live.relay),
      now,
    });
    const delivery = new Delivery({
      store,
      lists,
      opener: keptPostsIn(reader),
      standing,
      gate,
      stationery: { tokens, now, publicUrl: () => live.publicUrl },
      relay,
      tally: (outcome) => metrics.copy(outcome),
      log,
      lanes: options.lanes ?? DEFAULT_LANES,
      now,
      ...(options.retryPauses === undefined ? {} : { retryPauses: options.retryPauses }),
      ...(options.lease === undefined ? {} : { lease: options.lease }),
    });
    const limiter = new RateLimiter(() => live.limits ?? { author: Infinity, list: Infinity });
    const tally = metrics.mail.bind(metrics);
    const requests = new RequestLimiter();
    const shared = { store, lists, standing, gate, tokens, relay, log, requests, now, wake };
    const { explode } = options;
    const exploder = explode && new Exploder(store, await openSlips(folder), explode);
    const hasRoom = async (bytes: number) => (await room()) >= LITTLE_ROOM_BYTES + ROOM_FOR_A_MAIL * bytes;
    const handler = openReception({
      ...shared,
      heads,
      hasRoom,
      reader,
      limiter,
      tally,
      ...(exploder && { exploder }),
    });

    let ended: Promise<void> | undefined;
    const endDelivery = () => (ended ??= delivery.stop());
    undo.push(endDelivery);
    undo.push(() => teller.stop());
    const budget = new Budget();
    const fronts: Front[] = [];
    for (const front of options.fronts) {
      const open = await openFront(front, handler, budget, log);
      undo.push(() => open.close());
      fronts.push(open);
    }
    const { web: webAt, vitals: vitalsAt } = options;
    const unsubscribing: Unsubscribing = {
      async isGood(listId, token) {
        const list = await store.listById(listId);
        return list !== undefined && (await memberOfLink(shared, list, token)) !== undefined;
      },
      async leave(listId, token) {
        const list = await store.listById(listId);
        if (list === undefined || (await heads.paused()).has(list.address)) return "unknown";
        return leaveByLink(shared, list, token);
      },
    };
    const web = webAt && (await openPublicDoor(webAt, webAt.tls, unsubscribing, log));
    if (web !== undefined) undo.push(() => web.close());
    const silence = () => silenceOf(store);
    const readiness = async () => {
      if (silence() > SILENT_MS || !(await answersWithin(SILENT_MS, store.probe())))
        return "the database is silent";
      const paused = [...(await heads.paused())];
      return paused.length === 0 ? undefined : `waiting for the owner of ${paused.join(", ")}`;
    };
    const vitals =
      vitalsAt && (await openVitalsDoor(vitalsAt, { readiness, metrics: () => metrics.text() }, log));
    if (vitals !== undefined) undo.push(() => vitals.close());

    const every = (ms: number, what: string, work: () => Promise<unknown>) => {
      const timer = setInterval(() => {
        work().catch((error: unknown) => log.error(what, { code: codeForLog(error) }));
      }, ms);
      undo.push(() => clearInterval(timer));
    };
    every(FORGET_MS, "not-forgotten", async () => {
      await store.forget(now());
      await standing.review();
      await store.forgetBounces(now() - BOUNCE_WINDOW_DAYS * DAY_MS);
      await dropUnusedSecrets(folder, store, now());
      for (const list of await store.lists()) await deleteOldServerKeys({ store, folder, now }, list);
    });
    const { renewal } = options;
    if (renewal !== undefined) {
      const renew = () => renewAll({ folder, store, lists, log, now }, renewal);
      await renew();
      every(FORGET_MS, "keys-not-renewed", renew);
    }
    every(DISK_LOOK_MS, "disk-not-looked-at", lookAtDisk);
    every(NOTE_HEADS_MS, "heads-not-noted", note);
    delivery.start();
    teller.start();
    // first of all, and waited for later: no further copy is begun while the doors close
    undo.push(() => {
      endDelivery().catch(() => undefined);
    });
    return {
      fronts,
      ...(web === undefined ? {} : { web }),
      ...(vitals === undefined ? {} : { vitals }),
      store,
      wake,
      isStuck: () => silence() > STUCK_MS,
      review: () => standing.review(),
      reload(next) {
        live = next;
        wake();
      },
      stop: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Asked when metrics are: what the worker found last may be long ago. */
async function relayAnswers(relay: RelayOptions): Promise<boolean> {
  try {
    return await answersWithin(
      SILENT_MS,
      connectToRelay(relay).then((connection) => connection.close()),
    );
  } catch {
    return false;
  }
}

/** Notes the newest entries of the records; what waits for members of a list that is behind them is set aside. */
async function noteHeads(heads: Heads, store: Store, log: Log): Promise<void> {
  for (const address of await heads.note(store)) {
    const list = await store.listByAddress(address);
    if (list === undefined) continue;
    const since = (await heads.pausedSince(address)) ?? Date.now();
    log.error("list-paused", {
      list: address,
      copies: await store.setListAside(list.id, "restored", since),
    });
  }
}
