/**
 * The server's work (seed, steps 205 to 207 and 407 to 409): open the outer seal, check, seal again for each member.
 *
 * The server opens with its own key only. What it gets is still sealed to the list key, and nothing in this file or in
 * anything it imports could open that: `open-post.ts` is not imported by the server (a test reads the import graph).
 *
 * What stays with the caller, since it needs memory: who may post (it picks `author`), replays, and the roster.
 */
import { sha256 } from "../openpgp/digest.js";
import { ProtocolError } from "../openpgp/errors.js";
import { assertIntendedFor } from "../openpgp/intended-recipients.js";
import { assertKeyVersion, type Fingerprint, type OpeningKey, type SealingKey } from "../openpgp/keys.js";
import { openLayer } from "../openpgp/open-layer.js";
import { assertDataPacket, checkLiteral, keyPacketTarget } from "../openpgp/packets.js";
import {
  assertInWindow,
  assertSize,
  MAX_KEY_PACKET_BYTES,
  MAX_KEY_PART_BYTES,
  MAX_PAYLOAD_BYTES,
} from "../openpgp/policy.js";
import type { Profile } from "../openpgp/profiles.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { isSecret, type Opener, profileOf, type Sealer } from "../openpgp/secrets.js";
import { type DetachedSignature, verifyOnly, writeSignature } from "../openpgp/signature.js";
import { bindingNames, listValue, readNotations, signBinding } from "./binding.js";
import type { ListRef, Mode, RosterHead, SealedMessage } from "./message.js";

/** A post as the server holds it: opened once, still sealed to the list key. Kept in memory only, never on disk. */
export interface OpenedAtServer {
  readonly mode: Mode;
  /** Mode `key`: the key packet. Mode `whole`: key packet || data packet. */
  readonly literal: Uint8Array;
  /** Mode `key`: the data packet as it came, a view on the caller's bytes. */
  readonly body?: Uint8Array;
  /** The signed Message-ID, with angle brackets; every copy carries it. */
  readonly messageId: string;
  /** Date of the outer signature. */
  readonly signedAt: Date;
  /** Whose outer signature was checked. */
  readonly by: Fingerprint;
  /** SHA-256 of the key packet, lower-case hex: the second key of the replay memory. */
  readonly keyPacketDigest: string;
  /**
   * SHA-256 of the data packet: what a post is known by. Whoever has its session key can wrap that again, and in profile
   * `compatible` one wrapping has several spellings.
   */
  readonly dataPacketDigest: string;
}

/** What the server opens and checks with. */
export interface ServerContext {
  readonly list: ListRef;
  /**
   * The key of the list that the SMTP recipient named, or the secret that this author shares with the server; no other is
   * ever tried. A secret must be the author's own: the caller looks it up by `author`, never by what the mail names.
   */
  readonly server: Opener<"server">;
  /** Whom the post policy allows, found by the header From: the outer signature must be this certificate's. */
  readonly author: SealingKey<"member">;
  readonly now?: Date;
}

/**
 * Opens a submission and makes every check that needs no memory: sizes, the signature (exactly one, kind `submit`, by
 * `author`), its list, its body, its date, and the key packet on bytes.
 *
 * @throws ListSealError: `too-large`, `damaged`, `wrong-list` (sealed to another server key, signed for another list, or
 *         a key packet for another list key), `not-signed`, `several-signatures`, `unknown-author`, `bad-signature`,
 *         `wrong-kind`, `binding-missing`, `binding-mismatch`, `unsupported-version`, `too-old`, `from-the-future`,
 *         `malformed-key-packet`, `unsupported-algorithm`, `weak-algorithm`, `key-expired`, `key-revoked`, `wrong-key-version`.
 *         The reason goes to a verified member only; everybody else gets one uniform reply.
 */
