/**
 * From a kept post to one member's copy. The server writes every header itself: nothing of the author's mail comes along
 * but the sealed parts and, where they are message ids, In-Reply-To and References.
 *
 * What is opened here stays in memory. A kept post is opened anew when its copies are made, for the members of then.
 */
import { type Mailbox, makeMailbox, parseAddress } from "../mail/mailbox.js";
import { encodeLargePart, readSealedMail, writeCopy } from "../mail/sealed-mail.js";
import { ListSealError } from "../protocol/errors.js";
import { parseSealingKey, readSealingKey, type SealingKey } from "../protocol/keys.js";
import {
  forwardOpened,
  openAtServer,
  type PreparedReseal,
  prepareReseal,
  resealFor,
} from "../protocol/reseal.js";
import { MAX_CACHED_CERTIFICATES } from "./limits.js";
import type { ListInUse } from "./lists-in-use.js";
import type { OutgoingMail } from "./relay.js";
import type { Member, Post, Store } from "./store.js";

/** A post with everything that its copies have in common: opened once, list signature made once. */
export interface PreparedPost {
  readonly list: ListInUse;
  readonly prepared: PreparedReseal;
  /** `Alice via Team <team@...>`: the list's address, so that it passes DMARC; who wrote it, proved, is inside the seal. */
  readonly from: Mailbox;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
  /** The large part in base64, where it is the same in every copy; one buffer, however many members. */
  readonly encoded?: Uint8Array;
}

/**
 * Opens a kept post once more and makes its list signature.
 *
 * The checks of the day it came are made again, with the clock of that day: a post that waited is not too old.
 *
 * @throws ListSealError and whatever a parser throws: the post is poison, and is set aside
 */
export async function preparePost(store: Store, list: ListInUse, post: Post): Promise<PreparedPost> {
  const mail = await readSealedMail(post.raw);
  if (mail.kind !== "sealed") throw new ListSealError("not-sealed", "a kept post without sealed parts");
  const opened = await openAtServer(mail.sealed, {
    list: list.ref,
    server: list.server,
    // the certificate may have run out, or its holder left, since the post was accepted
    author: await parseSealingKey("member", post.author.certificate),
    now: new Date(post.accepted),
  });
  const prepared = await prepareReseal(opened, {
    list: list.ref,
    server: list.server,
    roster: await store.recordHead(list.list.id),
    kind: post.author.kind === "member" ? "through" : "through-nonmember",
  });
  return {
    list,
    prepared,
    from: makeMailbox(`${post.author.name} via ${list.list.name}`, list.address),
    ...(mail.inReplyTo === undefined ? {} : { inReplyTo: mail.inReplyTo }),
    references: mail.references,
    ...sharedPart(list, prepared),
  };
}

/** In mode `whole`, resealed, each member's message differs from the first octet on: nothing is shared. */
function sharedPart(list: ListInUse, prepared: PreparedReseal): { encoded?: Uint8Array } {
  const { mode } = prepared.opened;
  if (mode === "whole" && list.list.delivery === "resealed") return {};
  return { encoded: encodeLargePart(forwardOpened(prepared)) };
}

/** Makes members' copies; keeps the certificates that it has parsed. */
export class CopyMaker {
  readonly #certificates = new Map<string, Promise<SealingKey<"member">>>();

  /**
   * The copy of `post` for `member`, ready for the relay. The body's bytes are shared by all copies.
   *
   * @param held the number under which the post waits, on a copy for its review by a moderator
   * @throws ListSealError `key-expired`, `key-revoked`, `weak-algorithm`: this member can get no copy, the others can
   */
  async copyFor(post: PreparedPost, member: Member, held?: number): Promise<OutgoingMail> {
    const { list, prepared } = post;
    const sealed =
      list.list.delivery === "opened"
        ? forwardOpened(prepared)
        : await resealFor(prepared, await this.#certificate(member));
    const { messageId, signedAt } = prepared.opened;
    const theList = makeMailbox(list.list.name, list.address);
    const { head, shared, tail } = writeCopy({
      list: list.address,
      listName: list.list.name,
      from: post.from,
      replyTo: theList,
      to: theList,
      messageId,
      date: signedAt,
      ...(post.inReplyTo === undefined ? {} : { inReplyTo: post.inReplyTo }),
      references: post.references,
      ...(held === undefined ? {} : { held }),
      ...(post.encoded === undefined ? {} : { encoded: post.encoded }),
      sealed,
      shape: member.shape,
    });
    return { sender: list.bounces, recipient: parseAddress(member.address), pieces: [head, shared, tail] };
  }

  /** Kept by member and fingerprint; a renewed certificate has other bytes, so the key holds their length too. */
  #certificate(member: Member): Promise<SealingKey<"member">> {
    const name = `${member.id} ${member.fingerprint} ${member.certificate.length}`;
    const known = this.#certificates.get(name);
    if (known !== undefined) {
      // least recently used goes first: a Map keeps the order of insertion
      this.#certificates.delete(name);
      this.#certificates.set(name, known);
      return known;
    }
    const key = readSealingKey("member", member.certificate);
    key.catch(() => this.#certificates.delete(name));
    this.#certificates.set(name, key);
    const [oldest] = this.#certificates.keys();
    if (this.#certificates.size > MAX_CACHED_CERTIFICATES && oldest !== undefined) {
      this.#certificates.delete(oldest);
    }
    return key;
  }
}
