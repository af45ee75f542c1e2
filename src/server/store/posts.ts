/** Posts: what was seen before, what is kept until its copies are out, and what waits for a moderator. */

import { MAX_HELD_OF_STRANGERS, MAX_HELD_POSTS } from "../base/limits.js";
import { type ApplyCommand, type CommandOutcome, nothingToReport, Refused } from "./apply-command.js";
import { assertMayPost, type PostAuthorization, type VerifiedCommand } from "./authorization.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  firstRow,
  hasRows,
  isSet,
  number,
  type Script,
  sql,
  textColumn,
  word,
} from "./database.js";
import { beginDelivery, countReaders, dropDelivery } from "./deliveries.js";
import { beginFanOut, finishFanOuts } from "./fan-outs.js";
import { lockList } from "./lists.js";
import {
  type ComingBody,
  dropFinishedPost,
  giveBody,
  giveUpBody,
  octetsInRow,
  readOctets,
  sweepSoon,
  writePieces,
} from "./post-pieces.js";

/** A post that passed all checks, to be kept and queued. */
export interface NewPost {
  readonly listId: number;
  /** As received, sealed to the server. */
  readonly raw: Uint8Array;
  readonly accepted: number;
  /** The signed message id, with angle brackets. */
  readonly messageId: string;
  /** Fingerprint of the key that signed the submission. */
  readonly signer: string;
  /** SHA-256 of the key packet, hex. */
  readonly keyPacketDigest: string;
  /** SHA-256 of the data packet: the post is known by it, however its session key is wrapped. */
  readonly dataPacketDigest: string;
  /** SHA-256 of the outer seal as submitted, hex: an honest retry brings the very same bytes. */
  readonly sealDigest: string;
  /** The replay is remembered until then. */
  readonly keptUntil: number;
  readonly author: Author;
  /** Compared again in the transaction that takes the post. */
  readonly warrant: PostAuthorization;
  /** Keeps the post until a moderator decides; its copies go to moderators and owners, for review. */
  readonly hold?: boolean;
}

/**
 * The author as they were when the post was accepted: they may be gone when its copies are made. A `non-member`'s
 * certificate came with the post and proves nobody.
 */
export interface Author {
  readonly kind: "member" | "non-member";
  readonly name: string;
  readonly certificate: Uint8Array;
}

/** What became of a post given to {@link Posts.queuePost}. */
export type Queued =
  | { readonly kind: "queued"; readonly postId: number; readonly copies: number }
  /** kept for a moderator; `copies`: for review */
  | { readonly kind: "held"; readonly postId: number; readonly copies: number }
  /** as many as a list keeps wait already: nothing was kept or remembered */
  | { readonly kind: "too-many-held" }
  /** the same post again (a sender's retry): nothing was queued, and the sender is told 250 */
  | { readonly kind: "repeat" }
  /** another key packet under a message id that this signer used before */
  | { readonly kind: "message-id-reused" }
  /** a key packet that came before under another message id or signer, or in another outer seal */
  | { readonly kind: "replayed" };

/** A kept post, to be opened again when its copies are made. */
export interface Post {
  readonly id: number;
  readonly listId: number;
  readonly raw: Uint8Array;
  readonly accepted: number;
  readonly author: Author;
  /** Still waits for a moderator. */
  readonly held: boolean;
}

/** A post that waits for a moderator, without its bytes. */
export interface StoredHeldMail {
  readonly id: number;
  readonly messageId: string;
  readonly accepted: number;
  readonly authorKind: Author["kind"];
}

export interface Posts {
  /**
   * Compares the warrant, checks the replay memory and queues a copy for every member of this moment, in one transaction.
   * Durable on return.
   *
   * @throws Stale if the warrant is not true any more; nothing was remembered then
   */
  queuePost(post: NewPost): Promise<Queued>;
  /** Whether this very outer seal was accepted before, whoever is a member by now. */
  knowsSeal(listId: number, sealDigest: string): Promise<boolean>;
  /** What {@link queuePost} would say of a post that was seen before; `undefined` for a new one. Nothing is changed. */
  knownPost(post: NewPost): Promise<Queued | undefined>;
  /** As {@link queuePost}, of a post that another queue has: it is remembered, and nothing is kept or queued. @throws Stale */
  rememberPost(post: NewPost): Promise<Queued>;
  /**
   * Compares the warrant of a post that is about to leave for another queue, and calls `end`: until that has returned nobody
   * changes the list or its roster. `end` is synchronous, and is called at most once.
   *
   * @throws Stale; `end` was not called then
   */
  confirmPost(warrant: PostAuthorization, end: () => void): Promise<void>;
  /** Remembers a post that has left for `copies` members at {@link confirmPost}'s word, whatever has happened since. */
  rememberSent(post: NewPost, copies: number): Promise<Queued>;
  post(id: number): Promise<Post | undefined>;
  /** When the oldest post was accepted that has copies to be sent, also such as are set aside; `undefined` if none has. */
  oldestPost(): Promise<number | undefined>;
  /** Posts of a list that wait for a moderator, oldest first. */
  heldPosts(listId: number): Promise<readonly StoredHeldMail[]>;
  /** Lets a held post out: a copy for every member of this moment. Copies for review that were not sent are dropped. */
  releasePost(verified: VerifiedCommand, postId: number): Promise<CommandOutcome>;
  /** Deletes a held post and its copies for review. */
  rejectPost(verified: VerifiedCommand, postId: number): Promise<CommandOutcome>;
}

