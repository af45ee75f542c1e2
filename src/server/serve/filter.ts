/**
 * The filter that Postfix calls once a recipient (docs/postfix/explode-*.cf): takes a checked post with its queue header, makes
 * that member's copy, and hands it to the relay before it answers. It keeps no copies: what is not answered with 250 is
 * in Postfix's queue still, and any number of filters on any number of machines do the same work.
 *
 * Behind Mailman (docs/mailman) there is no queue header, and the post is checked here (in/from-mailman.ts).
 *
 * The roster is read for each copy, and the gate (out/gate.ts) is asked before its last line: somebody removed after the
 * post was accepted gets nothing.
 */
import { type DataFolder, isInitialised, NotInitialised } from "../base/data-folder.js";
import { MAX_PREPARED_POSTS } from "../base/limits.js";
import { codeForLog, type Log } from "../base/log.js";
import { CopyMaker, type PreparedPost, preparePost } from "../delivery/copies.js";
import { denial, type OutgoingCopy, RecipientGate, type WithheldReason } from "../delivery/gate.js";
import { openQueueHeaders } from "../delivery/queue-header.js";
import {
  connectToRelay,
  type OutgoingMail,
  type RelayConnection,
  type RelayOptions,
} from "../delivery/relay.js";
import { noticeAboard } from "../delivery/riding-notice.js";
import type { EndOfData } from "../delivery/smtp-client.js";
import { SuspensionReview } from "../delivery/suspension.js";
import { keptPostsIn } from "../parse/kept-posts.js";
import { ThreadReader } from "../parse/reader.js";
import { MailmanMail } from "../receive/from-mailman.js";
import { notSealed, queued, type Reply, tryLater } from "../receive/reply.js";
import { MemoryBudget, openFront, type SmtpListener, type SmtpListenerOptions } from "../receive/smtp.js";
import { ListsInUse } from "../store/lists-in-use.js";
import { openCheckedStore, type StorePlace } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import { KeyFileError } from "../store/server-keys.js";
import type { Member, Post, Store } from "../store/store.js";
import { openTokens } from "../store/tokens.js";

/** Who calls the filter: Postfix with checked posts (recipient-expander.ts), or Mailman with posts as they came. */
export type QueueOwner = "postfix" | "mailman";

export interface FilterOptions {
  readonly upstream: QueueOwner;
  readonly folder: DataFolder;
  readonly store?: StorePlace;
  /** Where Postfix or Mailman reaches the filter. Nobody else may: on loopback, or behind a firewall. */
  readonly front: SmtpListenerOptions;
  /** Where copies go: Postfix, at a port without a content_filter. */
  readonly relay: RelayOptions;
  readonly publicUrl?: string;
  readonly log: Log;
}

/** A filter that runs. */
export interface Filter {
  readonly front: SmtpListener;
  stop(): Promise<void>;
}

/** Starts a filter; it listens when this resolves. The server's data folder, or a copy of its keys, has to be there. */
export async function startFilter(options: FilterOptions): Promise<Filter> {
  const { folder, log } = options;
  if (!isInitialised(folder))
    throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
  const place = options.store ?? { kind: "sqlite", file: folder.database };
  const store = await openCheckedStore(place);
  const tokens = await openTokens(folder.tokenSecret);
  const now = () => Date.now();
  const lists = new ListsInUse(store, folder);
  const reader = await ThreadReader.open(folder.notAgain, now);
  const opener = keptPostsIn(reader);
  const heads = new Heads(folder.heads);
  const { upstream } = options;
  const leaving = upstream === "mailman" ? "list-leave" : "token";
  const filtering = new Filtering({
    store,
    read:
      upstream === "mailman"
        ? fromMailman(new MailmanMail({ store, lists, heads, reader, log, now }))
        : fromPostfix(await openQueueHeaders(folder)),
    prepare: async (post) => {
      const list = await lists.openById(post.listId);
      if (list === undefined) throw new Error("a post of a list that is not there");
      return preparePost(
        store,
        list,
        await opener.apart(post),
        await store.listSettings(post.listId),
        opener,
      );
    },
    copies: new CopyMaker({ tokens, now, publicUrl: () => options.publicUrl, leaving }),
    standing: new SuspensionReview({ store, log, now, wake: () => undefined }),
    gate: new RecipientGate({ store, heads }),
    relay: options.relay,
    log,
  });
  const handler = {
    isOurs: async () => true,
    take: (recipient: string, sender: string, raw: Uint8Array) => filtering.take(recipient, sender, raw),
  };
  const front = await openFront(options.front, handler, new MemoryBudget(), log);
  return {
    front,
    async stop() {
      await front.close();
      filtering.close();
      await reader.close();
      await store.close();
    },
  };
}

/** What a mail is that came for one recipient. */
type Arrived =
  /** `name`: of its copies' common work, in a cache; `sender`: the envelope's, if it is not for us to choose */
  | { readonly kind: "post"; readonly name: string; readonly post: Post; readonly sender?: string }
  /** it goes on as it is */
  | { readonly kind: "pass" }
  | { readonly kind: "answered"; readonly reply: Reply };

type Read = (sender: string, mail: Uint8Array) => Promise<Arrived>;

function fromPostfix(headers: Awaited<ReturnType<typeof openQueueHeaders>>): Read {
  return async (_sender, mail) => {
    const found = headers.detach(mail);
    // not from our server: somebody reached a port that is for Postfix alone
    if (found === undefined) return { kind: "answered", reply: notSealed };
    const { header, raw, digest } = found;
    const name = `${header.listId} ${header.accepted} ${digest}`;
    return { kind: "post", name, post: { ...header, id: 0, raw, held: false } };
  };
}