export async function openAtServer(sealed: SealedMessage, context: ServerContext): Promise<OpenedAtServer> {
  const { list, server, author } = context;
  const now = context.now ?? new Date();
  const outer = outerOf(sealed);

  if (sealed.outerSecret !== (isSecret(server) ? server.fingerprint : undefined)) {
    throw new ProtocolError("wrong-list", "not sealed under the secret shared with this author");
  }
  const maxBytes = sealed.mode === "key" ? MAX_KEY_PACKET_BYTES : MAX_PAYLOAD_BYTES;
  const layer = await openLayer(outer, server, maxBytes);
  if (layer === "not-for-me") throw new ProtocolError("wrong-list", "not sealed to this list's server key");
  const { literal } = layer;

  const signature = await verifyOnly(literal, layer.signatures, author.certificate, now);
  const says = readNotations(signature.notations, "submit", bindingNames("submit", sealed.mode));
  if (says.list !== listValue(list.address, list.key.fingerprint)) {
    throw new ProtocolError("wrong-list", "signed for another list");
  }
  assertIntendedFor(signature.readers, server.fingerprint);
  const bodyDigest = sealed.mode === "key" ? await sha256(sealed.body) : undefined;
  if (sealed.mode === "key" && says["body-sha256"] !== bodyDigest) {
    throw new ProtocolError("binding-mismatch", "the body is not the one that was signed");
  }
  assertInWindow(signature.signedAt, now);
  const { keyPacket } = checkLiteral(literal, sealed.mode, await keyPacketTarget(list.key, now));
  // last: the time until a refusal must not tell whose certificate was looked at
  assertKeyVersion(author, profileOf(list.key));
  return {
    mode: sealed.mode,
    literal,
    ...(sealed.mode === "key" ? { body: sealed.body } : {}),
    messageId: says.msgid,
    signedAt: signature.signedAt,
    by: signature.by,
    keyPacketDigest: await sha256(keyPacket),
    dataPacketDigest: bodyDigest ?? (await sha256(literal.subarray(keyPacket.length))),
  };
}

function outerOf(sealed: SealedMessage): Uint8Array {
  if (sealed.mode === "whole") {
    assertSize(sealed.message, MAX_PAYLOAD_BYTES, "the message");
    return sealed.message;
  }
  assertSize(sealed.key, MAX_KEY_PART_BYTES, "the key part");
  assertSize(sealed.body, MAX_PAYLOAD_BYTES, "the body");
  assertDataPacket(sealed.body);
  return sealed.key;
}

/** One post, ready to be sealed for any number of members: the list signature is made once. In memory only. */
export interface PreparedReseal {
  readonly opened: OpenedAtServer;
  readonly listSignature: DetachedSignature;
  readonly profile: Profile;
  readonly date: Date;
}

/**
 * Makes the list signature of a post: "came through the list", with what it is about and who submitted it.
 *
 * @param roster the newest roster entry, so that owners who are shown different records find out
 * @param kind   `through-nonmember` where the post policy let somebody in who is not a member
 */
export async function prepareReseal(
  opened: OpenedAtServer,
  context: {
    readonly list: ListRef;
    readonly server: OpeningKey<"server">;
    readonly roster: RosterHead;
    readonly kind?: "through" | "through-nonmember";
    readonly date?: Date;
  },
): Promise<PreparedReseal> {
  const { list, server, roster } = context;
  const date = context.date ?? new Date();
  const profile = profileOf(list.key);
  const listSignature = await signBinding(
    opened.literal,
    server,
    {
      kind: context.kind ?? "through",
      list: listValue(list.address, list.key.fingerprint),
      msgid: opened.messageId,
      "body-sha256": opened.body === undefined ? undefined : await sha256(opened.body),
      by: opened.by,
      roster: `${roster.number} ${roster.hash}`,
    },
    // one signature for all members: it must not name them
    [],
    date,
  );
  return { opened, listSignature, profile, date };
}

/**
 * Delivery `resealed` (steps 207, 409): the literal and the list signature, sealed for one member.
 * The author's outer signature is gone: it named the server as its reader.
 *
 * @param date when the copy is made, at which the member's certificate must be good; now if absent
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`: this member gets no copy, the others do
 */
export async function resealFor(
  prepared: PreparedReseal,
  member: Sealer<"member">,
  date: Date = new Date(),
): Promise<SealedMessage> {
  const { opened, listSignature, profile } = prepared;
  const outer = await sealLayer(opened.literal, listSignature, [member], profile, date);
  const outerSecret = isSecret(member) ? { outerSecret: member.fingerprint } : {};
  return opened.body === undefined
    ? { mode: "whole", message: outer, ...outerSecret }
    : { mode: "key", key: outer, body: opened.body, ...outerSecret };
}

/** Delivery `opened` (claims 1 and 4): what the server opened, with the list signature beside it, the same for all. */
export function forwardOpened(prepared: PreparedReseal): SealedMessage {
  const { opened } = prepared;
  const listSignature = writeSignature(prepared.listSignature);
  return opened.body === undefined
    ? { mode: "whole", message: opened.literal, listSignature }
    : { mode: "key", key: opened.literal, body: opened.body, listSignature };
}
