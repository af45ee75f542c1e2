/**
 * The filter that Postfix calls once a recipient (docs/postfix/explode-*.cf): takes a checked post with its slip, makes
 * that member's copy, and hands it to the relay before it answers. It keeps nothing: what is not answered with 250 is in
 * Postfix's queue still, and any number of filters on any number of machines do the same work.
 *
 * The roster is read for each copy: somebody removed after the post was accepted gets nothing.
 */

import { notSealed, queued, type Reply, tryLater } from "../in/reply.js";
import { Budget, type Front, type FrontOptions, openFront } from "../in/smtp.js";
import { type DataFolder, isInitialised } from "../kept/data-folder.js";
import type { Ledger } from "../kept/ledger.js";
import { MAX_PREPARED_POSTS } from "../kept/limits.js";
import { ListsInUse } from "../kept/lists-in-use.js";
import { codeForLog, type Log } from "../kept/log.js";
import { openLedger } from "../kept/open-ledger.js";
import { openCheckedStore, type StorePlace } from "../kept/open-store.js";
import { KeyFileError } from "../kept/server-keys.js";
import type { Member, Store } from "../kept/store.js";
import { openTokens } from "../kept/tokens.js";
import { CopyMaker, type PreparedPost, preparePost } from "../out/copies.js";
import { connectToRelay, type RelayConnection, type RelayOptions } from "../out/relay.js";
import { openSlips, type Slip, type Slips } from "../out/slip.js";
import { Standing } from "../out/standing.js";
import { NotInitialised } from "./service.js";

export interface FilterOptions {
  readonly folder: DataFolder;
  readonly store?: StorePlace;
  /** Where Postfix reaches the filter. Nobody else may: on loopback, or behind a firewall. */
  readonly front: FrontOptions;
  /** Where copies go: Postfix again, at a port without a content_filter. */
  readonly relay: RelayOptions;
  readonly publicUrl?: string;
  readonly log: Log;
}

/** A filter that runs. */
export interface Filter {
  readonly front: Front;
  stop(): Promise<void>;
}

/** Starts a filter; it listens when this resolves. The server's data folder, or a copy of its keys, has to be there. */
export async function startFilter(options: FilterOptions): Promise<Filter> {
  const { folder, log } = options;
  if (!isInitialised(folder)) throw new NotInitialised(`${folder.path} holds no server: run init first`);
  const place = options.store ?? { kind: "sqlite", file: folder.database };
  const store = await openCheckedStore(place);
  const ledger = await openLedger(place);
  const tokens = await openTokens(folder.tokenSecret);
  const now = () => Date.now();
  const filtering = new Filtering({
    store,
    ledger,
    lists: new ListsInUse(store, folder),
    slips: await openSlips(folder),
    copies: new CopyMaker({ tokens, now, publicUrl: () => options.publicUrl }),
    standing: new Standing({ store, ledger, log, now, wake: () => undefined }),
    relay: options.relay,
    log,
  });
  const handler = {
    isOurs: async () => true,
    take: (recipient: string, _sender: string, raw: Uint8Array) => filtering.take(recipient, raw),
  };
  const front = await openFront(options.front, handler, new Budget(), log);
  return {
    front,
    async stop() {
      await front.close();
      filtering.close();
      await ledger.close();
      await store.close();
    },
  };
}

interface FilteringParts {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly lists: ListsInUse;
  readonly slips: Slips;
  readonly copies: CopyMaker;
  readonly standing: Standing;
  readonly relay: RelayOptions;
  readonly log: Log;
}

class Filtering {
  readonly #parts: FilteringParts;
  /** Posts that were opened for their last copies, by their bytes' digest as the slip names it. */
  readonly #prepared = new Map<string, Promise<PreparedPost>>();
  #idle: RelayConnection[] = [];

  constructor(parts: FilteringParts) {
    this.#parts = parts;
  }

  /** One copy. 250 says that the relay has it, or that nobody is to get it. */
  async take(recipient: string, mail: Uint8Array): Promise<Reply> {
    const { slips, store, standing, log } = this.#parts;
    const found = slips.detach(mail);
    // not from our server: somebody reached a port that is for Postfix alone
    if (found === undefined) return notSealed;
    const { slip, raw, digest } = found;
    const member = await store.memberByAddress(slip.listId, recipient);
    if (member === undefined) {
      log.info("copy-dropped", { code: "not-a-member" });
      return queued;
    }
    let post: PreparedPost;
    try {
      post = await this.#preparedPost(`${slip.listId} ${slip.accepted} ${digest}`, slip, raw);
    } catch (error) {
      log.error("post-not-opened", { code: codeForLog(error) });
      return tryLater;
    }
    if (post.skips === member.fingerprint || (await standing.isSuspended(member))) {
      log.info("copy-dropped", { member: member.id, code: "withheld" });
      return queued;
    }
    return this.#send(post, member);
  }

  async #send(post: PreparedPost, member: Member): Promise<Reply> {
    const { copies, standing, relay, log } = this.#parts;
    const connection = this.#idle.pop() ?? (await connectToRelay(relay));
    let copy: Awaited<ReturnType<CopyMaker["copyFor"]>>;
    try {
      copy = await copies.copyFor(post, member);
    } catch (error) {
      this.#idle.push(connection);
      const code = codeForLog(error);
      // a secret whose file can't be read is for the operator to put right; Postfix keeps the copy
      if (error instanceof KeyFileError) {
        log.error("copy-not-made", { member: member.id, code });
        return tryLater;
      }
      log.error("copy-dropped", { member: member.id, code });
      // never 5xx: a key that ran out is no failure of the member's mail system, and must not count as one
      await standing.noteUnusableKey(member, code);
      return queued;
    }
    const result = await connection.send(copy);
    if (result.kind !== "broken") this.#idle.push(connection);
    switch (result.kind) {
      case "sent":
        log.info("copy-sent", { member: member.id });
        return queued;
      case "refused":
        log.warn("copy-refused", { member: member.id, reply: result.reply, status: result.status });
        return { code: result.reply, status: result.status || "5.0.0", text: "The relay refused the copy." };
      case "later":
      case "broken":
        return tryLater;
    }
  }

  #preparedPost(name: string, slip: Slip, raw: Uint8Array): Promise<PreparedPost> {
    const known = this.#prepared.get(name);
    if (known !== undefined) return known;
    const made = this.#prepare(slip, raw);
    this.#prepared.set(name, made);
    made.catch(() => this.#prepared.delete(name));
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > MAX_PREPARED_POSTS && oldest !== undefined) this.#prepared.delete(oldest);
    return made;
  }

  async #prepare({ listId, accepted, author }: Slip, raw: Uint8Array): Promise<PreparedPost> {
    const { store, lists, ledger } = this.#parts;
    const list = await lists.openById(listId);
    if (list === undefined) throw new Error("a slip of a list that is not there");
    const post = { id: 0, listId, raw, accepted, author, held: false };
    return preparePost(store, list, post, await ledger.settings(listId));
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
