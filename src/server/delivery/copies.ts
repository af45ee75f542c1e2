/**
 * From a kept post to one member's copy. The server writes every header itself: nothing of the author's mail comes along
 * but the sealed parts and, where they are message ids, In-Reply-To and References.
 *
 * What is opened here stays in memory. A kept post is opened again when its copies are made, for the members of then.
 */
import { setImmediate as others } from "node:timers/promises";
import { type Address, domainOf, localPartOf, type Mailbox, makeMailbox } from "../../mail/mailbox.js";
import {
  base64Length,
  base64Lines,
  type HeaderField,
  LINE_OCTETS,
  type SplitEncoding,
} from "../../mail/mime.js";
import {
  type Copy,
  type CopyFrames,
  largePartOf,
  type ReceivedMail,
  readSealedMail,
  writeCopy,
} from "../../mail/sealed-mail.js";
import { SharedBase64 } from "../../mail/shared-base64.js";
import { refusalOf } from "../../membership/file/errors.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { parseSealingKey, readSealingKey } from "../../openpgp/keys.js";
import type { SealedMessage } from "../../protocol/message.js";
import { forwardOpened, type PreparedReseal, prepareReseal, resealFor } from "../../protocol/reseal.js";
import { BufferCollector } from "../base/force-gc.js";
import type { ListSettings } from "../store/list-settings.js";
import type { ListInUse } from "../store/lists-in-use.js";
import type { RidingNotice, RidingNotices } from "../store/riding-notices.js";
import { KeyFileError } from "../store/server-keys.js";
import type { Member, Post, Roster, RosterRecord } from "../store/store.js";
import type { Tokens } from "../store/tokens.js";
import { asSealedMessage, FastReseal } from "./fast-reseal.js";
import { type OpenedSubmission, openSubmission } from "./open-submission.js";
import type { OutgoingMail } from "./relay.js";

/** A post with everything that its copies have in common: opened once, list signature made once. */
export interface PreparedPost {
  readonly list: ListInUse;
  readonly prepared: PreparedReseal;
  /** `Alice via Team <team@...>`: the list's address, so that it passes DMARC; who wrote it, proved, is inside the seal. */
  readonly from: Mailbox;
  readonly replyTo: Mailbox;
  /** The author gets no copy, if the list is set so. */
  readonly skips?: string;
  /** The notice that brought the list key that the post is under: whoever has not heard of it can't open their copy. */
  readonly riding?: RidingNotice;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
}

/** A kept post, taken apart. What it was taken from is as large as its parts: let go of it before they are opened. */
export interface PostInParts extends Omit<Post, "raw"> {
  readonly mail: Extract<ReceivedMail, { readonly kind: "sealed" }>;
  /** Length of the mail as it came. */
  readonly octets: number;
}

/** The post itself can't be opened, today or ever; `cause` says why. Every other error in its way may pass. */
export class UnopenablePost extends Error {
  override readonly name = "Poison";
}

/** Takes kept posts apart and opens them. Both throw {@link UnopenablePost}, or what may pass by itself. */
export interface PostOpener {
  apart(post: Post): Promise<PostInParts>;
  /** The parts are gone afterwards. */
  open(post: PostInParts, list: ListInUse): Promise<OpenedSubmission>;
}

/** In the thread that calls; a server does it in one of its own (in/reading/kept-posts.ts). */
export const openerHere: PostOpener = { apart: takeApart, open: openKept };

async function openKept({ mail, author, accepted }: PostInParts, list: ListInUse): Promise<OpenedSubmission> {
  // the certificate may have run out, or its holder left, since the post was accepted
  const key = await parseSealingKey("member", author.certificate);
  // it was the author's own when the post was accepted, or it would not be here
  const { outerSecret } = mail.sealed;
  const by = { author: key, ...(outerSecret === undefined ? {} : { authorSecret: outerSecret }) };
  try {
    return await openSubmission(mail.sealed, list, by, new Date(accepted));
  } catch (cause) {
    if (cause instanceof KeyFileError) throw cause;
    throw new UnopenablePost("a post that can't be opened", { cause });
  }
}

