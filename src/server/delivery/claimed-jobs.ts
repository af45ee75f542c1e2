/**
 * The jobs that a worker has claimed, and for how long they are its own.
 *
 * Several workers may share a store. A claim is a lease: it is renewed while its jobs wait their turn here or are in hand,
 * and a job whose lease ran out (the machine slept, the database was away) is not sent, since another worker may have it.
 */
import { CLAIM_BATCH, CLAIM_LEASE_MS, LEASE_RENEWALS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { Job, Queue } from "../store/store.js";

export interface ClaimedJobsOptions {
  readonly store: Queue;
  readonly log: Log;
  /** The wall clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** How long a claim holds, in milliseconds; limits.ts has the default. */
  readonly lease?: number;
}

export class ClaimedJobs {
  readonly #options: ClaimedJobsOptions;
  readonly #lease: number;
  /** Until when each claim is ours, by the clock that is never set (performance.now). */
  readonly #leases = new Map<string, number>();
  /** Jobs that lanes have in their hands. */
  readonly #inHand = new Set<Job>();
  #renewal: NodeJS.Timeout | undefined;
  /** Between the wall clock and the one that is never set, when jobs were claimed last. */
  #drift: number;
  #claimed: Job[] = [];
  /** The last claim got as much as it asked for: there may be more. */
  #isMore = false;
  #claiming: Promise<void> | undefined;

  constructor(options: ClaimedJobsOptions) {
    this.#options = options;
    this.#lease = options.lease ?? CLAIM_LEASE_MS;
    this.#drift = options.now() - performance.now();
  }

  start(): void {
    this.#renewal = setInterval(() => void this.#renew(), this.#lease / LEASE_RENEWALS);
  }

  /** Stops renewing, and gives the jobs back that nobody has in hand. */
  async stop(): Promise<void> {
    clearInterval(this.#renewal);
    const { store, now } = this.#options;
    await this.#claiming?.catch(() => undefined);
    for (const job of this.#claimed.splice(0)) await store.returnJob(job, now());
  }

  /** The next claimed job, in hand from now on; claims more when there is none. */
  async take(): Promise<Job | undefined> {
    if (this.#claimed.length === 0) await this.#claimMore();
    return this.takeClaimed();
  }

  /** As {@link take}, if one is claimed already. */
  takeClaimed(): Job | undefined {
    const job = this.#claimed.shift();
    if (job !== undefined) this.#inHand.add(job);
    // whoever takes the last would have to wait for the database; what goes wrong is told to who has to wait
    if (this.#isMore && this.#claimed.length < CLAIM_BATCH / 4) this.#claimMore().catch(() => undefined);
    return job;
  }

  /** The job is not in hand any more: nothing is left to be said of it. */
  letGo(job: Job): void {
    this.#inHand.delete(job);
  }

  /** True while the job's lease has some time left: enough to begin, since a mail on its way is never taken back. */
  isOurs(job: Job): boolean {
    return performance.now() < (this.#leases.get(job.claim) ?? 0) - this.#lease / LEASE_RENEWALS;
  }

  #claimMore(): Promise<void> {
    this.#claiming ??= this.#claim().finally(() => {
      this.#claiming = undefined;
    });
    return this.#claiming;
  }

  async #claim(): Promise<void> {
    const { store, now: clock } = this.#options;
    await this.#minTheClock();
    const now = clock();
    const until = performance.now() + this.#lease;
    const jobs = await store.claimJobs(now, now + this.#lease, CLAIM_BATCH);
    for (const { claim } of jobs) this.#leases.set(claim, until);
    this.#claimed.push(...jobs);
    this.#isMore = jobs.length === CLAIM_BATCH;
  }

  /**
   * A clock that was set forward, or a machine that slept: our own claims must not look as if they had run out. A clock
   * that was set back: what waits for its next attempt would wait that much longer.
   */
  async #minTheClock(): Promise<void> {
    const { store, log, now } = this.#options;
    const drift = now() - performance.now();
    const set = drift - this.#drift;
    const isSet = Math.abs(set) > this.#lease / LEASE_RENEWALS;
    if (isSet || this.#isLate()) await this.#renew();
    if (!isSet) return;
    this.#drift = drift;
    log.warn("clock-changed", { ms: Math.round(set) });
    if (set < 0) await store.hurryJobs(now());
  }

  /** True if a job in hand should have had its lease renewed by now: the process was stopped for a while. */
  #isLate(): boolean {
    return [...this.#inHand].some((job) => !this.isOurs(job));
  }

  /** Renews the leases of the jobs that are still here. */
  async #renew(): Promise<void> {
    const { store, log, now: clock } = this.#options;
    const until = performance.now() + this.#lease;
    const here = [...this.#claimed, ...this.#inHand].map(({ claim }) => claim);
    const now = performance.now();
    // in a shared store, one that ran out may be another worker's by now
    const isAlone = store.sharing === "alone";
    const ours = [...new Set(here)].filter((claim) => isAlone || (this.#leases.get(claim) ?? 0) > now);
    for (const claim of this.#leases.keys()) if (!here.includes(claim)) this.#leases.delete(claim);
    if (ours.length === 0) return;
    try {
      await store.extendClaims(ours, clock() + this.#lease);
      for (const claim of ours) this.#leases.set(claim, until);
    } catch (error) {
      log.error("lease-renewal-failed", { code: codeForLog(error) });
    }
  }
}
