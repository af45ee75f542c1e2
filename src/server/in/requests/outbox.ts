/**
 * The worker that hands sealed answers and reports to the relay. They are not copies of posts: some are for people who are
 * on no roster (an invitee who was refused, a member who has just left).
 */
import { CLAIM_LEASE_MS, POLL_MS, RETRY_PAUSES_MS } from "../../kept/limits.js";
import { codeForLog, type Log } from "../../kept/log.js";
import type { MembershipStore, OutgoingNote } from "../../kept/membership-store.js";
import { connectToRelay, type RelayConnection, type RelayOptions } from "../../out/relay.js";

/** How many are claimed at once. */
const BATCH = 16;

export interface OutboxOptions {
  readonly store: MembershipStore;
  /** Asked anew each time: it may be changed while the server runs. */
  readonly relay: () => RelayOptions;
  readonly log: Log;
  readonly now: () => number;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.wake();
  }

  /** Says that there is something to send. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#round()
      .catch((error: unknown) => this.#options.log.error("outbox-failed", { code: codeForLog(error) }))
      .finally(() => {
        this.#running = undefined;
        if (this.#again) {
          this.#again = false;
          this.wake();
        }
      });
  }

  /** Finishes what is on its way, and stops. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    const { store, relay, log, now } = this.#options;
    let connection: RelayConnection | undefined;
    try {
      for (;;) {
        const notes = await store.claimNotes(now(), now() + CLAIM_LEASE_MS, BATCH);
        if (notes.length === 0) return;
        for (const note of notes) {
          try {
            connection ??= await connectToRelay(relay());
          } catch (error) {
            log.error("relay-unreachable", { code: codeForLog(error) });
          }
          if (connection === undefined || this.#stopped) {
            await this.#later(note);
          } else if (!(await this.#send(connection, note))) {
            connection = undefined;
          }
        }
        if (this.#stopped) return;
      }
    } finally {
      connection?.close();
    }
  }

  /** False if the connection can't be used any more. */
  async #send(connection: RelayConnection, note: OutgoingNote): Promise<boolean> {
    const { store, log } = this.#options;
    // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
    const result = await connection.send({ sender: "", recipient: note.recipient, pieces: [note.mail] });
    switch (result.kind) {
      case "sent":
        await store.finishNote(note.id);
        log.info("answer-sent", { attempt: note.attempt });
        return true;
      case "refused":
        log.warn("answer-refused", { reply: result.reply, status: result.status });
        await store.finishNote(note.id);
        return true;
      case "later":
        await this.#later(note);
        return true;
      case "broken":
        log.warn("connection-broken", { code: result.code });
        await this.#later(note);
        return false;
    }
  }

  async #later(note: OutgoingNote): Promise<void> {
    const { store, log, now } = this.#options;
    const pause = RETRY_PAUSES_MS[note.attempt - 1];
    if (pause === undefined) {
      log.warn("answer-given-up", { attempt: note.attempt });
      await store.finishNote(note.id);
    } else {
      await store.retryNote(note.id, now() + pause);
    }
  }
}
