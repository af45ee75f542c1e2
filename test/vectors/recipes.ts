/** How a submission and a copy are made, honestly but for what a vector changes. */
import type { Signature } from "openpgp";
import { sha256 } from "../../src/openpgp/digest.js";
import { listValue, signBinding } from "../../src/protocol/binding.js";
import {
  type DeliveryMode,
  type Mode,
  type OpeningKey,
  type Profile,
  type Role,
  type SealedMessage,
  type SplitMessage,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";
import { MESSAGE_ID, NOW, OTHER_LIST, type OtherKey, type VectorCast } from "./cast.js";
import { type Forgery, forge } from "./forge.js";
import type { VectorHead, VectorRole } from "./format.js";
import { letter } from "./letters.js";
import { concat, type RawSeal, type RawSignature, rawSeal, signedMessage, usualSubpackets } from "./raw.js";

/** A vector before it is made: what it says of itself, and how to make it. */
export interface Recipe extends Omit<VectorHead, "payload-sha256" | "keys"> {
  readonly keys?: readonly OtherKey[];
  /** What a reader gets, where it opens; the usual letter if absent. */
  readonly payload?: (cast: VectorCast) => Uint8Array;
  readonly make: (cast: VectorCast) => Promise<SealedMessage>;
}

export const modes = ["key", "whole"] as const;
export const profiles = ["compatible", "rfc9580"] as const;
export const roster = { number: 7, hash: "ab".repeat(32) };

/** The values of another list's notation, or of this address with another list's key. */
export const other = (cast: VectorCast) => `${OTHER_LIST} ${cast.otherListKey.fingerprint}`;

/** What both of an author's signatures say. */
export const common = (cast: VectorCast) => ({
  list: listValue(cast.address, cast.listKey.fingerprint),
  msgid: MESSAGE_ID,
});

export const inMinutes = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

/** What a signature says instead; undefined leaves a notation out. */
export type Saying = Readonly<Record<string, string | undefined>>;

/** A seal made octet by octet: what is inside it, and how it is sealed. */
export interface RawChange {
  /** The packets inside; a signed message of Alice's or the server's if absent. */
  readonly packets?: (usual: RawSignature) => Uint8Array;
  /** Fields of its signature. */
  readonly signature?: (usual: RawSignature) => Partial<RawSignature>;
  readonly seal?: Partial<RawSeal> | ((usual: RawSeal) => Partial<RawSeal> | Promise<Partial<RawSeal>>);
}

/** A seal octet by octet, with its signature's usual fields. */
async function rawly(usual: RawSeal, signature: RawSignature, change: RawChange): Promise<SplitMessage> {
  const signed = { ...signature, ...change.signature?.(signature) };
  const packets = change.packets?.(signed) ?? signedMessage(signed);
  const seal = { ...usual, packets };
  const changed = typeof change.seal === "function" ? await change.seal(seal) : change.seal;
  return rawSeal({ ...seal, ...changed });
}

const versionOf = (profile: Profile) => (profile === "rfc9580" ? 2 : 1);

interface InnerChange {
  readonly payload?: Uint8Array;
  readonly inner?: Partial<Forgery>;
  readonly innerSays?: Saying;
  readonly innerRaw?: RawChange;
}

/** The inner seal: a post of Alice's, for the list. */
export async function innerSeal(cast: VectorCast, change: InnerChange = {}): Promise<SplitMessage> {
  const { payload = letter(cast), innerRaw } = change;
  const says = { kind: "post", ...common(cast), ...change.innerSays };
  const to = [sealingHalf(cast.listKey)];
  if (innerRaw !== undefined) {
    const usual = { packets: payload, to, version: versionOf(cast.profile) } as const;
    const hashed = usualSubpackets(cast.alice, says, [cast.listKey.fingerprint]);
    return rawly(usual, { by: cast.alice, over: payload, hashed }, innerRaw);
  }
  const message = await forge({
    literal: payload,
    to,
    by: [cast.alice],
    says: { notations: says },
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
  readonly outerRaw?: RawChange;
  readonly raw?: readonly (readonly [name: string, value: string])[];
  /** The key or message part, as it is sent. */
  readonly sent?: (part: Uint8Array) => Uint8Array;
  /** The body, as it is sent; what was signed is the true one. */
  readonly body?: (body: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

const whole = (parts: SplitMessage) => concat(parts.keyPacket, parts.dataPacket);

/** A submission of Alice's. */
export async function submit(
  cast: VectorCast,
  mode: Mode,
  change: SubmitChange = {},
): Promise<SealedMessage> {
  const parts = await innerSeal(cast, change);
  const literal = (change.literal ?? (mode === "key" ? (p) => p.keyPacket : whole))(parts);
  const digest = mode === "key" ? { "body-sha256": await sha256(parts.dataPacket) } : {};
  const says = { kind: "submit", ...common(cast), ...digest, ...change.outerSays };
  const to = [sealingHalf(cast.serverKey), sealingHalf(cast.alice)];
  let outer: Uint8Array;
  if (change.outerRaw !== undefined) {
    const hashed = usualSubpackets(cast.alice, says, [cast.serverKey.fingerprint, cast.alice.fingerprint]);
    const usual = { packets: literal, to, version: versionOf(cast.profile) } as const;
    outer = whole(await rawly(usual, { by: cast.alice, over: literal, hashed }, change.outerRaw));
  } else {
    outer = await forge({
      literal,
      to,
      by: [cast.alice],
      says: { notations: says, ...(change.raw === undefined ? {} : { raw: change.raw }) },
      ...change.outer,
    });
  }
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
  readonly throughBy?: OpeningKey<Role>;
  readonly throughDate?: Date;
  readonly outer?: Partial<Forgery>;
  readonly outerRaw?: RawChange;
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
  const literal = (change.literal ?? (mode === "key" ? (p) => p.keyPacket : whole))(parts);
  const body = (await change.body?.(parts.dataPacket)) ?? parts.dataPacket;
  const says = await throughSays(cast, mode === "key" ? body : undefined, change);
  const signature = await listSignatureOf(cast, literal, says, change);
  let part = literal;
  if (change.delivery !== "opened") {
    const by = signature === undefined ? {} : { signature };
    const to = [sealingHalf(cast.bob)];
    if (change.outerRaw !== undefined) {
      const usual = { packets: literal, to, version: versionOf(cast.profile) } as const;
      const hashed = usualSubpackets(cast.serverKey, says);
      part = whole(await rawly(usual, { by: cast.serverKey, over: literal, hashed }, change.outerRaw));
    } else {
      part = await forge({ literal, to, by: [], says: { notations: {} }, ...by, ...change.outer });
    }
  }
  part = change.sent?.(part) ?? part;
  const beside = change.delivery === "opened" ? signature?.write() : undefined;
  const listSignature =
    beside instanceof Uint8Array ? { listSignature: change.listSignature?.(beside) ?? beside } : {};
  return mode === "whole"
    ? { mode, message: part, ...listSignature }
    : { mode, key: part, body, ...listSignature };
}

async function throughSays(cast: VectorCast, body: Uint8Array | undefined, { through = {} }: DeliverChange) {
  return {
    kind: "through" as const,
    ...common(cast),
    "body-sha256": body === undefined ? undefined : await sha256(body),
    by: cast.alice.fingerprint,
    roster: `${roster.number} ${roster.hash}`,
    ...(through === "none" ? {} : through),
  };
}

async function listSignatureOf(
  cast: VectorCast,
  literal: Uint8Array,
  says: Awaited<ReturnType<typeof throughSays>>,
  { through, throughBy = cast.serverKey, throughDate = NOW }: DeliverChange,
): Promise<Signature | undefined> {
  if (through === "none") return undefined;
  return signBinding(literal, throughBy, says, [], throughDate);
}

/** What a family of vectors has in common; each is made in both profiles where nothing else is said. */
export interface Family {
  readonly modes?: readonly Mode[];
  readonly profiles?: readonly Profile[];
  readonly keys?: readonly OtherKey[];
  readonly payload?: (cast: VectorCast) => Uint8Array;
  readonly shared?: string;
}

/** What comes of opening a vector: for a reader `opened` has the origin beside it. */
export type Expected = VectorHead["expect"] | { readonly origin: string };

/** Vectors of one role, one in each mode and profile of its family. */
export function vectors(
  role: VectorRole,
  name: string,
  expect: Expected | ((mode: Mode, profile: Profile) => Expected),
  comment: string,
  make: (cast: VectorCast, mode: Mode) => Promise<SealedMessage>,
  family: Family = {},
): [string, Recipe][] {
  const { modes: inModes = ["key"], profiles: inProfiles = profiles, ...more } = family;
  return inModes.flatMap((mode) =>
    inProfiles.map((profile): [string, Recipe] => {
      const found = typeof expect === "function" ? expect(mode, profile) : expect;
      const verdict = typeof found === "string" ? { expect: found } : { expect: "opened" as const, ...found };
      const head = { ...verdict, role, profile, comment, ...more };
      return [`${role}-${mode}-${name}-${profile}`, { ...head, make: (cast) => make(cast, mode) }];
    }),
  );
}
