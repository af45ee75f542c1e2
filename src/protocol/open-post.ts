/**
 * The member's two openings (seed, steps 209 to 212 and 411 to 415).
 *
 * Outer with the member's own key, inner with the list key, then the checks. The payload is handed out only after the
 * inner signature has verified and fits: nothing that is half verified is ever shown (EFAIL).
 *
 * The server never imports this file.
 */
import { sha256 } from "../openpgp/digest.js";
import { ListSealError, ProtocolError } from "../openpgp/errors.js";
import { assertIntendedFor } from "../openpgp/intended-recipients.js";
import {
  assertKeyVersion,
  type Fingerprint,
  type OpeningKey,
  parseFingerprint,
  type SealingKey,
  sealingHalf,
} from "../openpgp/keys.js";
import { type OpenedLayer, openLayer } from "../openpgp/open-layer.js";
import { assertDataPacket, checkLiteral, type KeyPacketTarget, keyPacketTarget } from "../openpgp/packets.js";
import {
  assertSize,
  LIST_SIGNATURE_SLACK_MS,
  MAX_KEY_PACKET_BYTES,
  MAX_KEY_PART_BYTES,
  MAX_PAYLOAD_BYTES,
} from "../openpgp/policy.js";
import { isSecret, type Opener, profileOf, type SharedSecret } from "../openpgp/secrets.js";
import { type Notation, readSignature, verifyOnly } from "../openpgp/signature.js";
import { beginDigest } from "../openpgp/signed-digest.js";
import { bindingNames, listValue, readNotations } from "./binding.js";
import type { Mode, PostOrigin, RosterHead, SealedMessage, UnprovedReason } from "./message.js";

/** What a member opens with. */
export interface MemberKeys {
  /** The member's key for this list, and older ones if there are any. One's own posts are known by them. */
  readonly member: readonly OpeningKey<"member">[];
  /** Secrets shared with the server, for copies (`member`) and for one's own submissions in Sent (`server`). */
  readonly secrets?: readonly SharedSecret<"member" | "server">[];
  readonly list: { readonly address: string; readonly key: Opener<"list"> };
  /** The list's server certificate, from the invitation or a later owners' notice; never from a mail. */
  readonly server: SealingKey<"server">;
  readonly now?: Date;
}

/** Who the payload says wrote it, as `mail` and `membership` find it. The protocol then checks that the seals agree. */
export interface ClaimedAuthor {
  readonly author: SealingKey<"member">;
  /** The protected Message-ID. */
  readonly messageId: string;
}

/** An opened and verified post. */
export interface OpenedPost {
  readonly kind: "opened";
  readonly payload: Uint8Array;
  readonly author: Fingerprint;
  readonly messageId: string;
  /** Date of the author's inner signature. */
  readonly signedAt: Date;
  /**
   * SHA-256 of the data packet, which alone identifies a post: another one under a known author and message id is a re-post;
   * the caller remembers. Not of the key packet: every member has the session key, and can wrap it again.
   */
  readonly dataPacketDigest: string;
  readonly passage: PostOrigin;
  /** A detached list signature came along, beside a message that has its own: a part of the mail that is for nothing. */
  readonly hasStraySignature: boolean;
}

/** "Not for me" is a value: no key here opens the outer seal. Broken is an error. */
export type OpenResult = OpenedPost | { readonly kind: "not-for-me" };

/**
 * Opens a sealed message and verifies it.
 *
 * @param identify parses the payload and finds the author's certificate and the protected Message-ID. It must throw
 *                 `wrong-author` if From and certificate don't belong together. What it is given is not verified yet:
 *                 it must show nothing and keep nothing.
 * @throws ListSealError: `damaged`, `too-large`, `wrong-list`, `key-locked`, `malformed-key-packet`, `not-signed`,
 *         `several-signatures`, `bad-signature`, `unknown-author`, `wrong-kind`, `binding-missing`, `binding-mismatch`,
 *         `from-the-future`, `unsupported-version`, `unsupported-algorithm`, `weak-algorithm`, `key-expired`, `key-revoked`,
 *         `wrong-key-version`, and what `identify` throws
 */
