/**
 * The one gate before every way out, asked immediately before the last line of each mail: is its recipient still entitled
 * to it, may the list send, is it still for the certificate that it was made for.
 *
 * A relay may take its time between MAIL and the end of a mail: minutes, in which a member is removed, loses an office, or
 * revokes a key. Until its last line a relay can't have taken a mail, so that is where it is decided, by the database:
 * {@link Queue.atGate} says what exactly is promised.
 *
 * Those who come at one moment are asked about together: a lane's question costs a share of one transaction.
 */
import type { Heads } from "../store/rollback-guard.js";
import type { AtGate, Entitled, GateAnswer, ListStore, MemberRole, Queue } from "../store/store.js";

/** What a recipient must be. */
export type RecipientRequirement =
  /** gets copies */
  | "copies"
  /** decides about held posts */
  | "review"
  /** is on the roster, in this role at least */
  | MemberRole
  /** nothing: it is an answer to whoever asked, about what they asked for */
  | "nothing";

/** A mail at the gate. */
export interface OutgoingCopy {
  readonly job?: AtGate["job"];
  readonly listId: number;
  readonly need: RecipientRequirement;
  /** Whom it was made for, and the certificate that it is sealed to, if it is. */
  readonly member?: { readonly id: number; readonly certificate?: Uint8Array };
  /** When it came into the queue: what came before a list was paused is from the time before a restore. */
  readonly queued?: number;
}

/** Why a mail does not leave. */
export type WithheldReason =
  /** the job is another worker's, or gone with what it was for */
  | "claim-lost"
  | "not-a-member"
  | "not-allowed"
  | "suspended"
  /** the list waits for its owner after a restore */
  | "paused"
  /** their certificate is another one since it was made: it has to be made again */
  | "certificate-changed";

/** Offices, the higher the more. */
const ranks: Readonly<Record<MemberRole, number>> = {
  "post-only": 0,
  "read-only": 0,
  member: 0,
  moderator: 1,
  owner: 2,
};

/** Why somebody does not get what needs `need`; `undefined` if they do. */
export function denial(
  need: RecipientRequirement,
  member: Omit<Entitled, "certificate"> | undefined,
): WithheldReason | undefined {
  if (need === "nothing") return undefined;
  if (member === undefined) return "not-a-member";
  switch (need) {
    case "copies":
      if (member.role === "post-only") return "not-allowed";
      return member.isSuspended ? "suspended" : undefined;
    case "review":
      if (ranks[member.role] < ranks.moderator) return "not-allowed";
      return member.isSuspended ? "suspended" : undefined;
    default:
      return ranks[member.role] < ranks[need] ? "not-allowed" : undefined;
  }
}

export interface GateContext {
  readonly store: Pick<Queue, "atGate"> & Pick<ListStore, "listById">;
  readonly heads: Pick<Heads, "pausedSince" | "pausedNow">;
}

interface Waiting {
  readonly passenger: OutgoingCopy;
  readonly end: () => void;
  readonly decided: (stop: WithheldReason | undefined) => void;
  readonly failed: (error: unknown) => void;
}

export class RecipientGate {
  readonly #parts: GateContext;
  readonly #addresses = new Map<number, string>();
  #waiting: Waiting[] = [];
  /** What the file of heads said of lists in this turn of the event loop. */
  readonly #pausedThisTurn = new Map<number, number | undefined>();

  constructor(parts: GateContext) {
    this.#parts = parts;
  }

  /**
   * Asks for `passenger`, and calls `end` if it may leave: at a moment at which it is so in the database.
   *
   * @param end hands the mail's last line to the system before it returns
   * @returns why it may not; `undefined` if `end` was called
   * @throws what the store throws; `end` was not called then
   */
  ask(passenger: OutgoingCopy, end: () => void): Promise<WithheldReason | undefined> {
    return new Promise((decided, failed) => {
      // what else is asked at this moment is asked along with it
      if (this.#waiting.length === 0) setImmediate(() => void this.#askAll());
      this.#waiting.push({ passenger, end, decided, failed });
    });
  }

  /** Whether a list waits for its owner, and this mail with it. Those who ask in one turn of the event loop share an answer. */
  async isPaused(passenger: OutgoingCopy): Promise<boolean> {
    const { listId } = passenger;
    const known = this.#pausedThisTurn;
    if (!known.has(listId)) {
      const since = await this.#parts.heads.pausedSince(await this.#addressOf(listId));
      if (known.size === 0) setImmediate(() => known.clear());
      known.set(listId, since);
    }
    return waits(passenger, known.get(listId));
  }

  async #askAll(): Promise<void> {
    const { heads } = this.#parts;
    const batch = this.#waiting.splice(0);
    try {
      const addresses = await Promise.all(batch.map(({ passenger }) => this.#addressOf(passenger.listId)));
      const asked = batch.map(({ passenger: { job, member } }) => ({
        ...(job === undefined ? {} : { job }),
        ...(member === undefined ? {} : { memberId: member.id }),
      }));
      await this.#parts.store.atGate(asked, (words) => {
        // the pauses are in a file, not in the database: looked at here, nothing of this process comes between this and the
        // last lines, and what another process writes from here on comes after these mails
        const pauses = new Map([...new Set(addresses)].map((address) => [address, heads.pausedNow(address)]));
        for (const [index, each] of batch.entries()) {
          const [word, address] = [words[index], addresses[index]];
          const isPaused = address === undefined || waits(each.passenger, pauses.get(address));
          const stop = word === undefined ? "claim-lost" : verdict(each.passenger, word, isPaused);
          if (stop === undefined) each.end();
          each.decided(stop);
        }
      });
    } catch (error) {
      // whoever was decided about before it failed has their answer already
      for (const { failed } of batch) failed(error);
    }
  }

  /** A list's address never changes. */
  async #addressOf(listId: number): Promise<string> {
    const known = this.#addresses.get(listId);
    if (known !== undefined) return known;
    const list = await this.#parts.store.listById(listId);
    if (list === undefined) throw new Error("a mail of a list that is not there");
    this.#addresses.set(listId, list.address);
    return list.address;
  }
}

/** Whether a mail waits with a list that is paused since `since`, if it is. */
function waits({ need, queued }: OutgoingCopy, since: number | undefined): boolean {
  if (since === undefined) return false;
  // an owner has to hear what became of the command that lets the list go on
  return !(need === "nothing" && queued !== undefined && queued >= since);
}

function verdict(
  { need, member }: OutgoingCopy,
  word: GateAnswer,
  isPaused: boolean,
): WithheldReason | undefined {
  if (!word.isOurs) return "claim-lost";
  if (isPaused) return "paused";
  const stop = denial(need, word.member);
  if (stop !== undefined) return stop;
  const made = member?.certificate;
  if (made !== undefined && word.member !== undefined && !isSame(made, word.member.certificate)) {
    return "certificate-changed";
  }
  return undefined;
}

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
