/** Posts and what was seen before, in SQL; with the files that it builds on the whole store. */
import { MAX_HELD_MS, MAX_HELD_OF_STRANGERS, MAX_HELD_POSTS } from "../base/limits.js";
import type { Carried, FullStore } from "./membership-store.js";
import { bytes, type Engine, isSet, number, type Script, sql, text, word } from "./sql.js";
import { quietly, Refused } from "./sql-orders.js";
import {
  type ComingBody,
  endComing,
  giveBody,
  giveUpBody,
  octetsInRow,
  readOctets,
  sweepBodies,
  sweepSoon,
  writePieces,
} from "./sql-post-octets.js";
import { SqlQueue } from "./sql-queue.js";
import { dropFinishedPost, holdList } from "./sql-roster.js";
import type { HeldPost, NewPost, Post, PostWarrant, Queued, Store } from "./store.js";
import { assertMayPost, type Order } from "./warrant.js";

const authorKinds = ["member", "non-member"] as const;

/** Queues a copy for every member of this moment whose role is in `among`; gives their number. */
function* queueCopies(
  postId: number,
  listId: number,
  due: number,
  among: "everybody" | "moderators",
): Script<number> {
  const only = among === "moderators" ? "AND role IN ('moderator', 'owner')" : "AND role <> 'post-only'";
  const { changes } = yield sql(
    `INSERT INTO jobs (list_id, kind, post_id, member_id, queued, due)
       SELECT m.list_id, CASE p.held WHEN 1 THEN 'review' ELSE 'copy' END, p.id, m.id, CAST(? AS BIGINT), CAST(? AS BIGINT)
       FROM members m, posts p WHERE p.id = ? AND m.list_id = ? ${only} ORDER BY m.address`,
    due,
    due,
    postId,
    listId,
  );
  return changes;
}

