/** How a submission and a copy are made, honestly but for what a vector changes. */
import type { Signature } from "openpgp";
import { sha256 } from "../../src/openpgp/digest.js";
import { listValue, signBinding } from "../../src/protocol/binding.js";
import {
  type DeliveryMode,
  type Mode,
  type SealedMessage,
  type SplitMessage,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";
import { MESSAGE_ID, NOW, type VectorCast } from "./cast.js";
import { type Forgery, forge } from "./forge.js";
import type { VectorHead } from "./format.js";

/** A vector before it is made: what it says of itself, and how to make it. */
export interface Recipe extends VectorHead {
  readonly make: (cast: VectorCast) => Promise<SealedMessage>;
}

export const PAYLOAD = new TextEncoder().encode("Subject: a vector\r\n\r\nThe letter.\r\n");

/** What both of an author's signatures say. */
export const common = (cast: VectorCast) => ({
  list: listValue(cast.address, cast.listKey.fingerprint),
  msgid: MESSAGE_ID,
});

export const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

/** What a signature says instead; undefined leaves a notation out. */
type Saying = Readonly<Record<string, string | undefined>>;

interface InnerChange {
  readonly inner?: Partial<Forgery>;
  readonly innerSays?: Saying;
}

/** The inner seal: a post of Alice's, for the list. */
export async function innerSeal(cast: VectorCast, change: InnerChange = {}): Promise<SplitMessage> {
  const message = await forge({
    literal: PAYLOAD,
    to: [sealingHalf(cast.listKey)],
    by: [cast.alice],
    says: { notations: { kind: "post", ...common(cast), ...change.innerSays } },
    ...change.inner,
  });
  return split(message);
}

/** What differs from an honest submission. */
export interface SubmitChange extends InnerChange {
  /** The literal of the outer seal, of the inner seal's parts. */
  readonly literal?: (parts: SplitMessage) => Uint8Array;
  readonly outer?: Partial<Forgery>;
  readonly outerSays?: Saying;
  readonly raw?: readonly (readonly [name: string, value: string])[];
  /** The key or message part, as it is sent. */
  readonly sent?: (part: Uint8Array) => Uint8Array;
  /** The body, as it is sent; what was signed is the true one. */
  readonly body?: (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** A submission of Alice's. */
export async function submit(
  cast: VectorCast,
  mode: Mode,
  change: SubmitChange = {},
): Promise<SealedMessage> {
  const parts = await innerSeal(cast, change);
  const whole = (p: SplitMessage) => Uint8Array.from([...p.keyPacket, ...p.dataPacket]);
  const literal = (change.literal ?? (mode === "key" ? (p) => p.keyPacket : whole))(parts);
  const digest = mode === "key" ? { "body-sha256": await sha256(parts.dataPacket) } : {};
  const says = { kind: "submit", ...common(cast), ...digest, ...change.outerSays };
  const outer = await forge({
    literal,
    to: [sealingHalf(cast.serverKey), sealingHalf(cast.alice)],
    by: [cast.alice],
    says: { notations: says, ...(change.raw === undefined ? {} : { raw: change.raw }) },
    ...change.outer,
  });
  const sent = change.sent?.(outer) ?? outer;
  if (mode === "whole") return { mode, message: sent };
  return { mode, key: sent, body: (await change.body?.(parts.dataPacket)) ?? parts.dataPacket };
}

/** What differs from an honest copy. */
export interface DeliverChange extends InnerChange {
  readonly delivery?: DeliveryMode;
  readonly literal?: (parts: SplitMessage) => Uint8Array;
  /** What the list signature says instead, who makes it and when; `none` for a copy without one. */
  readonly through?: Saying | "none";
  readonly throughBy?: Forgery["by"][number];
  readonly throughDate?: Date;
  readonly outer?: Partial<Forgery>;
  readonly sent?: (part: Uint8Array) => Uint8Array;
  readonly body?: (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly listSignature?: (bytes: Uint8Array) => Uint8Array;
}

/** Bob's copy. The list signature is made over what Bob gets, so that only what a vector names is wrong. */
export async function deliver(
  cast: VectorCast,
  mode: Mode,
  change: DeliverChange = {},
): Promise<SealedMessage> {
  const parts = await innerSeal(cast, change);
  const whole = (p: SplitMessage) => Uint8Array.from([...p.keyPacket, ...p.dataPacket]);
  const literal = (change.literal ?? (mode === "key" ? (p) => p.keyPacket : whole))(parts);
  const body = (await change.body?.(parts.dataPacket)) ?? parts.dataPacket;
  const signature = await listSignatureOf(cast, literal, mode === "key" ? body : undefined, change);
  let part = literal;
  if (change.delivery !== "opened") {
    const by = signature === undefined ? {} : { signature };
    const to = [sealingHalf(cast.bob)];
    part = await forge({ literal, to, by: [], says: { notations: {} }, ...by, ...change.outer });
  }
  part = change.sent?.(part) ?? part;
  const beside = change.delivery === "opened" ? signature?.write() : undefined;
  const listSignature =
    beside instanceof Uint8Array ? { listSignature: change.listSignature?.(beside) ?? beside } : {};
  return mode === "whole"
    ? { mode, message: part, ...listSignature }
    : { mode, key: part, body, ...listSignature };
}

async function listSignatureOf(
  cast: VectorCast,
  literal: Uint8Array,
  body: Uint8Array | undefined,
  change: DeliverChange,
): Promise<Signature | undefined> {
  const { through = {}, throughBy = cast.serverKey, throughDate = NOW } = change;
  if (through === "none") return undefined;
  return signBinding(
    literal,
    throughBy,
    {
      kind: "through",
      ...common(cast),
      "body-sha256": body === undefined ? undefined : await sha256(body),
      by: cast.alice.fingerprint,
      roster: `7 ${"ab".repeat(32)}`,
      ...through,
    },
    [],
    throughDate,
  );
}
