/**
 * The running server, put together: store, keys, fronts, worker. Startable and drivable in one process with a test.
 */
import { type DataFolder, isInitialised } from "./data-folder.js";
import { Delivery } from "./delivery.js";
import { ListsInUse } from "./lists-in-use.js";
import { codeForLog, type Log } from "./log.js";
import { takeCommand } from "./moderation.js";
import { openCheckedStore, type StorePlace } from "./open-store.js";
import { acceptPost } from "./post.js";
import type { RelayOptions } from "./relay.js";
import {
  noSuchAddress,
  notFromMachines,
  notReady,
  notSealed,
  queued,
  type Reply,
  refused,
  tooBusy,
} from "./reply.js";
import { takeServeLock } from "./serve-lock.js";
import { Budget, type Front, type FrontOptions, type Handler, openFront } from "./smtp.js";
import type { Store } from "./store.js";

/** Connections to the relay at one time, unless configured otherwise: more made Postfix no faster (measured). */
export const DEFAULT_LANES = 8;

/** How often what has run out (replays, carried-out commands) is forgotten, in milliseconds. */
const FORGET_MS = 60 * 60_000;

export interface ServiceOptions {
  readonly folder: DataFolder;
  /** The SQLite file in the folder, unless it says otherwise. */
  readonly store?: StorePlace;
  readonly fronts: readonly FrontOptions[];
  readonly relay: RelayOptions;
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
  const unlock = takeServeLock(folder.lock);
  const undo: (() => Promise<void> | void)[] = [unlock];
  try {
    const store = await openCheckedStore(options.store ?? { kind: "sqlite", file: folder.database });
    undo.push(() => store.close());
    const lists = new ListsInUse(store, folder);
    await lists.checkKeys();
    const now = options.now ?? Date.now;
    // the lock is ours alone, so every claim is of a run that ended; in a shared store, the others' are left alone
    if (store.sharing === "alone") await store.releaseClaims(now());
    await store.forget(now());
    const delivery = new Delivery({
      store,
      lists,
      relay: options.relay,
      log,
      lanes: options.lanes ?? DEFAULT_LANES,
      now,
      ...(options.retryPauses === undefined ? {} : { retryPauses: options.retryPauses }),
      ...(options.lease === undefined ? {} : { lease: options.lease }),
    });
    const handler = handlerFor(store, lists, () => delivery.wake(), log, now);
    const budget = new Budget();
    const fronts: Front[] = [];
    for (const front of options.fronts) {
      const open = await openFront(front, handler, budget, log);
      undo.push(() => open.close());
      fronts.push(open);
    }
    const sweep = setInterval(() => {
      store.forget(now()).catch((error: unknown) => log.error("not-forgotten", { code: codeForLog(error) }));
    }, FORGET_MS);
    undo.push(() => clearInterval(sweep));
    delivery.start();
    return {
      fronts,
      store,
      wake: () => delivery.wake(),
      async stop() {
        clearInterval(sweep);
        await Promise.all(fronts.map((front) => front.close()));
        await delivery.stop();
        await store.close();
        unlock();
      },
    };
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/** What the fronts ask: is this address ours, and take this mail. */
function handlerFor(store: Store, lists: ListsInUse, wake: () => void, log: Log, now: () => number): Handler {
  return {
    async isOurs(text) {
      return (await lists.recipient(text)).kind !== "unknown";
    },
    async take(text, sender, raw): Promise<Reply> {
      const recipient = await lists.recipient(text);
      if (recipient.kind === "unknown") return noSuchAddress;
      const { address } = recipient.list;
      if (recipient.kind === "bounces") {
        // a report is taken, so that no report about a report is made, and only counted
        log.warn("bounce-received", { list: address, bytes: raw.length });
        return queued;
      }
      // the empty sender is a report's (RFC 5321, 4.5.5); it belongs to the bounce address
      if (sender === "") return notFromMachines;
      const list = await lists.open(recipient.list);
      if (list === undefined) return notReady;
      if (recipient.kind === "request") {
        const outcome = await takeCommand(store, list, raw, now());
        if (outcome.kind === "no-command" || outcome.kind === "refused") {
          const code = outcome.kind === "refused" ? outcome.code : outcome.kind;
          log.warn("command-refused", { list: address, code });
          return refused;
        }
        const { kind, verdict, postId, copies } = outcome;
        log.info(`command-${verdict}`, { list: address, post: postId, code: kind, copies });
        wake();
        return queued;
      }
      const outcome = await acceptPost(store, list, { raw, at: now() });
      switch (outcome.kind) {
        case "queued":
          log.info("post-queued", {
            list: address,
            post: outcome.postId,
            copies: outcome.copies,
            bytes: raw.length,
          });
          wake();
          return queued;
        case "held":
          log.info("post-held", { list: address, post: outcome.postId, copies: outcome.copies });
          wake();
          return queued;
        case "repeat":
          log.info("post-repeated", { list: address });
          return queued;
        case "too-many-held":
          log.warn("post-delayed", { list: address, code: outcome.kind });
          return tooBusy;
        case "not-sealed":
          log.info("post-not-sealed", { list: address });
          return notSealed;
        case "refused":
          log.warn("post-refused", { list: address, code: outcome.code });
          if (outcome.notified) wake();
          return refused;
      }
    },
  };
}
