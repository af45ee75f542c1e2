/**
 * What Mailman 3 sends on to one of its members, as the filter sees it: a post that was sealed for one of our lists, a
 * mail that Mailman wrote itself, or one of another list.
 *
 * Nobody checked the post before Mailman did what it does, so it is checked here, as a post that comes in by the server's own
 * door; once a post, not once a member. Mailman hands the same post over once a member, and again after a failure, so "seen before"
 * can't mean a replay. What tells them apart is the way that the mail took: each passage through the mail system in
 * front of Mailman leaves `Received` fields that no other has.
 */
import { createHash } from "node:crypto";
import { MAX_PREPARED_POSTS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import type { Reader } from "../parse/reader.js";
import { ReadingEnded } from "../parse/thread.js";
import { acceptPost, type PostAdmission } from "../post/accept-post.js";
import { MAX_TRIES } from "../store/authorization.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { RidingNotices } from "../store/riding-notices.js";
import type { Heads } from "../store/rollback-guard.js";
import type { List, ListStore, NewPost, Post, Posts, Queue, Roster } from "../store/store.js";
import { fieldsNamed } from "./header-fields.js";

/** What a mail of Mailman's is. */
export type FromMailman =
  /** `name`: of this very mail, in a cache */
  | { readonly kind: "post"; readonly name: string; readonly post: Post }
  /** none of ours: it goes to its recipient as it is */
  | { readonly kind: "pass" }
  /** it is not sent on; the reason is in the log */
  | { readonly kind: "withheld" }
  | { readonly kind: "later" };

/** What the checks work with. */
export interface MailmanContext {
  readonly store: ListStore & Roster & Posts & Queue & RidingNotices;
  readonly lists: ListsInUse;
  readonly heads: Heads;
  readonly reader: Reader;
  readonly log: Log;
  readonly now: () => number;
}

/** Knows Mailman's mails. */
export class MailmanMail {
  readonly #parts: MailmanContext;
  /** Posts that were checked for their last recipients. */
  readonly #known = new Map<string, Promise<FromMailman>>();

  constructor(parts: MailmanContext) {
    this.#parts = parts;
  }

  /** @param sender the envelope sender, `team-bounces+...@`: Mailman writes it, and it names the list */
  async read(sender: string, raw: Uint8Array): Promise<FromMailman> {
    const { lists, heads } = this.#parts;
    const from = await lists.recipient(sender);
    if (from.kind !== "bounces") return { kind: "pass" };
    const received = fieldsNamed(raw, "received");
    // Mailman's own mails to members never came from anywhere; whatever did is a post, and a plain one must not get out
    if (received.length === 0) return { kind: "pass" };
    if ((await heads.paused()).has(from.list.address)) return { kind: "later" };
    const name = createHash("sha256").update(raw).digest("hex");
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const checked = this.#check(from.list, name, passageOf(received), raw);
    this.#known.set(name, checked);
    const forget = () => this.#known.delete(name);
    checked.then(({ kind }) => kind === "later" && forget(), forget);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_PREPARED_POSTS && oldest !== undefined) this.#known.delete(oldest);
    return checked;
  }

  async #check(row: List, name: string, passage: string, raw: Uint8Array, tries = 1): Promise<FromMailman> {
    const { store, lists, reader, log, now } = this.#parts;
    if ((await store.listSettings(row.id)).retired !== undefined) return { kind: "withheld" };
    const list = await lists.open(row);
    if (list === undefined) return { kind: "later" };
    let post: Post | undefined;
    const queue = async (accepted: NewPost) => {
      post = { ...accepted, id: 0, held: false };
      return store.rememberPost({ ...accepted, sealDigest: passage });
    };
    const refusedBefore = await store.refusedBefore(row.id);
    // how much somebody may post is for Mailman to say
    const gate: PostAdmission = {
      ...(refusedBefore === undefined ? {} : { refusedBefore }),
      exhausted: () => false,
    };
    let outcome: Awaited<ReturnType<typeof acceptPost>>;
    try {
      outcome = await acceptPost(store, list, { raw, at: now(), reader, queue, gate });
    } catch (error) {
      // Mailman would hand it over again and again
      if (error instanceof ReadingEnded && error.reason === "before") return { kind: "withheld" };
      log.error("post-not-opened", { list: row.address, code: codeForLog(error) });
      return { kind: "later" };
    }
    if (outcome.kind === "changed") {
      const present = await store.listById(row.id);
      if (present === undefined || tries === MAX_TRIES) return { kind: "later" };
      return this.#check(present, name, passage, outcome.raw, tries + 1);
    }
    if (post !== undefined && (outcome.kind === "queued" || outcome.kind === "repeat")) {
      return { kind: "post", name, post };
    }
    const code = outcome.kind === "refused" ? outcome.code : outcome.kind;
    log.warn(outcome.kind === "not-sealed" ? "post-not-sealed" : "post-refused", { list: row.address, code });
    return { kind: "withheld" };
  }
}

/** The way that a mail took, whoever folded its fields since. */
function passageOf(received: readonly string[]): string {
  const fields = received.map((field) => field.replaceAll(/\s+/g, " "));
  return createHash("sha256").update(fields.join("\n")).digest("hex");
}