/** Takes a kept post apart. @throws Poison */
export async function takeApart({ raw, ...post }: Post): Promise<PostInParts> {
  try {
    const mail = await readSealedMail(raw);
    if (mail.kind !== "sealed") throw new ProtocolError("not-sealed", "a kept post without sealed parts");
    return { ...post, mail, octets: raw.length };
  } catch (cause) {
    throw new UnopenablePost("a post that can't be taken apart", { cause });
  }
}

/**
 * Opens a kept post once more and makes its list signature.
 *
 * The checks of the day it came are made again, with the clock of that day: a post that waited is not too old.
 *
 * @throws Poison; KeyFileError, ListSealError for the list's keys, the store's errors
 */
export async function preparePost(
  store: Roster & RosterRecord & RidingNotices,
  list: ListInUse,
  post: PostInParts,
  settings: ListSettings,
  opener: PostOpener = openerHere,
): Promise<PreparedPost> {
  const { mail } = post;
  const { opened, ref } = await opener.open(post, list);
  const prepared = await prepareReseal(opened, {
    list: ref,
    server: list.server,
    roster: await store.recordHead(list.list.id),
    kind: post.author.kind === "member" ? "through" : "through-nonmember",
  });
  const isMember = post.author.kind === "member";
  const riding = await store.ridingNotice(list.list.id, ref.key.fingerprint);
  const name = isMember ? await shownName(store, list, post.author.name, opened.by) : post.author.name;
  return {
    list,
    prepared,
    from: makeMailbox(`${name} via ${list.list.name}`, list.address),
    // attack: the header's own name is nobody's word; the address is the roster's, or the certificate's
    replyTo:
      settings.replyTo === "author"
        ? makeMailbox(isMember ? name : undefined, mail.from.address)
        : makeMailbox(list.list.name, list.address),
    ...(settings.authorCopy ? {} : { skips: opened.by }),
    ...(riding === undefined ? {} : { riding }),
    ...(mail.inReplyTo === undefined ? {} : { inReplyTo: mail.inReplyTo }),
    references: mail.references,
  };
}

/** Digits of a key's fingerprint behind a name that two members have. */
const NAMESAKE_DIGITS = 8;

/** An author's name as copies bear it. Nothing keeps two members from having one name: then each is told by their key. */
async function shownName(
  store: Roster & RosterRecord,
  { list }: ListInUse,
  name: string,
  by: string,
): Promise<string> {
  if (!(await store.hasNamesake(list.id, name, by))) return name;
  return `${name} (${by.slice(0, NAMESAKE_DIGITS).toUpperCase()})`;
}

/** What is on copies beside the post: whom they are for, in a form that only this server can make. */
export interface CopyContext {
  readonly tokens: Tokens;
  readonly now: () => number;
  /** `https://lists.example/` where one-click unsubscribing is reached from outside; asked again each time. */
  readonly publicUrl: () => string | undefined;
  /** How a member leaves: with a token of their own, or by mail to `team-leave@`, which is Mailman's. `token` if absent. */
  readonly leaving?: "token" | "list-leave";
}

/** RFC 2369 by mail, and RFC 8058 where the server is reached by https. A DKIM signature has to cover both fields. */
function unsubscribeFields(
  list: ListInUse,
  member: Member,
  { tokens, publicUrl, leaving }: CopyContext,
): readonly HeaderField[] {
  if (leaving === "list-leave") {
    const { address } = list;
    return [["List-Unsubscribe", `<mailto:${localPartOf(address)}-leave@${domainOf(address)}>`]];
  }
  const token = tokens.leave(member);
  const byMail = `<mailto:${detailed(list.requests, token)}?subject=unsubscribe>`;
  const base = publicUrl();
  if (base === undefined) return [["List-Unsubscribe", byMail]];
  const link = new URL(`leave/${list.list.id}/${token}`, base);
  return [
    ["List-Unsubscribe", `<${link}>, ${byMail}`],
    ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"],
  ];
}

