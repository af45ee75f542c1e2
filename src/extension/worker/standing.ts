import type { SealingKey } from "../../protocol/keys.js";
import type { Pin, StoredList } from "../stored.js";
import type { OpenedLetter, Standing } from "./jobs.js";

/** What the standing of an author is judged by. */
export interface Claim {
  readonly author: SealingKey<"member">;
  /** Protected From, already known to be the certificate's address. */
  readonly address: string;
  readonly introduction: Uint8Array | undefined;
  readonly signedAt: Date;
  readonly list: StoredList;
  /** Fingerprints of the member keys that are here. */
  readonly own: readonly string[];
  /** What is remembered of this list's authors, by address. */
  readonly pins: Readonly<Record<string, Pin>>;
}

type Verdict = Pick<OpenedLetter["author"], "standing" | "pin">;

/**
 * Who the author is to this reader. Owners and the list come from the invitation, never from the mail.
 * An introduced key wins over a remembered one; a remembered one is never replaced by one that nobody introduced.
 */
export async function standingOf(claim: Claim): Promise<Verdict> {
  const { author, address, list, own, pins } = claim;
  if (own.includes(author.fingerprint)) return { standing: "you", pin: null };
  if (list.owners.some((owner) => owner.fingerprint === author.fingerprint)) return { standing: "owner", pin: null };
  return weigh(author.fingerprint, await isIntroduced(claim), pins[address]);
}

/** The same without keys, for the table of all cases in the tests. */
export function weigh(fingerprint: string, introduced: boolean, pin: Pin | undefined): Verdict {
  const same = pin?.fingerprint === fingerprint;
  const believed = pin !== undefined && pin.how !== "seen";
  if (introduced) {
    const standing: Standing = believed && !same ? "reintroduced" : "introduced";
    return { standing, pin: same && pin.how === "introduced" ? null : "introduced" };
  }
  if (pin === undefined) return { standing: "new", pin: "seen" };
  if (!same) return { standing: "changed", pin: null };
  return { standing: pin.how === "seen" ? "known" : pin.how, pin: null };
}

/** Without a chain that can be checked nobody is introduced. */
async function isIntroduced({ introduction }: Claim): Promise<boolean> {
  return introduction === undefined ? false : false;
}
