/**
 * The way out by Postfix's own queue: a checked post goes there once, as it was received, with every member as a recipient
 * and a queue header on top. Postfix keeps what becomes of each, and calls the filter (filter.ts) once a recipient.
 *
 * Nothing that could be read is in Postfix's queue: the post is still sealed to the server.
 *
 * 250 is said when Postfix has the post and it is remembered here. A crash between the two, and the sender's retry, give
 * every member a second copy with the same Message-ID; never none.
 */
import type { ListInUse } from "../store/lists-in-use.js";
import type { NewPost, Posts, Queued, Roster } from "../store/store.js";
import type { QueueHeaders } from "./queue-header.js";
import { handOver, type RelayOptions } from "./relay.js";
import type { EndOfData } from "./smtp-client.js";

/** Postfix could not take the post now; the sender is told to try later. */
export class PostfixUnavailable extends Error {
  override readonly name = "NotExploded";
}

/** Queues posts in Postfix, in place of the store. */
export class RecipientExpander {
  readonly #store: Posts & Roster;
  readonly #headers: QueueHeaders;
  readonly #port: RelayOptions;
  readonly #underway = new Set<string>();

  /** @param port Postfix's smtpd that has the filter as its content_filter */
  constructor(store: Posts & Roster, headers: QueueHeaders, port: RelayOptions) {
    this.#store = store;
    this.#headers = headers;
    this.#port = port;
  }

  /**
   * As {@link Posts.queuePost}. A post that is to be held stays with the store.
   *
   * @throws NotExploded, Stale: Postfix does not have the post then, or not for every member
   */
  async queue(list: ListInUse, post: NewPost): Promise<Queued> {
    if (post.hold) return this.#store.queuePost(post);
    const name = `${post.listId} ${post.keyPacketDigest}`;
    // the same post twice at one moment: one of them comes again, and is then a repeat
    if (this.#underway.has(name)) throw new PostfixUnavailable("this post is on its way");
    this.#underway.add(name);
    try {
      const known = await this.#store.knownPost(post);
      if (known !== undefined) return known;
      const readers = await this.#store.readersOf(post.listId);
      if (readers.length === 0) return await this.#store.rememberPost(post);
      const mail = {
        sender: list.bounces,
        recipients: readers,
        pieces: this.#headers.attach(post.raw, post),
      };
      // Postfix may take its time, and the author be removed meanwhile: it can't have the post before the last line
      const ending: EndOfData = (end) => this.#store.confirmPost(post.warrant, end);
      if (!(await handOver(this.#port, mail, ending))) {
        throw new PostfixUnavailable("Postfix did not take the post for every member");
      }
      return await this.#store.rememberSent(post, readers.length);
    } finally {
      this.#underway.delete(name);
    }
  }
}
