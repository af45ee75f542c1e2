/** The posts that copies are made of now: each is opened once for all its copies, as long as it is among the last few. */
import { collectAfter } from "../base/force-gc.js";
import { MAX_PREPARED_POSTS } from "../base/limits.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { Store } from "../store/store.js";
import {
  type CopyMaker,
  openerHere,
  type PostInParts,
  type PostOpener,
  type PreparedPost,
  preparePost,
} from "./copies.js";

/** Where posts come from. */
export interface PostSources {
  readonly store: Store;
  readonly lists: ListsInUse;
  /** How a kept post is opened; the server does it in a thread of its own. */
  readonly opener?: PostOpener;
}

export class PreparedPosts {
  readonly #sources: Required<PostSources>;
  readonly #copies: Pick<CopyMaker, "finish">;
  readonly #prepared = new Map<number, Promise<PreparedPost>>();
  /** Length of the longest since they were set aside. */
  #largest = 0;

  /** @param copies is told of each post that is set aside */
  constructor(sources: PostSources, copies: Pick<CopyMaker, "finish">) {
    this.#sources = { opener: openerHere, ...sources };
    this.#copies = copies;
  }

  /** A post, opened. @throws Poison, or whatever is thrown by what it takes besides: the store, the list's keys */
  get(id: number): Promise<PreparedPost> {
    const known = this.#prepared.get(id);
    if (known !== undefined) return known;
    const made = this.#prepare(id);
    this.#prepared.set(id, made);
    made.catch(() => this.#prepared.delete(id));
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > MAX_PREPARED_POSTS && oldest !== undefined) this.#forget(oldest);
    return made;
  }

  /** Keeps none of them any longer. */
  putAway(): void {
    for (const id of [...this.#prepared.keys()]) this.#forget(id);
    const octets = this.#largest;
    this.#largest = 0;
    // each lane comes here at each of its looks at the queue, mostly for nothing
    if (octets > 0) setImmediate(() => collectAfter(octets));
  }

  async #prepare(id: number): Promise<PreparedPost> {
    const { prepared, octets } = await this.#open(id);
    // what it was opened from goes before its copies are made
    collectAfter(octets);
    return prepared;
  }

  // what holds the parts ends with this function, and what holds the mail as it came with the next
  async #open(id: number): Promise<{ readonly prepared: PreparedPost; readonly octets: number }> {
    const { store, lists, opener } = this.#sources;
    const post = await this.#keptPost(id);
    const list = post && (await lists.openById(post.listId));
    if (post === undefined || list === undefined) throw new Error("a job without its post or list");
    this.#largest = Math.max(this.#largest, post.octets);
    collectAfter(post.octets);
    const settings = await store.listSettings(post.listId);
    return { prepared: await preparePost(store, list, post, settings, opener), octets: post.octets };
  }

  async #keptPost(id: number): Promise<PostInParts | undefined> {
    const { store, opener } = this.#sources;
    const post = await store.post(id);
    return post && opener.apart(post);
  }

  #forget(id: number): void {
    const prepared = this.#prepared.get(id);
    this.#prepared.delete(id);
    prepared?.then((post) => this.#copies.finish(post)).catch(() => undefined);
  }
}