/** `team-bounces@...` -> `team-bounces+TOKEN@...`. A token is of letters, digits and hyphens ({@link Tokens}), and needs no parser. */
function detailed(address: Address, token: string): string {
  return `${localPartOf(address)}+${token}@${domainOf(address)}`;
}

/** The part of a copy that is sealed for one member, and where its base64 comes from. */
interface Sealed {
  readonly sealed: SealedMessage;
  readonly encoded?: Uint8Array | SplitEncoding;
}

const NOTHING = new Uint8Array();

/** What is outside the seals of every copy. */
type Common = Omit<Copy, "shape" | "sealed">;

function commonOf(
  { list, prepared, from, replyTo, inReplyTo, references }: PreparedPost,
  held: number | undefined,
): Common {
  const { messageId, signedAt } = prepared.opened;
  return {
    list: list.address,
    listName: list.list.name,
    from,
    replyTo,
    to: makeMailbox(list.list.name, list.address),
    messageId,
    date: signedAt,
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references,
    ...(held === undefined ? {} : { held }),
  };
}

/** A post that is kept here until its copies are out. */
export interface KeptPostName {
  readonly postId: number;
  readonly isHeld: boolean;
}

/** Makes members' copies. */
export class CopyMaker {
  readonly #reseal = new FastReseal();
  /** Base64 of the containers that the copies of a post in mode `whole` share. */
  readonly #containers = new WeakMap<Uint8Array, SharedBase64>();
  /** Base64 of the large parts of the other posts; one buffer, however many members. */
  readonly #encoded = new WeakMap<PreparedReseal, Promise<Uint8Array>>();
  readonly #common = new WeakMap<PreparedPost, Common>();
  readonly #stationery: CopyContext;

  constructor(stationery: CopyContext) {
    this.#stationery = stationery;
  }

  /** No more copies of `post` are made for now: what they shared is overwritten. */
  finish(post: PreparedPost): void {
    this.#reseal.finish(post.prepared);
  }

  /**
   * Whether the member's holder has said that the key is in other hands. Whatever the server shares with them besides, it
   * may be in the same hands.
   */
  async isRevoked({ certificate }: Pick<Member, "certificate">): Promise<boolean> {
    try {
      await this.#reseal.check(certificate);
      return false;
    } catch (error) {
      // one that has run out is a matter of what is sealed to it
      return refusalOf(error, "damaged") === "key-revoked";
    }
  }

  /**
   * The copy of `post` for `member`, ready for the relay. The body's bytes are shared by all copies.
   *
   * @param kept   the post's number, where it is kept here; `isHeld` on a copy for its review by a moderator, which names it
   * @param aboard an owner's notice to this member that it carries (`riding-notice.ts`)
   * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`: this member can get no copy, the others can
   * @throws KeyFileError if the member's secret can't be read: neither can they, until the operator has put it right
   */
  async copyFor(
    post: PreparedPost,
    member: Member,
    kept?: KeptPostName,
    aboard?: Uint8Array,
  ): Promise<OutgoingMail> {
    const { list } = post;
    const held = kept?.isHeld === true ? kept.postId : undefined;
    // a copy for review that comes back is no reader's
    const delivered = kept?.isHeld === false ? kept.postId : undefined;
    const { sealed, encoded } = await this.#seal(post, member);
    const { head, shared, tail } = writeCopy({
      ...this.#commonOf(post, held, sealed),
      ...(encoded === undefined ? {} : { encoded }),
      sealed,
      ...(aboard === undefined ? {} : { notice: aboard }),
      shape: member.shape,
      fields: unsubscribeFields(list, member, this.#stationery),
    });
    const token = this.#stationery.tokens.bounce(member, this.#stationery.now(), delivered);
    return { sender: detailed(list.bounces, token), recipient: member.address, pieces: [head, shared, tail] };
  }

  /** Made once a post; of a held post there are copies for review alone. */
  #commonOf(post: PreparedPost, held: number | undefined, sealed: SealedMessage): Common {
    const known = this.#common.get(post);
    // a copy under a member's own secret names it in a field
    const isForOne = sealed.outerSecret !== undefined;
    if (known !== undefined && known.held === held && !isForOne) return known;
    const about = commonOf(post, held);
    if (isForOne) return about;
    const frames: CopyFrames = new Map();
    const made = { ...about, frames };
    this.#common.set(post, made);
    return made;
  }