function fromMailman(mailman: MailmanMail): Read {
  return async (sender, raw) => {
    const found = await mailman.read(sender, raw);
    switch (found.kind) {
      case "post":
        // reports about the copy are for Mailman to count
        return { ...found, sender };
      case "pass":
        return found;
      case "withheld":
        // never 5xx: Mailman would count it against the member whom it was for
        return { kind: "answered", reply: queued };
      case "later":
        return { kind: "answered", reply: tryLater };
    }
  };
}

interface FilteringParts {
  readonly store: Store;
  readonly read: Read;
  readonly prepare: (post: Post) => Promise<PreparedPost>;
  readonly copies: CopyMaker;
  readonly standing: SuspensionReview;
  readonly gate: RecipientGate;
  readonly relay: RelayOptions;
  readonly log: Log;
}

class Filtering {
  readonly #parts: FilteringParts;
  /** Posts that were opened for their last copies. */
  readonly #prepared = new Map<string, Promise<PreparedPost>>();
  #idle: RelayConnection[] = [];

  constructor(parts: FilteringParts) {
    this.#parts = parts;
  }

  /** One copy. 250 says that the relay has it, or that nobody is to get it. */
  async take(recipient: string, sender: string, mail: Uint8Array): Promise<Reply> {
    const { read, store, log } = this.#parts;
    const arrived = await read(sender, mail);
    if (arrived.kind === "answered") return arrived.reply;
    if (arrived.kind === "pass") return this.#handOver({ sender, recipient, pieces: [mail] });
    const { listId } = arrived.post;
    if (await this.#parts.gate.isPaused({ listId, need: "copies" })) return tryLater;
    const found = await store.memberByAddress(listId, recipient);
    const member = found && (await store.recipientById(found.id));
    const stop = denial("copies", member);
    if (stop !== undefined || member === undefined) {
      log.warn("copy-dropped", { code: stop ?? "not-a-member" });
      return queued;
    }
    let post: PreparedPost;
    try {
      post = await this.#preparedPost(arrived.name, arrived.post);
    } catch (error) {
      log.error("post-not-opened", { code: codeForLog(error) });
      return tryLater;
    }
    if (post.skips === member.fingerprint) {
      log.info("copy-dropped", { member: member.id, code: "author" });
      return queued;
    }
    return this.#send(post, member, arrived.sender);
  }

  async #send(post: PreparedPost, member: Member, sender: string | undefined): Promise<Reply> {
    const { copies, standing, store, log } = this.#parts;
    let copy: OutgoingMail;
    try {
      copy = await copies.copyFor(
        post,
        member,
        undefined,
        await noticeAboard(store, post, member, Date.now()),
      );
    } catch (error) {
      const code = codeForLog(error);
      // a secret whose file can't be read is for the operator to put right; Postfix keeps the copy
      if (error instanceof KeyFileError) {
        log.error("copy-failed", { member: member.id, code });
        return tryLater;
      }
      log.error("copy-dropped", { member: member.id, code });
      // never 5xx: a key that ran out is no failure of the member's mail system, and must not count as one
      await standing.noteUnusableKey(member, code);
      return queued;
    }
    const passenger: OutgoingCopy = { listId: member.listId, need: "copies", member };
    return this.#handOver(sender === undefined ? copy : { ...copy, sender }, passenger);
  }

  /** @param passenger as whom it leaves, if it is a copy */
  async #handOver(mail: OutgoingMail, passenger?: OutgoingCopy): Promise<Reply> {
    const { relay, gate, log } = this.#parts;
    const about = passenger?.member === undefined ? {} : { member: passenger.member.id };
    const what = passenger === undefined ? "mail" : "copy";
    const connection = this.#idle.pop() ?? (await connectToRelay(relay));
    let stop: WithheldReason | undefined;
    const ending: EndOfData | undefined =
      passenger &&
      (async (end) => {
        stop = await gate.ask(passenger, end);
      });
    const result = await connection.send(mail, ending);
    if (result.kind !== "broken" && result.kind !== "withheld") this.#idle.push(connection);
    switch (result.kind) {
      case "sent":
        log.info(`${what}-sent`, {
          ...about,
          ...(result.queueId === undefined ? {} : { "queue-id": result.queueId }),
        });
        return queued;
      case "withheld":
        log.info("copy-withheld", { ...about, code: stop ?? "unknown" });
        // it comes again: for a list that goes on, or under the certificate of then
        return stop === "paused" || stop === "certificate-changed" ? tryLater : queued;
      case "refused":
        log.warn(`${what}-refused`, { ...about, reply: result.reply, status: result.status });
        return { code: result.reply, status: result.status || "5.0.0", text: "The relay refused the mail." };
      case "later":
      case "broken":
        return tryLater;
    }
  }

  #preparedPost(name: string, post: Post): Promise<PreparedPost> {
    const known = this.#prepared.get(name);
    if (known !== undefined) return known;
    const made = this.#parts.prepare(post);
    this.#prepared.set(name, made);
    made.catch(() => this.#prepared.delete(name));
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size > MAX_PREPARED_POSTS && oldest !== undefined) this.#prepared.delete(oldest);
    return made;
  }

  close(): void {
    for (const connection of this.#idle.splice(0)) connection.close();
  }
}
