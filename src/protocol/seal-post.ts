/**
 * The sender's two seals (seed, steps 201 to 203 and 401 to 405).
 *
 * Inner: the payload, signed by its author (kind `post`) and encrypted to the list key.
 * Outer: what the server may open, signed by the same key (kind `submit`) and encrypted to the server key, and to the
 * author's own key, so that the copy in Sent can be read ("the server and the sender only", claim 1).
 */
import { hex, sha256 } from "../openpgp/digest.js";
import { ProtocolError } from "../openpgp/errors.js";
import { assertUsable, type OpeningKey, type Role, sealingHalf } from "../openpgp/keys.js";
import { split } from "../openpgp/packets.js";
import { assertSize, MAX_PAYLOAD_BYTES } from "../openpgp/policy.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { isSecret, profileOf, type Sealer, sortSealers } from "../openpgp/secrets.js";
import { type Binding, listValue, signBinding } from "./binding.js";
import type { Mode, SealedMessage } from "./message.js";

/** What {@link sealPost} takes. */
export interface PostToSeal {
  readonly mode: Mode;
  /** The MIME entity with protected headers, as `mail` writes it. */
  readonly payload: Uint8Array;
  /** The protected Message-ID, with its angle brackets. Every signature names it. */
  readonly messageId: string;
  readonly list: { readonly address: string; readonly key: Sealer<"list"> };
  /** The list's own server key, or the secret that this author alone shares with the server. */
  readonly server: Sealer<"server">;
  readonly author: OpeningKey<"member">;
  /** Date of both signatures; now if absent. */
  readonly date?: Date;
  /**
   * `server-and-author` (default) lets the author read the copy in Sent; `server` is for people who are not members and
   * could not open the list's seal inside anyway.
   */
  readonly outerFor?: "server-and-author" | "server";
}

/**
 * Seals a post twice.
 *
 * @returns the message as it goes to the server. Nothing in it names the list key; the outer names the server's and the
 *          author's encryption keys.
 * @throws ListSealError `too-large`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a key that can't be used
 */
export async function sealPost(post: PostToSeal): Promise<SealedMessage> {
  const { mode, payload, messageId, list, server, author } = post;
  const date = post.date ?? new Date();
  assertSize(payload, MAX_PAYLOAD_BYTES, "the payload");
  const own = sealingHalf(author);
  await assertUsable(own.certificate, date);
  const profile = profileOf(list.key);
  const common = { list: listValue(list.address, list.key.fingerprint), msgid: messageId };
  const seal = async (literal: Uint8Array, binding: Binding, sealers: readonly Sealer<Role>[]) => {
    const readers = sortSealers(sealers).certificates.map(({ fingerprint }) => fingerprint);
    const signature = await signBinding(literal, author, { ...binding }, readers, date);
    return sealLayer(literal, signature, sealers, profile, date);
  };

  // steps 202, 402 to 404: one OpenPGP message does "encrypt with the message key" and "seal it with the list key"
  const inner = await seal(payload, { kind: "post", ...common }, [list.key]);
  // a secret that the author holds opens the copy in Sent; a server key would not, hence the author's own beside it
  const outerSealers = isSecret(server) || post.outerFor === "server" ? [server] : [server, own];
  const outerSecret = isSecret(server) ? { outerSecret: server.fingerprint } : {};

  if (mode === "whole") {
    return { mode, message: await seal(inner, { kind: "submit", ...common }, outerSealers), ...outerSecret };
  }
  const { keyPacket, dataPacket } = split(inner);
  const binding = { kind: "submit", ...common, "body-sha256": await sha256(dataPacket) } as const;
  return { mode, key: await seal(keyPacket, binding, outerSealers), body: dataPacket, ...outerSecret };
}

/** A fresh message id at `domain`: 128 random bits, so that it tells nothing and never collides. With angle brackets. */
export function newMessageId(domain: string): string {
  if (!/^[a-z0-9.-]+$/.test(domain)) throw new ProtocolError("bad-address", "not a domain for a message id");
  return `<${hex(crypto.getRandomValues(new Uint8Array(16)))}@${domain}>`;
}
