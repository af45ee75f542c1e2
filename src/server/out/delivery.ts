/**
 * The worker that empties the queue: claim -> look the member up -> reseal -> hand to the relay -> mark done.
 *
 * - A job names a post and a member, nothing more. The copy is made when the job runs, for the roster of that moment:
 *   somebody removed after a post was accepted gets nothing.
 * - An attempt is registered (by the claim) before it is made, and a lane ends no mail before the one before it is marked
 *   done: after a crash at most one copy a connection goes out twice, never fewer than all go out once. Until a mail's last
 *   line the relay can't have taken it, so all of it but that line is sent while the mark is on its way to the disk.
 * - A post that can't be opened, or a member who can't be sealed for, is set aside. The rest goes on.
 * - Several lanes, each with a connection of its own; a relay that is not there makes them all wait, and costs no job
 *   an attempt.
 * - Several workers may share a store. A claim is a lease: it is renewed while its jobs wait their turn here, and a job
 *   whose lease ran out (the machine slept, the database was away) is not sent, since another worker may have it.
 */

import { ListSealError } from "../../protocol/errors.js";
import type { Ledger } from "../kept/ledger.js";
import {
  CLAIM_BATCH,
  CLAIM_LEASE_MS,
  LEASE_RENEWALS,
  MAX_RELAY_PAUSE_MS,
  POLL_MS,
  RELAY_PAUSE_MS,
  RETRY_PAUSES_MS,
} from "../kept/limits.js";
import type { ListsInUse } from "../kept/lists-in-use.js";
import { codeForLog, type Log } from "../kept/log.js";
import type { CopyJob, Job, Member, NoticeJob, Store } from "../kept/store.js";
import { judge } from "./bounce-verdict.js";
import { CopyMaker, type PreparedPost, type Stationery } from "./copies.js";
import { Finished } from "./finished.js";
import { writeNotice } from "./notice.js";
import { PreparedPosts } from "./prepared-posts.js";
import {
  connectToRelay,
  type Handover,
  type OutgoingMail,
  type RelayConnection,
  type RelayOptions,
} from "./relay.js";
import { relayFault } from "./relay-fault.js";
import type { Standing } from "./standing.js";

