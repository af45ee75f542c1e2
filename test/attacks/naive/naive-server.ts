/**
 * A list server made of the same blocks as the real one, in which each check is a named step that can be left out.
 *
 * An attack that fails against the real server proves little: it may fail for a reason of its own. Here it must first
 * succeed, with the one defence gone that is said to stop it, and (where several stop it) fail with each of them alone.
 */

import { sha256 } from "../../../src/openpgp/digest.js";
import { ProtocolError } from "../../../src/openpgp/errors.js";
import type { OpeningKey, SealingKey } from "../../../src/openpgp/keys.js";
import { parseFingerprint } from "../../../src/openpgp/keys.js";
import { openLayer } from "../../../src/openpgp/open-layer.js";
import { checkLiteral, keyPacketTarget } from "../../../src/openpgp/packets.js";
import { assertInWindow } from "../../../src/openpgp/policy.js";
import { verifyOnly } from "../../../src/openpgp/signature.js";
import { bindingNames, listValue, readNotations } from "../../../src/protocol/binding.js";
import type { ListRef, SealedMessage } from "../../../src/protocol/message.js";
import {
  type OpenedAtServer,
  type PreparedReseal,
  prepareReseal,
  resealFor,
} from "../../../src/protocol/reseal.js";
import { anyGoodSignature, lastNotation, openWithAny } from "./lenient.js";

/** The server's checks, in their order. */
export const serverSteps = [
  /** only the key of the list that the mail was sent to opens, never another of the server's keys, never by trial */
  "own-key",
  /** the outer signature: there is one, and its maker may post */
  "signature",
  /** ... exactly one, over bytes, with each notation once */
  "strict-signature",
  /** ... of the kind `submit` */
  "kind",
  /** ... that names this list */
  "list",
  /** ... and this body */
  "body-digest",
  /** ... and is neither old nor from the future */
  "window",
  /** what was opened is exactly one key packet for this list, on bytes */
  "key-packet",
] as const;
export type ServerStep = (typeof serverSteps)[number];

/** What the naive server opens and checks with. */
export interface NaiveContext {
  readonly list: ListRef;
  readonly server: OpeningKey<"server">;
  /** Every server key of this machine; tried where `own-key` is off. */
  readonly ring?: readonly OpeningKey<"server">[];
  /** Who may post. */
  readonly author: SealingKey<"member">;
  readonly now?: Date;
}

/** A server with steps missing. */
export interface NaiveServer {
  open(sealed: SealedMessage, context: NaiveContext): Promise<OpenedAtServer>;
  /** Opens, signs as the list and seals for one member: what the real server does with a post that passed. */
  deliver(sealed: SealedMessage, context: NaiveContext, member: SealingKey<"member">): Promise<SealedMessage>;
}

/** The newest roster entry of these lists: the naive server keeps no record. */
export const roster = { number: 1, hash: "00".repeat(32) } as const;

/** A server with `only` some of its steps, or `without` some. */
export function naiveServer(
  missing:
    | { readonly without: ServerStep | readonly ServerStep[] }
    | { readonly only: readonly ServerStep[] },
): NaiveServer {
  const off: readonly ServerStep[] =
    "only" in missing ? serverSteps.filter((step) => !missing.only.includes(step)) : [missing.without].flat();
  const has = (step: ServerStep) => !off.includes(step);

  async function open(sealed: SealedMessage, context: NaiveContext): Promise<OpenedAtServer> {
    const { list, server, author } = context;
    const now = context.now ?? new Date();
    const layer = await openOuter(sealed, context);
    const { literal } = layer;
    const good = await anyGoodSignature(literal, layer.signatures, [author.certificate], now);
    if (has("signature") && good === undefined) throw new ProtocolError("not-signed", "no good signature");
    if (has("strict-signature")) {
      const { notations } = await verifyOnly(literal, layer.signatures, author.certificate, now);
      if (has("kind")) readNotations(notations, "submit", bindingNames("submit", sealed.mode));
    }
    const packet = good?.packet ?? layer.signatures[0]?.packets[0];
    if (has("kind") && lastNotation(packet?.rawNotations, "kind") !== "submit")
      throw new ProtocolError("wrong-kind", "kind");
    if (
      has("list") &&
      lastNotation(packet?.rawNotations, "list") !== listValue(list.address, list.key.fingerprint)
    ) {
      throw new ProtocolError("wrong-list", "signed for another list");
    }
    if (has("body-digest") && sealed.mode === "key") {
      if (lastNotation(packet?.rawNotations, "body-sha256") !== (await sha256(sealed.body))) {
        throw new ProtocolError("binding-mismatch", "another body");
      }
    }
    const signedAt = packet?.created ?? now;
    if (has("window")) assertInWindow(signedAt, now);
    const keyPacket = has("key-packet")
      ? checkLiteral(literal, sealed.mode, await keyPacketTarget(list.key, now)).keyPacket
      : literal;
    return {
      mode: sealed.mode,
      literal,
      ...(sealed.mode === "key" ? { body: sealed.body } : {}),
      messageId: lastNotation(packet?.rawNotations, "msgid"),
      signedAt,
      by: parseFingerprint(good?.by.getFingerprint() ?? server.fingerprint),
      keyPacketDigest: await sha256(keyPacket),
      dataPacketDigest: await sha256(
        sealed.mode === "key" ? sealed.body : literal.subarray(keyPacket.length),
      ),
    };
  }

  async function openOuter(sealed: SealedMessage, { server, ring = [server] }: NaiveContext) {
    const outer = sealed.mode === "key" ? sealed.key : sealed.message;
    if (!has("own-key")) return openWithAny(outer, ring);
    const layer = await openLayer(outer, server);
    if (layer === "not-for-me") throw new ProtocolError("wrong-list", "sealed to another key");
    return layer;
  }

  return {
    open,
    async deliver(sealed, context, member) {
      const prepared: PreparedReseal = await prepareReseal(await open(sealed, context), {
        ...context,
        roster,
      });
      return resealFor(prepared, member);
    },
  };
}