  async #seal(post: PreparedPost, member: Member): Promise<Sealed> {
    const { list, prepared } = post;
    const shared = await this.#sharedPart(post);
    const { copiesSecret } = member;
    const isForCertificate = list.list.delivery !== "opened" && copiesSecret === undefined;
    // attack: a thief goes on with the secret beside the key, or with the list key alone. (Nothing is sealed for a certificate
    // that is revoked.)
    if (!isForCertificate && (await this.isRevoked(member)))
      throw new ProtocolError("key-revoked", "revoked by its holder");
    if (list.list.delivery === "opened") return { sealed: forwardOpened(prepared), ...shared };
    if (copiesSecret !== undefined) {
      const secret = await list.secrets.of("member", prepared.profile, copiesSecret);
      return { sealed: await resealFor(prepared, secret), ...shared };
    }
    const pieces = await this.#reseal.piecesFor(prepared, member.certificate);
    if (pieces === "library") {
      const key = await readSealingKey("member", member.certificate);
      return { sealed: await resealFor(prepared, key), ...shared };
    }
    if (prepared.opened.mode === "key") return { sealed: asSealedMessage(prepared, pieces), ...shared };
    // one buffer for all members, however large the post
    return {
      sealed: { mode: "whole", message: NOTHING },
      encoded: await this.#containerOf(pieces.container).after(pieces.pkesk),
    };
  }

  /**
   * The large part in base64, where it is the same in every copy: made for the first, when the mail as it came is gone from
   * memory. In mode `whole`, resealed, each member's message differs from the first octet on.
   */
  async #sharedPart({ list, prepared }: PreparedPost): Promise<{ readonly encoded?: Uint8Array }> {
    if (prepared.opened.mode === "whole" && list.list.delivery === "resealed") return {};
    const encoded = this.#encoded.get(prepared) ?? base64InTurns(largePartOf(forwardOpened(prepared)));
    this.#encoded.set(prepared, encoded);
    return { encoded: await encoded };
  }

  #containerOf(container: Uint8Array): SharedBase64 {
    const known = this.#containers.get(container);
    if (known !== undefined) return known;
    const made = new SharedBase64(container, base64InTurns);
    this.#containers.set(container, made);
    return made;
  }
}

/**
 * Base64 of a large part, a quarter of a megabyte at a time: 36 MB in one go are 0.1 to 0.2 s in which nobody else is answered.
 */

/** Octets between two turns, in whole lines: 1 ms, and 5 to 10 ms until V8 has compiled it. */
const TURN = 4_096 * LINE_OCTETS;

/** As `base64Lines`; everybody else has a turn before each quarter of a megabyte. */
export async function base64InTurns(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length <= TURN) return base64Lines(bytes);
  const out = new Uint8Array(base64Length(bytes.length));
  const garbage = new BufferCollector();
  let at = 0;
  for (let from = 0; from < bytes.length; from += TURN) {
    await others();
    const piece = base64Lines(bytes.subarray(from, from + TURN));
    out.set(piece, at);
    at += piece.length;
    garbage.add(piece.length);
  }
  return out;
}