/** What the worker works with. */
export interface DeliveryOptions {
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly ledger: Ledger;
  readonly standing: Standing;
  readonly stationery: Stationery;
  /** Asked before each connection: it may be changed while the server runs. */
  readonly relay: () => RelayOptions;
  /** Told of every copy's end, for metrics. */
  readonly tally: (outcome: CopyOutcome) => void;
  readonly log: Log;
  /** Connections to the relay at one time. */
  readonly lanes: number;
  /** Pauses between attempts for one copy; limits.ts has the default. */
  readonly retryPauses?: readonly number[];
  /** How long a claim holds, in milliseconds; limits.ts has the default. */
  readonly lease?: number;
  /** The wall clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** How an attempt for one job ended, counted. */
export type CopyOutcome = "sent" | "refused" | "later" | "broken" | "aside" | "dropped";

/** A connection of a lane, and whether it has carried a mail: relays close connections after a while or a number. */
interface Line {
  readonly connection: RelayConnection;
  used: boolean;
  /** That the last copy is done is on disk once this resolves. */
  marked: Promise<void>;
}

const NOTHING_TO_MARK = Promise.resolve();

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #copies: CopyMaker;
  readonly #finished: Finished;
  readonly #posts: PreparedPosts;
  readonly #retryPauses: readonly number[];
  readonly #lease: number;
  readonly #now: () => number;
  /** Until when each claim is ours, by the clock that is never set (performance.now). */
  readonly #leases = new Map<string, number>();
  /** Jobs that lanes have in their hands. */
  readonly #inHand = new Set<Job>();
  #renewal: NodeJS.Timeout | undefined;
  /** Between the wall clock and the one that is never set, when jobs were claimed last. */
  #drift: number;
  #claimed: Job[] = [];
  #claiming: Promise<void> | undefined;
  #lanes: readonly Promise<void>[] = [];
  #stopping = false;
  #relayPause = RELAY_PAUSE_MS;
  readonly #sleepers = new Set<() => void>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#copies = new CopyMaker(options.stationery);
    this.#posts = new PreparedPosts(options, this.#copies);
    this.#finished = new Finished(options.store);
    this.#retryPauses = options.retryPauses ?? RETRY_PAUSES_MS;
    this.#lease = options.lease ?? CLAIM_LEASE_MS;
    this.#now = options.now ?? Date.now;
    this.#drift = this.#now() - performance.now();
  }

  /** Starts the lanes. */
  start(): void {
    this.#renewal = setInterval(() => void this.#renew(), this.#lease / LEASE_RENEWALS);
    this.#lanes = Array.from({ length: this.#options.lanes }, () => this.#lane());
  }

  /** Says that there is work, or that the queue changed. */
  wake(): void {
    for (const rouse of this.#sleepers) rouse();
  }

  /** Finishes the copies that are on their way, gives the others back, and stops. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.wake();
    await Promise.all(this.#lanes);
    clearInterval(this.#renewal);
    for (const job of this.#claimed.splice(0)) await this.#options.store.returnJob(job, this.#now());
  }

  async #lane(): Promise<void> {
    let line: Line | undefined;
    while (!this.#stopping) {
      try {
        line = await this.#step(line);
      } catch (error) {
        // the store can't be written (a full disk): nothing is lost, the claim runs out by itself
        if (line !== undefined) line.marked = NOTHING_TO_MARK;
        this.#options.log.error("worker-failed", { code: codeForLog(error) });
        await this.#sleep(POLL_MS);
      }
    }
    await line?.marked.catch((error: unknown) => {
      this.#options.log.error("worker-failed", { code: codeForLog(error) });
    });
    line?.connection.close();
  }

  /** One job, or a wait. Gives back the connection for the next. */
  async #step(line: Line | undefined): Promise<Line | undefined> {
    const job = await this.#take();
    if (job === undefined) {
      await line?.marked;
      line?.connection.close();
      await this.#sleepUntilDue();
      return undefined;
    }
    this.#inHand.add(job);
    let after: Line | undefined;
    try {
      after = await this.#work(job, line);
      return after;
    } finally {
      // its claim is still needed for the mark
      const done = () => this.#inHand.delete(job);
      (after?.marked ?? NOTHING_TO_MARK).then(done, done);
    }
  }

  async #work(job: Job, line: Line | undefined): Promise<Line | undefined> {
    const open = line ?? (await this.#connect());
    if (open === undefined) {
      await this.#options.store.returnJob(job, this.#now());
      await this.#pauseForRelay();
      return undefined;
    }
    try {
      // only now that the way is free: whoever is removed while a relay keeps us waiting gets nothing
      const mail = await this.#make(job);
      if (mail === undefined) return open;
      if (!this.#isOurs(job)) {
        this.#options.log.warn("claim-lost", { job: job.id, member: job.memberId });
        return open;
      }
      const result = await open.connection.send(mail, open.marked);
      const onUsedConnection = open.used;
      open.used = true;
      if (result.kind === "sent") open.marked = this.#markSent(job);
      else await this.#settle(job, result, onUsedConnection);
      if (result.kind !== "broken") return open;
      await open.marked;
      return undefined;
    } catch (error) {
      if (open !== line) open.connection.close();
      throw error;
    }
  }

  /** The next claimed job; claims more when there is none. */
  async #take(): Promise<Job | undefined> {
    if (this.#claimed.length === 0) {
      this.#claiming ??= this.#claim().finally(() => {
        this.#claiming = undefined;
      });
      await this.#claiming;
    }
    return this.#claimed.shift();
  }

  async #claim(): Promise<void> {
    await this.#minTheClock();
    const now = this.#now();
    const until = performance.now() + this.#lease;
    const jobs = await this.#options.store.claimJobs(now, now + this.#lease, CLAIM_BATCH);
    for (const { claim } of jobs) this.#leases.set(claim, until);
    this.#claimed.push(...jobs);
  }

  /**
   * A clock that was set forward, or a machine that slept: our own claims must not look as if they had run out. A clock
   * that was set back: what waits for its next attempt would wait that much longer.
   */
  async #minTheClock(): Promise<void> {
    const drift = this.#now() - performance.now();
    const set = drift - this.#drift;
    const isSet = Math.abs(set) > this.#lease / LEASE_RENEWALS;
    if (isSet || this.#isLate()) await this.#renew();
    if (!isSet) return;
    this.#drift = drift;
    this.#options.log.warn("clock-set", { ms: Math.round(set) });
    if (set < 0) await this.#options.store.hurryJobs(this.#now());
  }

  /** True while the job's lease has some time left: enough to begin, since a mail on its way is never taken back. */
  #isOurs(job: Job): boolean {
    return performance.now() < (this.#leases.get(job.claim) ?? 0) - this.#lease / LEASE_RENEWALS;
  }

  /** True if a job in hand should have had its lease renewed by now: the process was stopped for a while. */
  #isLate(): boolean {
    return [...this.#inHand].some((job) => !this.#isOurs(job));
  }

  /** Renews the leases of the jobs that are still here. */
  async #renew(): Promise<void> {
    const until = performance.now() + this.#lease;
    const here = [...this.#claimed, ...this.#inHand].map(({ claim }) => claim);
    const now = performance.now();
    // in a shared store, one that ran out may be another worker's by now
    const isAlone = this.#options.store.sharing === "alone";
    const ours = [...new Set(here)].filter((claim) => isAlone || (this.#leases.get(claim) ?? 0) > now);
    for (const claim of this.#leases.keys()) if (!here.includes(claim)) this.#leases.delete(claim);
    if (ours.length === 0) return;
    try {
      await this.#options.store.extendClaims(ours, this.#now() + this.#lease);
      for (const claim of ours) this.#leases.set(claim, until);
    } catch (error) {
      this.#options.log.error("lease-not-renewed", { code: codeForLog(error) });
    }
  }

  /** The mail of `job`; `undefined` if there is nothing to send: the member is gone, or it was set aside. */
  async #make(job: Job): Promise<OutgoingMail | undefined> {
    const { store, log } = this.#options;
    if (job.attempt > this.#retryPauses.length + 1) {
      // also a job that ends the process each time it is tried gets here
      log.error("copy-set-aside", { job: job.id, member: job.memberId, code: "too-many-attempts" });
      await store.setJobAside(job, "too-many-attempts");
      return undefined;
    }
    return job.kind === "copy" ? this.#makeCopy(job) : this.#makeNotice(job);
  }

  async #makeCopy(job: CopyJob): Promise<OutgoingMail | undefined> {
    const { store, log, standing } = this.#options;
    let post: PreparedPost;
    try {
      post = await this.#posts.get(job.postId);
    } catch (error) {
      const code = codeForLog(error);
      log.error("post-set-aside", { post: job.postId, code });
      await store.setPostAside(job.postId, code);
      return undefined;
    }
    // now and not earlier: this is where a removal takes effect
    const member = await this.#memberOf(job);
    if (member === undefined) return undefined;
    const withheld = post.skips === member.fingerprint ? "author" : undefined;
    const reason = withheld ?? ((await standing.isSuspended(member)) ? "suspended" : undefined);
    if (reason !== undefined) return this.#drop(job, reason);
    try {
      return await this.#copies.copyFor(post, member, job.isReview ? job.postId : undefined);
    } catch (error) {
      const code = codeForLog(error);
      this.#options.tally("aside");
      if (error instanceof ListSealError) await standing.noteUnusableKey(member, code);
      log.error("copy-set-aside", { post: job.postId, job: job.id, member: member.id, code });
      await store.setJobAside(job, code);
      return undefined;
    }
  }

  async #makeNotice(job: NoticeJob): Promise<OutgoingMail | undefined> {
    const member = await this.#memberOf(job);
    const list = member && (await this.#options.lists.openById(member.listId));
    if (member === undefined || list === undefined) return undefined;
    return writeNotice(list, member, job, new Date(this.#now()));
  }

  async #memberOf(job: Job): Promise<Member | undefined> {
    const member = await this.#options.store.memberById(job.memberId);
    return member ?? this.#drop(job, "not-a-member");
  }

  /** Nobody is to get this. */
  async #drop(job: Job, code: string): Promise<undefined> {
    const { log, tally } = this.#options;
    log.info("copy-dropped", { job: job.id, member: job.memberId, code });
    await this.#finished.mark(job);
    tally("dropped");
  }

  async #connect(): Promise<Line | undefined> {
    try {
      const connection = await connectToRelay(this.#options.relay());
      this.#relayPause = RELAY_PAUSE_MS;
      return { connection, used: false, marked: NOTHING_TO_MARK };
    } catch (error) {
      this.#options.log.error("relay-unreachable", { code: relayFault(error) });
      return undefined;
    }
  }

  async #pauseForRelay(): Promise<void> {
    const pause = this.#relayPause;
    this.#relayPause = Math.min(2 * pause, MAX_RELAY_PAUSE_MS);
    await this.#sleep(pause);
  }

  /** Resolves when it is on disk. The caller may go on until then, but end no other mail. */
  #markSent(job: Job): Promise<void> {
    this.#options.tally("sent");
    const marked = this.#finished.mark(job).then(() => this.#options.log.info("copy-sent", aboutJob(job)));
    // whoever ends the next mail is told, or the lane, when there is none
    marked.catch(() => undefined);
    return marked;
  }

  async #settle(
    job: Job,
    result: Exclude<Handover, { kind: "sent" }>,
    onUsedConnection: boolean,
  ): Promise<void> {
    const { store, log } = this.#options;
    const about = aboutJob(job);
    this.#options.tally(result.kind);
    switch (result.kind) {
      case "refused":
        log.warn("copy-refused", { ...about, reply: result.reply, status: result.status });
        await store.setJobAside(job, `relay-${result.reply}`);
        if (job.kind === "copy") await this.#options.standing.noteFailure(job.memberId, judge(result));
        return;
      case "later":
        log.warn("copy-delayed", { ...about, reply: result.reply, status: result.status });
        await store.retryJob(job, this.#now() + this.#pauseAfter(job));
        return;
      case "broken":
        log.warn("connection-broken", { ...about, code: result.code });
        // a relay ends a connection after some mails or minutes, which says nothing of this one
        await store.retryJob(job, this.#now() + (onUsedConnection ? 0 : this.#pauseAfter(job)));
        return;
    }
  }

  #pauseAfter(job: Job): number {
    return this.#retryPauses[job.attempt - 1] ?? this.#retryPauses.at(-1) ?? 0;
  }

  async #sleepUntilDue(): Promise<void> {
    // opened posts aren't kept while there is nothing to do
    this.#posts.putAway();
    const due = (await this.#options.store.nextDue()) ?? Number.POSITIVE_INFINITY;
    await this.#sleep(Math.min(POLL_MS, Math.max(0, due - this.#now())));
  }

  /** Waits, until {@link wake} at the longest. */
  async #sleep(ms: number): Promise<void> {
    if (this.#stopping) return;
    await new Promise<void>((resolve) => {
      const rouse = () => {
        clearTimeout(timer);
        this.#sleepers.delete(rouse);
        resolve();
      };
      const timer = setTimeout(rouse, ms);
      this.#sleepers.add(rouse);
    });
  }
}

/** What the log says of a job. */
function aboutJob(job: Job) {
  return {
    job: job.id,
    member: job.memberId,
    attempt: job.attempt,
    ...(job.kind === "copy" ? { post: job.postId } : {}),
  };
}
