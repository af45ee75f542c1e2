/**
 * The worker that empties the queue: claim -> look the recipient up -> make the mail -> hand it to the relay -> mark done.
 * Copies, notices and sealed answers go the same way.
 *
 * - A copy's job names a post and a member, nothing more. The copy is made when the job runs, for the roster of that
 *   moment, and the gate (gate.ts) is asked again before its last line: somebody removed before that gets nothing.
 * - An attempt is registered (by the claim) before it is made, and a lane ends no mail before the one before it is marked
 *   done: after a crash at most one copy a connection goes out twice, never fewer than all go out once. Until a mail's last
 *   line the relay can't have taken it, so all before that is sent while the mark is on its way to the disk.
 * - A lane makes its next mail while it waits for the one before to be taken and marked, and announces it with that one's end:
 *   of a small mail, one write and one answer are all that goes between us and the relay.
 * - A post that can't be opened, or a member who can't be sealed for, is set aside. The rest goes on.
 * - Several lanes, each with a connection of its own; a relay that is not there makes them all wait, and costs no job
 *   an attempt.
 * - Several workers may share a store (claimed-jobs.ts).
 */
import {
  CLOCK_PAUSE_MS,
  MAX_RELAY_PAUSE_MS,
  POLL_MS,
  RELAY_PAUSE_MS,
  RETRY_PAUSES_MS,
} from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { Job, Store } from "../store/store.js";
import { BatchCommit } from "./batch-commit.js";
import { judgeBounce } from "./bounce-verdict.js";
import { ClaimedJobs } from "./claimed-jobs.js";
import { type CopyContext, CopyMaker } from "./copies.js";
import type { RecipientGate, WithheldReason } from "./gate.js";
import { type MadeMail, type MakeMailContext, make } from "./make-mail.js";
import { type PostSources, PreparedPosts } from "./prepared-posts.js";
import { connectToRelay, type RelayConnection, type RelayOptions, type RelayResult } from "./relay.js";
import { relayFault } from "./relay-fault.js";
import type { SuspensionReview } from "./suspension.js";

/** What the worker works with. */
export interface DeliveryOptions extends Pick<PostSources, "opener"> {
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly standing: SuspensionReview;
  readonly gate: RecipientGate;
  readonly stationery: CopyContext;
  /** Asked before each connection: it may be changed while the server runs. */
  readonly relay: () => RelayOptions;
  /** Told of every mail's end, for metrics. */
  readonly tally: (outcome: CopyOutcome) => void;
  readonly log: Log;
  /** Connections to the relay at one time. */
  readonly lanes: number;
  /** Pauses between attempts for one mail; limits.ts has the default. */
  readonly retryPauses?: readonly number[];
  /** How long a claim holds, in milliseconds; limits.ts has the default. */
  readonly lease?: number;
  /** The wall clock, in milliseconds since 1970. */
  readonly now?: () => number;
}

/** How an attempt for one job ended, counted. */
export type CopyOutcome = "sent" | "refused" | "later" | "broken" | "aside" | "dropped" | "withheld";

/** A mail that is made and has its turn to come. */
interface Ready {
  readonly job: Job;
  readonly made: Extract<MadeMail, { readonly kind: "mail" }>;
}

/** A lane's next mail, made while the one before is on its way. */
interface Upcoming {
  /** Rejects with what went wrong with the job, which is put right by then. */
  readonly ready: Promise<Ready | undefined>;
  /** It, once it is made. */
  readonly made: () => Ready | undefined;
}

/** A connection of a lane, and whether it has carried a mail: relays close connections after a while or a number. */
interface Line {
  readonly connection: RelayConnection;
  used: boolean;
  /** That the last mail is done is on disk once this resolves. */
  marked: Promise<void>;
  upcoming: Upcoming | undefined;
}

const NOTHING_TO_MARK = Promise.resolve();

