/**
 * The running server, put together: store, keys, fronts, worker. Startable and drivable in one process with a test.
 */
import { checkKeys, putBack } from "../admin/after-restore.js";
import { deleteOldServerKeys, renewAll } from "../admin/new-server-key.js";
import { type DataFolder, isInitialised, NotInitialised } from "../base/data-folder.js";
import { freeSpace, keepReserve } from "../base/disk-space.js";
import { takeServeLock } from "../base/file-lock.js";
import {
  BOUNCE_WINDOW_DAYS,
  DAY_MS,
  DISK_LOOK_MS,
  LITTLE_ROOM_BYTES,
  LOOK_AT_DELIVERIES_MS,
  NOTE_HEADS_MS,
  ROOM_FOR_A_MAIL,
} from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import { RateLimiter, type RateLimits, RequestLimiter } from "../base/rate-limits.js";
import type { Endpoint } from "../delivery/endpoints.js";
import { RecipientGate } from "../delivery/gate.js";
import { openQueueHeaders } from "../delivery/queue-header.js";
import { RecipientExpander } from "../delivery/recipient-expander.js";
import { connectToRelay, type RelayOptions } from "../delivery/relay.js";
import { SuspensionReview } from "../delivery/suspension.js";
import { type DeliveryOptions, DeliveryWorker } from "../delivery/worker.js";
import { keptPostsIn } from "../parse/kept-posts.js";
import { ThreadReader } from "../parse/reader.js";
import { openReception } from "../receive/router.js";
import { MemoryBudget, openFront, type SmtpListener, type SmtpListenerOptions } from "../receive/smtp.js";
import { languageOfLink, leaveByLink, memberOfLink } from "../receive/unsubscribe.js";
import { tellAuthors } from "../request/deliveries.js";
import { OwnerNotifier } from "../request/tell-owners.js";
import type { RenewalPlan } from "../store/key-renewal.js";
import { ListsInUse } from "../store/lists-in-use.js";
import { dropUnusedSecrets } from "../store/member-secrets.js";
import { openCheckedStore, type StorePlace } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import type { Store } from "../store/store.js";
import { openTokens } from "../store/tokens.js";
import { answersWithin, SILENT_MS, STUCK_MS, silenceOf } from "./database-watch.js";
import { openMetrics } from "./metrics.js";
import {
  type HttpServer,
  openPublicDoor,
  openVitalsDoor,
  type UnsubscribeHandler,
  type WebTls,
} from "./web.js";

/**
 * Connections to the relay at one time, unless configured otherwise. Those that are answered at one moment share a commit and a
 * question to the gate, and while one waits for the disk others send; after a crash one copy a connection may go out twice.
 */
export const DEFAULT_LANES = 16;

/** How often what has run out (replays, carried-out commands, bounces) is forgotten, in milliseconds. */
const FORGET_MS = 60 * 60_000;

/** What may be changed while the server runs (SIGHUP). */
export interface ReloadableOptions {
  readonly relay: RelayOptions;
  /** `https://lists.example/`: where one-click unsubscribing is reached from outside. */
  readonly publicUrl?: string;
  /** Posts an hour; no limit if absent. */
  readonly limits?: RateLimits;
  /** Renewed certificates of what listens. What began without one goes on without. */
  readonly renewed?: { readonly smtp?: WebTls; readonly lmtp?: WebTls; readonly web?: WebTls };
}

export interface ServiceOptions extends ReloadableOptions, Pick<DeliveryOptions, "retryPauses" | "lease"> {
  readonly folder: DataFolder;
  /** The SQLite file in the folder, unless it says otherwise. */
  readonly store?: StorePlace;
  readonly fronts: readonly SmtpListenerOptions[];
  /** The public door, for one-click unsubscribing. */
  readonly web?: Endpoint & { readonly tls?: WebTls };
  /** Postfix's port for posts that it is to queue for each member (recipient-expander.ts); the store's own queue if absent. */
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
  readonly fronts: readonly SmtpListener[];
  readonly web?: HttpServer;
  readonly vitals?: HttpServer;
  readonly store: Store;
  /** Says that a command of this process changed the queue. */
  wake(): void;
  /** Goes on with other settings; what is on its way is not disturbed. */
  reload(live: ReloadableOptions): void;
  /** True once nothing goes on any more, for a reason that only a new start may end. */
  isStuck(): boolean;
  /** Decides what the copies that came back mean for members' standing; it does so by itself every hour. */
  review(): Promise<void>;
  /** Drains: takes no more mail, finishes what is on its way, leaves the rest in the queue. */
  stop(): Promise<void>;
}