const authorKinds = ["member", "non-member"] as const;

/** The posts in `database`. */
export function postsIn(database: Database, applyCommand: ApplyCommand): Posts {
  return {
    async queuePost(post) {
      const body = await writePieces(database, post.raw, post.accepted);
      const made = async (): Promise<Queued> => {
        const outcome = await database.transaction(() => makePost(database, post, body));
        // it is on disk that they are to be queued: what goes wrong now, a worker puts right
        if (outcome.kind === "queued") await finishFanOuts(database, outcome.postId).catch(() => undefined);
        return outcome;
      };
      if (body === undefined) return made();
      let queued: Queued | undefined;
      try {
        queued = await made();
      } finally {
        if (queued?.kind !== "queued" && queued?.kind !== "held") await giveUpBody(database, body);
        // it was done as soon as it was there
        else if (queued.copies === 0) await sweepSoon(database);
      }
      return queued;
    },

    knowsSeal: (listId, sealDigest) =>
      hasRows(
        database,
        sql`SELECT 1 AS known FROM replays WHERE list_id = ${listId} AND seal_digest = ${sealDigest} LIMIT 1`,
      ),

    knownPost: (post) => database.transaction(() => lookUpReplay(post)),

    rememberPost: (post) =>
      database.transaction(function* (): Script<Queued> {
        yield* lockList(database, post.listId);
        yield* assertMayPost(post.warrant);
        return yield* rememberElsewhere(post, 0);
      }),

    confirmPost: (warrant, end) =>
      database.readLocked(function* () {
        yield sql`SELECT id FROM lists WHERE id = ${warrant.list.id} ${database.dialect.shareRows}`;
        yield* assertMayPost(warrant);
      }, end),

    rememberSent: (post, copies) => database.transaction(() => rememberElsewhere(post, copies)),

    async post(id) {
      const row = await findRow(database, (row) => row, sql`SELECT * FROM posts WHERE id = ${id}`);
      if (row === undefined) return undefined;
      const raw = await readOctets(database, id, bytes(row, "raw"));
      if (raw === undefined) return undefined;
      return {
        id: number(row, "id"),
        listId: number(row, "list_id"),
        raw,
        accepted: number(row, "accepted"),
        author: {
          kind: word(row, "author_kind", authorKinds),
          name: textColumn(row, "author_name"),
          certificate: bytes(row, "author_certificate"),
        },
        held: number(row, "held") === 1,
      };
    },

    oldestPost: () =>
      findRow(
        database,
        (row) => (isSet(row, "accepted") ? number(row, "accepted") : undefined),
        sql`SELECT min(accepted) AS accepted FROM posts WHERE held = 0`,
      ),

    heldPosts: (listId) =>
      findRows(
        database,
        (row) => ({
          id: number(row, "id"),
          messageId: textColumn(row, "message_id"),
          accepted: number(row, "accepted"),
          authorKind: word(row, "author_kind", authorKinds),
        }),
        sql`SELECT id, message_id, accepted, author_kind FROM posts WHERE list_id = ${listId} AND held = 1 ORDER BY id`,
      ),

    async releasePost(verified, postId) {
      const outcome = await applyCommand(verified, function* () {
        const { listId } = verified.command;
        yield* takeOffHold(listId, postId);
        yield sql`UPDATE posts SET held = 0 WHERE id = ${postId}`;
        yield* countReaders(postId, yield* beginFanOut(postId, listId, verified.now), verified.now);
        yield dropFinishedPost(postId);
        return nothingToReport;
      });
      await finishFanOuts(database, postId).catch(() => undefined);
      return outcome;
    },

    rejectPost: (verified, postId) =>
      applyCommand(verified, function* () {
        yield* takeOffHold(verified.command.listId, postId);
        yield sql`DELETE FROM posts WHERE id = ${postId}`;
        yield dropDelivery(postId);
        return nothingToReport;
      }),
  };
}