export async function openPost(
  sealed: SealedMessage,
  keys: MemberKeys,
  identify: (payload: Uint8Array) => Promise<ClaimedAuthor>,
): Promise<OpenResult> {
  const now = keys.now ?? new Date();
  const { key: listKey } = keys.list;
  const target = await keyPacketTarget(isSecret(listKey) ? listKey : sealingHalf(listKey));
  const outer = await openOuter(sealed, keys, target);
  if (outer === "not-for-me") return { kind: "not-for-me" };

  const { keyPacket } = checkLiteral(outer.layer.literal, sealed.mode, target);
  const dataPacket = sealed.mode === "key" ? sealed.body : outer.layer.literal.subarray(keyPacket.length);
  // hashes are begun where their octets are known, and wait until they are asked for: a browser makes them in other threads
  const bodyDigest = sealed.mode === "key" ? sha256(sealed.body) : undefined;
  bodyDigest?.catch(() => undefined);
  const inner = await openLayer({ keyPacket, dataPacket }, listKey);
  if (inner === "not-for-me") throw new ProtocolError("wrong-list", "sealed for another list key");

  const payload = inner.literal;
  const begun = beginDigest(payload, inner.signatures);
  const claimed = await identify(payload);
  const signature = await verifyOnly(payload, inner.signatures, claimed.author.certificate, now, begun);
  const says = readNotations(signature.notations, "post", bindingNames("post", sealed.mode));
  const list = listValue(keys.list.address, keys.list.key.fingerprint);
  // surreptitious forwarding: a signed post of another list, encrypted again to this one
  if (says.list !== list) throw new ProtocolError("wrong-list", "signed for another list");
  if (says.msgid !== claimed.messageId) {
    throw new ProtocolError("binding-mismatch", "signed under another message id");
  }
  assertKeyVersion(claimed.author, profileOf(listKey));
  assertIntendedFor(signature.readers, listKey.fingerprint);

  const post: InnerFacts = {
    author: signature.by,
    messageId: says.msgid,
    signedAt: signature.signedAt,
    list,
  };
  const way: Way = { mode: sealed.mode, outer: outer.layer, body: await bodyDigest };
  return {
    kind: "opened",
    payload,
    author: post.author,
    messageId: post.messageId,
    signedAt: post.signedAt,
    dataPacketDigest: (await bodyDigest) ?? (await sha256(dataPacket)),
    passage: await passageOf(way, post, keys, now),
    hasStraySignature: sealed.listSignature !== undefined && outer.form === "sealed",
  };
}

/**
 * Which list key a post was sealed to, for one that opens with none that is here: as the list's server says of exactly these octets,
 * or, of one's own submission, oneself. Nothing of the post is opened.
 *
 * @returns the value of {@link listValue}; undefined if nobody says so whose word counts
 * @throws ListSealError as {@link openPost}, for the outer seal
 */
export async function listKeySaid(sealed: SealedMessage, keys: MemberKeys): Promise<string | undefined> {
  const { key: listKey } = keys.list;
  const target = await keyPacketTarget(isSecret(listKey) ? listKey : sealingHalf(listKey));
  const bare = sealed.mode === "key" ? sealed.key : sealed.message;
  const outer =
    sealed.listSignature === undefined
      ? await openOuter(sealed, keys, target)
      : await openedForm(bare, sealed.listSignature);
  if (outer === "not-for-me") return undefined;
  const { literal, signatures } = outer.layer;
  for (const key of [keys.server, ...keys.member.map(sealingHalf)]) {
    try {
      const { notations } = await verifyOnly(literal, signatures, key.certificate, keys.now ?? new Date());
      if (key.role === "server") return readListWord(notations, sealed.mode).says.list;
      return readNotations(notations, "submit", bindingNames("submit", sealed.mode)).list;
    } catch (error) {
      if (!(error instanceof ListSealError)) throw error;
    }
  }
  return undefined;
}

interface InnerFacts {
  readonly author: Fingerprint;
  readonly messageId: string;
  readonly signedAt: Date;
  readonly list: string;
}

/** What came around the inner seal, as list signatures speak of it. */
interface Way {
  readonly mode: Mode;
  readonly outer: OpenedLayer;
  /** Mode `key`: SHA-256 of the body. */
  readonly body: string | undefined;
}

/** What the outer seal held; `opened`: in delivery `opened` it is not there at all. */
interface Outer {
  readonly form: "sealed" | "opened";
  readonly layer: OpenedLayer;
}

/** The outer seal: with a member key, or, in delivery `opened`, not there at all. */
async function openOuter(
  sealed: SealedMessage,
  keys: MemberKeys,
  target: KeyPacketTarget,
): Promise<Outer | "not-for-me"> {
  const outer = sealed.mode === "key" ? sealed.key : sealed.message;
  assertSize(outer, sealed.mode === "key" ? MAX_KEY_PART_BYTES : MAX_PAYLOAD_BYTES, "the sealed part");
  if (sealed.mode === "key") {
    assertSize(sealed.body, MAX_PAYLOAD_BYTES, "the body");
    assertDataPacket(sealed.body);
  }
  const maxBytes = sealed.mode === "key" ? MAX_KEY_PACKET_BYTES : MAX_PAYLOAD_BYTES;
  // first: under a list secret, a copy under a member secret has the very form of an opened message
  const { outerSecret } = sealed;
  if (outerSecret !== undefined) {
    const secret = keys.secrets?.find(({ fingerprint }) => fingerprint === outerSecret);
    return secret === undefined ? "not-for-me" : sealedForm(await openLayer(outer, secret, maxBytes));
  }
  if (isOpenedForm(outer, sealed.mode, target)) {
    return openedForm(outer, sealed.listSignature);
  }
  let damage: ListSealError | undefined;
  for (const member of keys.member) {
    try {
      const layer = await openLayer(outer, member, maxBytes);
      if (layer !== "not-for-me") return sealedForm(layer);
    } catch (error) {
      if (!(error instanceof ListSealError)) throw error;
      damage = error;
    }
  }
  if (damage !== undefined) throw damage;
  return "not-for-me";
}