/** In the log, before what became of it. */
const nouns = { copy: "copy", notice: "notice", mail: "answer" } as const;

export class DeliveryWorker {
  readonly #options: DeliveryOptions;
  readonly #copies: CopyMaker;
  readonly #finished: BatchCommit;
  readonly #posts: PreparedPosts;
  readonly #claims: ClaimedJobs;
  readonly #making: MakeMailContext;
  readonly #retryPauses: readonly number[];
  readonly #now: () => number;
  #lanes: readonly Promise<void>[] = [];
  #stopping = false;
  #relayPause = RELAY_PAUSE_MS;
  readonly #sleepers = new Set<() => void>();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#copies = new CopyMaker(options.stationery);
    this.#posts = new PreparedPosts(options, this.#copies);
    this.#finished = new BatchCommit(options.store, options.log);
    this.#claims = new ClaimedJobs({ ...options, now: this.#now });
    this.#retryPauses = options.retryPauses ?? RETRY_PAUSES_MS;
    this.#making = { ...options, posts: this.#posts, copies: this.#copies, now: this.#now };
  }

  /** Starts the lanes. */
  start(): void {
    this.#claims.start();
    this.#lanes = Array.from({ length: this.#options.lanes }, () => this.#lane());
  }

  /** Says that there is work, or that the queue changed. */
  wake(): void {
    for (const rouse of this.#sleepers) rouse();
  }

  /** Finishes the mails that are on their way, gives the others back, and stops. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#finished.stop();
    this.wake();
    await Promise.all(this.#lanes);
    await this.#claims.stop();
  }

  async #lane(): Promise<void> {
    let line: Line | undefined;
    while (!this.#stopping) {
      try {
        line = await this.#step(line);
      } catch (error) {
        // the store can't be read or written: nothing is lost, the claim runs out by itself
        this.#options.log.error("worker-failed", { code: codeForLog(error) });
        // what the lane sent last is marked before it sends anything else
        await this.#hangUp(line).catch(() => undefined);
        line = undefined;
        await this.#sleep(POLL_MS);
      }
    }
    await this.#hangUp(line).catch((error: unknown) => {
      this.#options.log.error("worker-failed", { code: codeForLog(error) });
    });
  }

  /** Ends a connection, when what it sent last is marked. What would have come next is given back. */
  async #hangUp(line: Line | undefined): Promise<void> {
    if (line === undefined) return;
    const { upcoming, marked, connection } = line;
    line.upcoming = undefined;
    try {
      const ready = await upcoming?.ready.catch(() => undefined);
      if (ready !== undefined) await this.#giveBack(ready.job);
      await marked;
    } finally {
      connection.close();
    }
  }

  /** One job, or a wait. Gives back the connection for the next. */
  async #step(line: Line | undefined): Promise<Line | undefined> {
    const upcoming = line?.upcoming;
    if (line !== undefined) line.upcoming = undefined;
    const ready = await upcoming?.ready;
    if (line !== undefined && ready !== undefined) return this.#attempt(ready.job, line, ready);
    const job = await this.#claims.take();
    if (job === undefined) {
      await this.#hangUp(line);
      await this.#sleepUntilDue();
      return undefined;
    }
    return this.#attempt(job, line);
  }

  async #attempt(job: Job, line: Line | undefined, ready?: Ready): Promise<Line | undefined> {
    let after: Line | undefined;
    try {
      after = await this.#work(job, line, ready);
      return after;
    } catch (error) {
      // whatever it was, it counts as an attempt: what fails for ever is set aside in the end
      await this.#retry(job, this.#pauseAfter(job)).catch(() => undefined);
      throw error;
    } finally {
      // its claim is still needed for the mark
      const done = () => this.#claims.letGo(job);
      (after?.marked ?? NOTHING_TO_MARK).then(done, done);
    }
  }

  async #work(job: Job, line: Line | undefined, prepared?: Ready): Promise<Line | undefined> {
    const open = line ?? (await this.#connect());
    if (open === undefined) {
      await this.#options.store.returnJob(job, this.#now());
      await this.#pauseForRelay();
      return undefined;
    }
    try {
      // only now that the way is free: whoever is removed while a relay keeps us waiting gets nothing
      const ready = prepared ?? (await this.#ready(job));
      if (ready === undefined) return open;
      if (await this.#send(ready, open, prepared !== undefined)) return open;
      await this.#hangUp(open);
      return undefined;
    } catch (error) {
      if (open !== line) await this.#hangUp(open).catch(() => undefined);
      throw error;
    }
  }

  /** Makes the mail of a job. `undefined` if there is none to send: what became of the job is settled then. */
  async #ready(job: Job): Promise<Ready | undefined> {
    const made = await this.#make(job);
    if (made.kind === "mail") return { job, made };
    await this.#lay(job, made);
    return undefined;
  }

  /** Begins to make the mail of the next job that is claimed already. */
  #beginNext(): Upcoming | undefined {
    const job = this.#stopping ? undefined : this.#claims.takeClaimed();
    if (job === undefined) return undefined;
    let made: Ready | undefined;
    const ready = this.#ready(job).then(
      (result) => {
        made = result;
        if (result === undefined) this.#claims.letGo(job);
        return result;
      },
      async (error: unknown) => {
        await this.#retry(job, this.#pauseAfter(job)).catch(() => undefined);
        this.#claims.letGo(job);
        throw error;
      },
    );
    // the lane is told when it comes to it
    ready.catch(() => undefined);
    return { ready, made: () => made };
  }

  /** A mail that was made and not sent: no attempt was made. */
  async #giveBack(job: Job): Promise<void> {
    try {
      await this.#options.store.returnJob(job, this.#now());
    } finally {
      this.#claims.letGo(job);
    }
  }

  /**
   * Hands a mail over, and does what follows from what the relay says. False if the connection is of no more use.
   *
   * @param isAnnounced the relay may be waiting for this mail
   */
  async #send({ job, made }: Ready, open: Line, isAnnounced: boolean): Promise<boolean> {
    if (!this.#claims.isOurs(job)) {
      this.#options.log.warn("claim-lost", aboutJob(job));
      return !isAnnounced;
    }
    if (await this.#options.gate.isPaused(made.passenger)) {
      await this.#withhold(job, "paused");
      return !isAnnounced;
    }
    open.upcoming = this.#beginNext();
    let stop: WithheldReason | undefined;
    const result = await open.connection.send(
      made.mail,
      async (end) => {
        // at most one mail a connection may go out twice after a crash
        await open.marked;
        stop = await this.#options.gate.ask(made.passenger, end);
      },
      () => open.upcoming?.made()?.made.mail,
    );
    const onUsedConnection = open.used;
    open.used = true;
    if (result.kind === "sent") open.marked = this.#markSent(job, result.queueId);
    else if (result.kind === "withheld") await this.#withhold(job, stop ?? "claim-lost");
    else await this.#settle(job, result, onUsedConnection);
    return result.kind !== "broken" && result.kind !== "withheld";
  }

  async #make(job: Job): Promise<MadeMail> {
    if (job.attempt > this.#retryPauses.length + 1) {
      // also a job that ends the process each time it is tried gets here
      const code = "too-many-attempts";
      this.#options.log.error(`${nouns[job.kind]}-set-aside`, { ...aboutJob(job), code });
      return { kind: "aside", code };
    }
    return make(this.#making, job);
  }

  /** What there is no mail for. */
  async #lay(job: Job, made: Exclude<MadeMail, { kind: "mail" }>): Promise<void> {
    const { store, log, tally } = this.#options;
    switch (made.kind) {
      case "dropped":
        return this.#drop(job, made.code);
      case "aside":
        tally("aside");
        return this.#putAside(job, made.code);
      case "poison":
        if (job.kind !== "copy") return;
        log.error("post-set-aside", { post: job.postId, code: made.code });
        return store.setPostAside(job.postId, made.code);
      case "clock":
        log.error("clock-behind", aboutJob(job));
        // not its fault: the attempt does not count
        return store.returnJob(job, this.#now() + CLOCK_PAUSE_MS);
    }
  }

  /** Stopped at the gate: the relay has none of it. */
  async #withhold(job: Job, stop: WithheldReason): Promise<void> {
    const { store, log, tally } = this.#options;
    log.info(`${nouns[job.kind]}-withheld`, { ...aboutJob(job), code: stop });
    switch (stop) {
      case "claim-lost":
        return tally("withheld");
      case "certificate-changed":
        tally("withheld");
        return store.returnJob(job, this.#now());
      case "paused":
        tally("aside");
        return store.setJobAside(job, "restored");
      case "not-a-member":
      case "not-allowed":
      case "suspended":
        return this.#drop(job, stop);
    }
  }

  /** Nobody is to get this. */
  async #drop(job: Job, code: string): Promise<void> {
    const { log, tally } = this.#options;
    log.info(`${nouns[job.kind]}-dropped`, { ...aboutJob(job), code });
    await this.#finished.mark(job);
    tally("dropped");
  }

  /** For the operator to look at; but not what nobody on the roster waits for: whoever asked may ask again. */
  async #putAside(job: Job, code: string): Promise<void> {
    if (job.kind === "mail" && job.to.kind === "anybody") return this.#drop(job, code);
    await this.#options.store.setJobAside(job, code);
  }

  async #connect(): Promise<Line | undefined> {
    try {
      const connection = await connectToRelay(this.#options.relay());
      this.#relayPause = RELAY_PAUSE_MS;
      return { connection, used: false, marked: NOTHING_TO_MARK, upcoming: undefined };
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
  #markSent(job: Job, queueId: string | undefined): Promise<void> {
    const { log, tally } = this.#options;
    tally("sent");
    const about = { ...aboutJob(job), ...(queueId === undefined ? {} : { "queue-id": queueId }) };
    const marked = this.#finished.mark(job).then(() => log.info(`${nouns[job.kind]}-sent`, about));
    // whoever ends the next mail is told, or the lane, when there is none
    marked.catch(() => undefined);
    return marked;
  }

  async #settle(
    job: Job,
    result: Exclude<RelayResult, { kind: "sent" | "withheld" }>,
    onUsedConnection: boolean,
  ): Promise<void> {
    const { log, tally } = this.#options;
    const about = aboutJob(job);
    const noun = nouns[job.kind];
    tally(result.kind);
    switch (result.kind) {
      case "refused":
        log.warn(`${noun}-refused`, { ...about, reply: result.reply, status: result.status });
        await this.#putAside(job, `relay-${result.reply}`);
        if (job.kind === "copy") await this.#options.standing.noteFailure(job.memberId, judgeBounce(result));
        return;
      case "later":
        log.warn(`${noun}-deferred`, { ...about, reply: result.reply, status: result.status });
        return this.#retry(job, this.#pauseAfter(job));
      case "broken":
        log.warn("connection-broken", { ...about, code: result.code });
        // a relay ends a connection after some mails or minutes, which says nothing of this one
        return this.#retry(job, onUsedConnection ? 0 : this.#pauseAfter(job));
    }
  }

  #retry(job: Job, pause: number): Promise<void> {
    return this.#options.store.retryJob(job, this.#now() + pause);
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
  const memberId =
    job.kind !== "mail" ? job.memberId : job.to.kind === "member" ? job.to.memberId : undefined;
  return {
    job: job.id,
    ...(memberId === undefined ? {} : { member: memberId }),
    attempt: job.attempt,
    ...(job.kind === "copy" ? { post: job.postId } : {}),
  };
}