/**
 * Starts a server on a data folder. It listens when this resolves.
 *
 * @throws NotInitialised, AlreadyServed, KeyFileError, or the system's error if it can't listen
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { folder, log } = options;
  if (!isInitialised(folder))
    throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
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
    await tried("disk-check-failed", lookAtDisk);
    const store = await openCheckedStore(place);
    undo.push(() => store.close());
    const lists = new ListsInUse(store, folder);
    // asked again each time, so that a test's clock counts
    const now = options.now ?? (() => Date.now());
    // the lock is ours alone, so every claim is of a run that ended; in a shared store, the others' are left alone
    if (store.sharing === "alone") await tried("claim-release-failed", () => store.releaseClaims(now()));
    await tried("cleanup-failed", async () => {
      await store.queueLateNotices(now());
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
    undo.push(() => tried("heads-save-failed", () => heads.note(store)));
    await checkKeys({ store, heads, lists, log });

    let live: ReloadableOptions = options;
    const relay = () => live.relay;
    const tokens = await openTokens(folder.tokenSecret);
    const teller = new OwnerNotifier({ store, lists, log, now, told: () => delivery.wake() });
    // once whoever says so has answered and let go of the mail: it isn't in memory twice then
    const wake = () => {
      setImmediate(() => {
        delivery.wake();
        teller.wake();
      });
    };
    const gate = new RecipientGate({ store, heads });
    const standing = new SuspensionReview({ store, log, now, wake });
    const metrics = openMetrics({
      store,
      pausedLists: async () => (await heads.paused()).size,
      freeSpace: room,
      relayAnswers: () => relayAnswers(live.relay),
      now,
    });
    const delivery = new DeliveryWorker({
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
    const exploder = explode && new RecipientExpander(store, await openQueueHeaders(folder), explode);
    const hasRoom = async (bytes: number) => (await room()) >= LITTLE_ROOM_BYTES + ROOM_FOR_A_MAIL * bytes;
    const handler = openReception({
      ...shared,
      heads,
      hasRoom,
      reader,
      limiter,
      tally,
      publicUrl: () => live.publicUrl,
      ...(exploder && { exploder }),
    });

    let ended: Promise<void> | undefined;
    const endDelivery = () => (ended ??= delivery.stop());
    undo.push(endDelivery);
    undo.push(() => teller.stop());
    const budget = new MemoryBudget();
    const fronts: SmtpListener[] = [];
    for (const front of options.fronts) {
      const open = await openFront(front, handler, budget, log);
      undo.push(() => open.close());
      fronts.push(open);
    }
    const { web: webAt, vitals: vitalsAt } = options;
    const unsubscribing: UnsubscribeHandler = {
      async look(listId, token) {
        const list = await store.listById(listId);
        if (list === undefined) return { result: "unknown" };
        const member = await memberOfLink(shared, list, token);
        const language = await languageOfLink(shared, list, token);
        return { result: member === undefined ? "unknown" : "good", ...language };
      },
      async leave(listId, token) {
        const list = await store.listById(listId);
        if (list === undefined) return { result: "unknown" };
        const isPaused = (await heads.paused()).has(list.address);
        const result = isPaused ? "unknown" : await leaveByLink(shared, list, token);
        return { result, ...(await languageOfLink(shared, list, token)) };
      },
    };
    const web = webAt && (await openPublicDoor(webAt, webAt.tls, unsubscribing, log));
    if (web !== undefined) undo.push(() => web.close());
    const silence = () => silenceOf(store);
    const readiness = async () => {
      if (silence() > SILENT_MS || !(await answersWithin(SILENT_MS, store.probe())))
        return "the database does not answer";
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
    every(FORGET_MS, "late-notices-failed", async () => {
      await store.queueLateNotices(now());
      wake();
    });
    every(FORGET_MS, "cleanup-failed", async () => {
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
      every(FORGET_MS, "key-renewal-failed", renew);
    }
    every(LOOK_AT_DELIVERIES_MS, "answer-failed", () => tellAuthors({ store, lists, log, now, wake }));
    every(DISK_LOOK_MS, "disk-check-failed", lookAtDisk);
    every(NOTE_HEADS_MS, "heads-save-failed", note);
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
        const { renewed = {} } = next;
        for (const front of fronts) {
          const tls = renewed[front.protocol];
          const had = options.fronts.some(
            ({ protocol, tls: first }) => protocol === front.protocol && first !== undefined,
          );
          if (tls !== undefined && had) front.renew(tls);
        }
        if (renewed.web !== undefined) web?.renew(renewed.web);
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