function* makePost(database: Database, post: NewPost, body: ComingBody | undefined): Script<Queued> {
  const { listId, author, hold = false } = post;
  yield* lockList(database, listId);
  yield* assertMayPost(post.warrant);
  // first written, then looked at: of two deliveries of one post at one moment, the second sees the first
  if (!(yield* rememberReplay(post))) return (yield* lookUpReplay(post)) ?? { kind: "replayed" };
  if (hold) {
    const count = yield* firstRow(
      sql`SELECT count(*) AS held FROM posts WHERE list_id = ${listId} AND held = 1 AND author_kind = ${author.kind}`,
    );
    const most = author.kind === "member" ? MAX_HELD_POSTS : MAX_HELD_OF_STRANGERS;
    if (count !== undefined && number(count, "held") >= most) {
      // the memory of it goes, too: it may be sent again when there is room
      yield sql`DELETE FROM replays
          WHERE list_id = ${listId} AND signer = ${post.signer} AND message_id = ${post.messageId}`;
      return { kind: "too-many-held" };
    }
  }
  const made = yield* firstRow(
    sql`INSERT INTO posts (list_id, raw, accepted, message_id, author_kind, author_name, author_certificate, held)
        VALUES (${listId}, ${octetsInRow(post.raw)}, ${post.accepted}, ${post.messageId}, ${author.kind},
          ${author.name}, ${author.certificate}, ${hold ? 1 : 0}) RETURNING id`,
  );
  if (made === undefined) throw new Error("a post that was kept is not there");
  const postId = number(made, "id");
  if (body !== undefined) yield* giveBody(body, postId);
  const copies = yield* hold
    ? queueReviews(postId, listId, post.accepted)
    : beginFanOut(postId, listId, post.accepted);
  yield* beginDelivery(postId, post, hold ? undefined : copies);
  yield dropFinishedPost(postId);
  return { kind: hold ? "held" : "queued", postId, copies };
}

/** Queues a copy of a held post for every moderator and owner of this moment; gives their number. */
function* queueReviews(postId: number, listId: number, due: number): Script<number> {
  const { changes } = yield sql`INSERT INTO jobs (list_id, kind, post_id, member_id, queued, due)
      SELECT list_id, 'review', CAST(${postId} AS BIGINT), id, CAST(${due} AS BIGINT), CAST(${due} AS BIGINT)
      FROM members WHERE list_id = ${listId} AND role IN ('moderator', 'owner') ORDER BY address`;
  return changes;
}

/** Before a moderator's decision on a held post: its copies for review are gone by then. */
function* takeOffHold(listId: number, postId: number): Script<void> {
  const held = yield* firstRow(
    sql`SELECT id FROM posts WHERE id = ${postId} AND list_id = ${listId} AND held = 1`,
  );
  // somebody else decided
  if (held === undefined) throw new Refused("no-such-post");
  yield sql`DELETE FROM jobs WHERE post_id = ${postId}`;
}

/** False if the post, or another under its message id, or its key packet or data packet, was seen before. */
function* rememberReplay(post: NewPost): Script<boolean> {
  const { changes } = yield sql`INSERT INTO replays
      (list_id, signer, message_id, key_packet_digest, data_packet_digest, seal_digest, kept_until)
      VALUES (${post.listId}, ${post.signer}, ${post.messageId}, ${post.keyPacketDigest}, ${post.dataPacketDigest},
        ${post.sealDigest}, ${post.keptUntil}) ON CONFLICT DO NOTHING`;
  if (changes === 0) return false;
  // known outside the database as well (rollback-guard.ts), so that an older one is noticed
  yield sql`INSERT INTO post_counts (list_id, posts) VALUES (${post.listId}, 1)
      ON CONFLICT (list_id) DO UPDATE SET posts = post_counts.posts + 1`;
  return true;
}

/** What was seen before of a post; `undefined` if nothing was. */
function* lookUpReplay(post: NewPost): Script<Queued | undefined> {
  const { listId, signer, messageId, keyPacketDigest, dataPacketDigest } = post;
  const { rows } =
    yield sql`SELECT signer, message_id, key_packet_digest, data_packet_digest, seal_digest FROM replays
      WHERE list_id = ${listId} AND ((signer = ${signer} AND message_id = ${messageId})
        OR key_packet_digest = ${keyPacketDigest} OR data_packet_digest = ${dataPacketDigest})`;
  const same = rows.find(
    (row) => textColumn(row, "signer") === signer && textColumn(row, "message_id") === messageId,
  );
  if (same === undefined) return rows.length === 0 ? undefined : { kind: "replayed" };
  // what was remembered by an older version has no data packet
  const isSamePost =
    textColumn(same, "key_packet_digest") === keyPacketDigest ||
    (isSet(same, "data_packet_digest") && textColumn(same, "data_packet_digest") === dataPacketDigest);
  if (!isSamePost) return { kind: "message-id-reused" };
  return { kind: textColumn(same, "seal_digest") === post.sealDigest ? "repeat" : "replayed" };
}

function* rememberElsewhere(post: NewPost, copies: number): Script<Queued> {
  if (yield* rememberReplay(post)) return { kind: "queued", postId: 0, copies };
  return (yield* lookUpReplay(post)) ?? { kind: "replayed" };
}