/** False if the post, or another under its message id, or its key packet or data packet, was seen before. */
function* rememberReplay(post: NewPost): Script<boolean> {
  const { changes } = yield sql(
    `INSERT INTO replays (list_id, signer, message_id, key_packet_digest, data_packet_digest, seal_digest, kept_until)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    post.listId,
    post.signer,
    post.messageId,
    post.keyPacketDigest,
    post.dataPacketDigest,
    post.sealDigest,
    post.keptUntil,
  );
  if (changes === 0) return false;
  // known outside the database as well (heads.ts), so that an older one is noticed
  yield sql(
    `INSERT INTO post_counts (list_id, posts) VALUES (?, 1)
       ON CONFLICT (list_id) DO UPDATE SET posts = post_counts.posts + 1`,
    post.listId,
  );
  return true;
}

/** What was seen before of a post; `undefined` if nothing was. */
function* lookUpReplay(post: NewPost): Script<Queued | undefined> {
  const { rows } = yield sql(
    `SELECT signer, message_id, key_packet_digest, data_packet_digest, seal_digest FROM replays
       WHERE list_id = ? AND ((signer = ? AND message_id = ?) OR key_packet_digest = ? OR data_packet_digest = ?)`,
    post.listId,
    post.signer,
    post.messageId,
    post.keyPacketDigest,
    post.dataPacketDigest,
  );
  const same = rows.find(
    (row) => text(row, "signer") === post.signer && text(row, "message_id") === post.messageId,
  );
  if (same === undefined) return rows.length === 0 ? undefined : { kind: "replayed" };
  // what was remembered by an older version has no data packet
  const isSamePost =
    text(same, "key_packet_digest") === post.keyPacketDigest ||
    (isSet(same, "data_packet_digest") && text(same, "data_packet_digest") === post.dataPacketDigest);
  if (!isSamePost) return { kind: "message-id-reused" };
  return { kind: text(same, "seal_digest") === post.sealDigest ? "repeat" : "replayed" };
}

function* rememberElsewhere(post: NewPost, copies: number): Script<Queued> {
  if (yield* rememberReplay(post)) return { kind: "queued", postId: 0, copies };
  return (yield* lookUpReplay(post)) ?? { kind: "replayed" };
}

/** The store on `engine`. */
export class SqlStore extends SqlQueue implements FullStore {
  readonly sharing: Store["sharing"];

  constructor(engine: Engine, sharing: Store["sharing"]) {
    super(engine);
    this.sharing = sharing;
  }

  async queuePost(post: NewPost): Promise<Queued> {
    const { engine } = this;
    const body = await writePieces(engine, post.raw, post.accepted);
    if (body === undefined) return this.#makePost(post);
    let queued: Queued | undefined;
    try {
      queued = await this.#makePost(post, body);
    } finally {
      if (queued?.kind !== "queued" && queued?.kind !== "held") await giveUpBody(engine, body);
      // it was done as soon as it was there
      else if (queued.copies === 0) await sweepSoon(engine);
    }
    return queued;
  }

  #makePost(post: NewPost, body?: ComingBody): Promise<Queued> {
    const { engine } = this;
    return engine.run(function* (): Script<Queued> {
      yield* holdList(engine, post.listId);
      yield* assertMayPost(post.warrant);
      const { listId, author } = post;
      const held = post.hold === true;
      // first written, then looked at: of two deliveries of one post at one moment, the second sees the first
      if (!(yield* rememberReplay(post))) return (yield* lookUpReplay(post)) ?? { kind: "replayed" };
      if (held) {
        const [count] = (yield sql(
          "SELECT count(*) AS held FROM posts WHERE list_id = ? AND held = 1 AND author_kind = ?",
          listId,
          author.kind,
        )).rows;
        const most = author.kind === "member" ? MAX_HELD_POSTS : MAX_HELD_OF_STRANGERS;
        if (count !== undefined && number(count, "held") >= most) {
          // the memory of it goes, too: it may be sent again when there is room
          yield sql(
            "DELETE FROM replays WHERE list_id = ? AND signer = ? AND message_id = ?",
            listId,
            post.signer,
            post.messageId,
          );
          return { kind: "too-many-held" };
        }
      }
      const [row] = (yield sql(
        `INSERT INTO posts (list_id, raw, accepted, message_id, author_kind, author_name, author_certificate, held)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
        listId,
        octetsInRow(post.raw),
        post.accepted,
        post.messageId,
        author.kind,
        author.name,
        author.certificate,
        held ? 1 : 0,
      )).rows;
      if (row === undefined) throw new Error("a post that was kept is not there");
      const postId = number(row, "id");
      if (body !== undefined) yield* giveBody(body, postId);
      const copies = yield* queueCopies(postId, listId, post.accepted, held ? "moderators" : "everybody");
      yield dropFinishedPost(postId);
      return { kind: held ? "held" : "queued", postId, copies };
    });
  }

  knownPost(post: NewPost): Promise<Queued | undefined> {
    return this.engine.run(() => lookUpReplay(post));
  }

  async knowsSeal(listId: number, sealDigest: string): Promise<boolean> {
    const rows = await this.engine.ask(
      sql("SELECT 1 AS known FROM replays WHERE list_id = ? AND seal_digest = ? LIMIT 1", listId, sealDigest),
    );
    return rows.rows.length > 0;
  }

  rememberPost(post: NewPost): Promise<Queued> {
    const { engine } = this;
    return engine.run(function* (): Script<Queued> {
      yield* holdList(engine, post.listId);
      yield* assertMayPost(post.warrant);
      return yield* rememberElsewhere(post, 0);
    });
  }

  confirmPost(warrant: PostWarrant, end: () => void): Promise<void> {
    const { shareRows } = this.engine.dialect;
    return this.engine.hold(function* () {
      yield sql(`SELECT id FROM lists WHERE id = ? ${shareRows}`, warrant.list.id);
      yield* assertMayPost(warrant);
    }, end);
  }

  rememberSent(post: NewPost, copies: number): Promise<Queued> {
    return this.engine.run(() => rememberElsewhere(post, copies));
  }

  async post(id: number): Promise<Post | undefined> {
    const [row] = (await this.engine.ask(sql("SELECT * FROM posts WHERE id = ?", id))).rows;
    if (row === undefined) return undefined;
    const raw = await readOctets(this.engine, id, bytes(row, "raw"));
    if (raw === undefined) return undefined;
    return {
      id: number(row, "id"),
      listId: number(row, "list_id"),
      raw,
      accepted: number(row, "accepted"),
      author: {
        kind: word(row, "author_kind", authorKinds),
        name: text(row, "author_name"),
        certificate: bytes(row, "author_certificate"),
      },
      held: number(row, "held") === 1,
    };
  }

  async heldPosts(listId: number): Promise<readonly HeldPost[]> {
    const found = await this.engine.ask(
      sql(
        "SELECT id, message_id, accepted, author_kind FROM posts WHERE list_id = ? AND held = 1 ORDER BY id",
        listId,
      ),
    );
    return found.rows.map((row) => ({
      id: number(row, "id"),
      messageId: text(row, "message_id"),
      accepted: number(row, "accepted"),
      authorKind: word(row, "author_kind", authorKinds),
    }));
  }

  releasePost(order: Order, postId: number): Promise<Carried> {
    return this.#decide(order, postId, function* () {
      yield sql("UPDATE posts SET held = 0 WHERE id = ?", postId);
      yield* queueCopies(postId, order.command.listId, order.now, "everybody");
      yield dropFinishedPost(postId);
    });
  }

  rejectPost(order: Order, postId: number): Promise<Carried> {
    return this.#decide(order, postId, function* () {
      yield sql("DELETE FROM posts WHERE id = ?", postId);
    });
  }

  /** Runs `decision` on a held post, once a command; its copies for review are gone by then. */
  #decide(order: Order, postId: number, decision: () => Script<void>): Promise<Carried> {
    return this.carryOut(order, function* () {
      const held = yield sql(
        "SELECT id FROM posts WHERE id = ? AND list_id = ? AND held = 1",
        postId,
        order.command.listId,
      );
      // somebody else decided
      if (held.rows.length === 0) throw new Refused("no-such-post");
      yield sql("DELETE FROM jobs WHERE post_id = ?", postId);
      yield* decision();
      return quietly;
    });
  }

  async forget(now: number): Promise<void> {
    await this.engine.run(function* () {
      const old = now - MAX_HELD_MS;
      yield sql(
        "DELETE FROM jobs WHERE post_id IN (SELECT id FROM posts WHERE held = 1 AND accepted < ?)",
        old,
      );
      yield sql("DELETE FROM posts WHERE held = 1 AND accepted < ?", old);
    });
    await this.engine.ask(endComing(now));
    await this.engine.ask(sql("DELETE FROM replays WHERE kept_until < ?", now));
    await this.engine.ask(sql("DELETE FROM requests WHERE kept_until < ?", now));
    await this.engine.ask(sql("DELETE FROM answers WHERE kept_until < ?", now));
    // those whom it was for have left
    await this.engine.ask(
      sql(
        "DELETE FROM tellings WHERE kind = 'report' AND NOT EXISTS (SELECT 1 FROM telling_copies WHERE telling_id = tellings.id)",
      ),
    );
    await this.engine.ask(sql("DELETE FROM forwarded WHERE kept_until < ?", now));
    await this.engine.ask(
      sql("DELETE FROM posts WHERE held = 0 AND NOT EXISTS (SELECT 1 FROM jobs WHERE post_id = posts.id)"),
    );
    await sweepBodies(this.engine, (statement) => this.engine.askAside(statement));
  }

  async oldestPost(): Promise<number | undefined> {
    const [row] = (await this.engine.ask(sql("SELECT min(accepted) AS accepted FROM posts WHERE held = 0")))
      .rows;
    return row !== undefined && isSet(row, "accepted") ? number(row, "accepted") : undefined;
  }

  waitingSince(): number | undefined {
    return this.engine.waitingSince();
  }

  async close(): Promise<void> {
    await this.engine.close();
  }
}
