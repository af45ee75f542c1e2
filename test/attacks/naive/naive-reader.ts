/** A member's reader made of the same blocks as the real one, in which each check is a step that can be left out. */

import { sha256 } from "../../../src/openpgp/digest.js";
import { ProtocolError } from "../../../src/openpgp/errors.js";
import type { OpeningKey, Role } from "../../../src/openpgp/keys.js";
import { openLayer } from "../../../src/openpgp/open-layer.js";
import { join } from "../../../src/openpgp/packets.js";
import { isSecret } from "../../../src/openpgp/secrets.js";
import { verifyOnly } from "../../../src/openpgp/signature.js";
import { bindingNames, listValue, readNotations } from "../../../src/protocol/binding.js";
import type { SealedMessage } from "../../../src/protocol/message.js";
import type { ClaimedAuthor, MemberKeys } from "../../../src/protocol/open-post.js";
import { anyGoodSignature, lastNotation, openWithAny } from "./lenient.js";

/** The reader's checks. */
export const readerSteps = [
  /** each layer is a strict OpenPGP message for the one key at hand */
  "strict-layers",
  /** the inner signature: there is one, by the author that the payload names */
  "signature",
  /** ... exactly one, over bytes, with each notation once */
  "strict-signature",
  /** ... of the kind `post` */
  "kind",
  /** ... that names this list */
  "list",
  /** ... and the protected Message-ID */
  "message-id",
  /** the list signature is by the list's server */
  "through-server",
  /** ... and names the body */
  "through-body",
  /** ... and the inner author */
  "through-author",
  /** ... and the inner message id */
  "through-message",
] as const;
export type ReaderStep = (typeof readerSteps)[number];

/** What a naive reader shows. */
export interface Shown {
  readonly text: string;
  /** Fingerprint that the reader shows as the author's; empty where nothing was asked. */
  readonly author: string;
  readonly throughTheList: boolean;
}

/** A reader `without` some of its checks. */
export function naiveReader({ without }: { readonly without: ReaderStep | readonly ReaderStep[] }) {
  const has = (step: ReaderStep) => ![without].flat().includes(step);

  return async function open(
    sealed: SealedMessage,
    keys: MemberKeys,
    identify: (payload: Uint8Array) => Promise<ClaimedAuthor>,
  ): Promise<Shown> {
    const now = keys.now ?? new Date();
    const outer = await openLenientOrNot(sealed.mode === "key" ? sealed.key : sealed.message, keys.member);
    const { key: listKey } = keys.list;
    if (isSecret(listKey)) throw new Error("the naive reader knows key pairs only");
    const message = sealed.mode === "key" ? join(outer.literal, sealed.body) : outer.literal;
    const inner = await openLenientOrNot(message, [listKey]);
    const claimed = await identify(inner.literal);
    const { certificate } = claimed.author;
    const good = await anyGoodSignature(inner.literal, inner.signatures, [certificate], now);
    if (has("signature") && good === undefined) throw new ProtocolError("not-signed", "no good signature");
    if (has("strict-signature")) {
      const { notations } = await verifyOnly(inner.literal, inner.signatures, certificate, now);
      if (has("kind")) readNotations(notations, "post", bindingNames("post", sealed.mode));
    }
    const said = good?.packet.rawNotations;
    if (has("kind") && lastNotation(said, "kind") !== "post") throw new ProtocolError("wrong-kind", "kind");
    const list = listValue(keys.list.address, keys.list.key.fingerprint);
    if (has("list") && lastNotation(said, "list") !== list) throw new ProtocolError("wrong-list", "list");
    const messageId = lastNotation(said, "msgid");
    if (has("message-id") && messageId !== claimed.messageId) {
      throw new ProtocolError("binding-mismatch", "message id");
    }

    // without the step: by anybody whose certificate is at hand
    const servers = [keys.server.certificate, ...(has("through-server") ? [] : [certificate])];
    const through = await anyGoodSignature(outer.literal, outer.signatures, servers, now);
    const body = sealed.mode === "key" ? await sha256(sealed.body) : "";
    const author = good?.by.getFingerprint() ?? "";
    const says = (name: string) => lastNotation(through?.packet.rawNotations, name);
    const throughTheList =
      through !== undefined &&
      (!has("through-body") || says("body-sha256") === body) &&
      (!has("through-author") || says("by") === author) &&
      (!has("through-message") || says("msgid") === messageId);
    return { text: new TextDecoder().decode(inner.literal), author, throughTheList };
  };

  async function openLenientOrNot(message: Uint8Array, ring: readonly OpeningKey<Role>[]) {
    const [key] = ring;
    if (!has("strict-layers") || key === undefined) return openWithAny(message, ring);
    const layer = await openLayer(message, key);
    if (layer === "not-for-me") throw new ProtocolError("wrong-list", "not for this key");
    return layer;
  }
}
