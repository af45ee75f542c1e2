import { sha256 } from "../../openpgp/digest.js";
import type { Incoming } from "../requests/incoming.js";
import type { CarryingCopy } from "./take-notice.js";

/**
 * An owner's notice that a copy of a post carries. It is taken before the post is opened, since the post is under the key that it
 * brings; without a word, and whatever is wrong with it is no matter of the post: that opens or does not.
 *
 * Attacks: the notice of another list or member, one that was captured long ago, one that no owner has signed. None changes
 * anything: what is taken is an owner's word on a list key, as from a mail of its own, and its serial only grows.
 */

/** Takes a notice that a copy carries. */
type NoticeTaker = (sealed: Uint8Array, copy: CarryingCopy) => Promise<Incoming>;

let taker: NoticeTaker | undefined;

/** Has `take` called with each notice that a copy carries, before the copy is opened. For composition roots. */
export function whenNoticeRides(take: NoticeTaker): void {
  taker = take;
}

/** An honest notice has 2 kB. Against a "notice" that keeps the worker busy before each mail. */
const MAX_RIDING_BYTES = 16 * 1024;

/** Digests of those that are settled for as long as this page lives: in each copy of a list it is the same octets. */
const settled = new Set<string>();

/** The oldest are forgotten first. Against mails that fill the memory. */
const MAX_SETTLED = 200;

/**
 * Takes the notice that a copy carries, if it has not been. Never rejects.
 * @param sealed undefined for a copy that carries none
 * @returns whether it has brought something new
 */
export async function takeRidingNotice(sealed: Uint8Array | undefined, copy: CarryingCopy): Promise<boolean> {
  if (sealed === undefined || taker === undefined || sealed.length > MAX_RIDING_BYTES) return false;
  try {
    const digest = await sha256(sealed);
    if (settled.has(digest)) return false;
    const { kind } = await taker(sealed, copy);
    if (kind !== "notice" && kind !== "old-notice") return false;
    settled.add(digest);
    const [oldest] = settled;
    if (settled.size > MAX_SETTLED && oldest !== undefined) settled.delete(oldest);
    return kind === "notice";
  } catch {
    // with a locked key it is taken when the mail is opened; a bad one never is
    return false;
  }
}