async function openedForm(literal: Uint8Array, listSignature: Uint8Array | undefined): Promise<Outer> {
  if (listSignature !== undefined) assertSize(listSignature, MAX_KEY_PACKET_BYTES, "the list signature");
  const signatures = listSignature === undefined ? [] : [await readSignature(listSignature)];
  return { form: "opened", layer: { literal, signatures } };
}

function sealedForm(layer: OpenedLayer | "not-for-me"): Outer | "not-for-me" {
  return layer === "not-for-me" ? layer : { form: "sealed", layer };
}

function isOpenedForm(outer: Uint8Array, mode: Mode, target: KeyPacketTarget): boolean {
  try {
    checkLiteral(outer, mode, target);
    return true;
  } catch {
    return false;
  }
}

/**
 * Says how the post came here. "Through the list" only if the list signature matches everything that was opened:
 * otherwise a former member could move an old list signature to a new body, or a member post another's old words again.
 */
async function passageOf(way: Way, post: InnerFacts, keys: MemberKeys, now: Date): Promise<PostOrigin> {
  const { mode, outer, body } = way;
  if (outer.signatures.length === 0) return unproved("absent");
  if (await isOwnCopy(way, post, keys, now)) return { via: "own-copy" };
  let via: "list" | "list-from-nonmember";
  let by: string;
  let roster: RosterHead;
  let signedAt: Date;
  try {
    const signature = await verifyOnly(outer.literal, outer.signatures, keys.server.certificate, now);
    const word = readListWord(signature.notations, mode);
    const { says } = word;
    via = word.via;
    roster = parseRosterHead(says.roster);
    if (says.list !== post.list) return unproved("for-another-list");
    if (says.msgid !== post.messageId) return unproved("for-another-message");
    if (mode === "key" && says["body-sha256"] !== body) {
      return unproved("for-another-message");
    }
    if (signature.signedAt.getTime() < post.signedAt.getTime() - LIST_SIGNATURE_SLACK_MS) {
      return unproved("older-than-the-post");
    }
    by = says.by;
    signedAt = signature.signedAt;
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    return unproved(error.code === "unknown-author" ? "not-by-this-server" : "unreadable");
  }
  if (by !== post.author) return unproved("by-another-author");
  return { via, by: parseFingerprint(by), roster, signedAt };
}

/** The two kinds that a list signature may be of, and no other: each is read as what it says, never as the other. */
function readListWord(said: readonly Notation[], mode: Mode) {
  try {
    const says = readNotations(said, "through", bindingNames("through", mode));
    return { via: "list", says } as const;
  } catch (error) {
    if (!(error instanceof ListSealError) || error.code !== "wrong-kind") throw error;
  }
  const says = readNotations(said, "through-nonmember", bindingNames("through-nonmember", mode));
  return { via: "list-from-nonmember", says } as const;
}

function unproved(reason: UnprovedReason): PostOrigin {
  return { via: "unproved", reason };
}

/** One's own submission, as it lies in Sent: the outer signature is a `submit` by the inner author's key, which is ours. */
async function isOwnCopy(
  { mode, outer, body }: Way,
  post: InnerFacts,
  keys: MemberKeys,
  now: Date,
): Promise<boolean> {
  const own = keys.member.find((key) => key.fingerprint === post.author);
  if (own === undefined) return false;
  try {
    const signature = await verifyOnly(outer.literal, outer.signatures, sealingHalf(own).certificate, now);
    const says = readNotations(signature.notations, "submit", bindingNames("submit", mode));
    return (
      says.list === post.list &&
      says.msgid === post.messageId &&
      (mode === "whole" || says["body-sha256"] === body)
    );
  } catch (error) {
    if (error instanceof ListSealError) return false;
    throw error;
  }
}

function parseRosterHead(text: string): RosterHead {
  const match = /^(0|[1-9]\d{0,14}) ([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new ProtocolError("binding-mismatch", "the roster entry is not readable");
  const [, number = "", hash = ""] = match;
  return { number: Number(number), hash };
}
