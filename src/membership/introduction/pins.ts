/**
 * What a reader remembers of a list's authors, and what it makes of the next one. Pure: state in, verdict and next state
 * out; the caller keeps the state, one for each list, as JSON.
 *
 * A key is pinned to an address only if an owner introduced it, if it is an owner's, or if the reader confirmed it by
 * hand. A key that nobody introduced is remembered and never wins: otherwise whoever first wrote under Carol's address
 * would make Carol's own key look like the changed one.
 */
import type { Address } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import { MembershipError, type RefusalCode } from "../file/errors.js";

/** What the chain owner -> introduction -> member proves of one mail; made by `introduction.ts`. */
export type Proof =
  /** The author is an owner, under an address of the owner's certificate. */
  | { readonly kind: "owner" }
  /** An owner introduced this key for this address. */
  | {
      readonly kind: "introduced";
      readonly introduction: Fingerprint;
      /** The owner who made the introduction. */
      readonly by: Fingerprint;
      /** When the owner made it, by the owner's clock. */
      readonly introducedAt: Date;
    }
  /** The mail brought no introduction. */
  | { readonly kind: "absent" }
  /** The mail brought an introduction that proves nothing. */
  | { readonly kind: "failed"; readonly step: Step; readonly code: RefusalCode };

/** The steps of the check that can fail, in their order; steps 8 and 9 give the verdict `changed`. */
export type Step =
  | "size"
  | "signer"
  | "introduction"
  | "owner-certification"
  | "member-certification"
  | "from";

/** A key that is held to be the key of an address. */
export interface Pin {
  readonly key: Fingerprint;
  readonly how: "owner" | "introduced" | "confirmed";
  /** ISO 8601; for `introduced`: when the owner made the introduction. */
  readonly introducedAt?: string;
  /** Keys that the owner has since replaced, newest last. */
  readonly former?: readonly Fingerprint[];
  /** Set from a re-introduction until the reader has acknowledged it. */
  readonly unacknowledged?: true;
}

/** One list's memory. Plain JSON; start with `noPins`. */
export interface Pins {
  readonly pins: Readonly<Record<Address, Pin>>;
  /** Introduction -> the one member key that it let in. */
  readonly introductions: Readonly<Record<Fingerprint, Fingerprint>>;
  /** Address -> the key last seen under it that nobody introduced. */
  readonly seen: Readonly<Record<Address, Fingerprint>>;
  /** Keys that their holders have revoked, and since when, ISO 8601. */
  readonly revoked: Readonly<Record<string, string>>;
}

export const noPins: Pins = { pins: {}, introductions: {}, seen: {}, revoked: {} };

/** Notes a revocation; of two the earlier counts. */
export function noteRevoked(state: Pins, fingerprint: string, since: Date): Pins {
  const text = since.toISOString();
  const before = state.revoked[fingerprint];
  if (before !== undefined && before <= text) return state;
  return { ...state, revoked: { ...state.revoked, [fingerprint]: text } };
}

/** Whether what was seen at `seenAt`, by somebody else's clock than its author's, is by a key that was revoked then. */
export function isRevoked(state: Pins, fingerprint: string, seenAt: Date): boolean {
  const since = state.revoked[fingerprint];
  return since !== undefined && seenAt.getTime() >= Date.parse(since);
}

/** Against an author who fills the memory with made-up addresses; the oldest are forgotten first. */
export const MAX_SEEN = 1000;

/** What a page says of an author. */
export type AuthorVerdict =
  | { readonly kind: "owner" }
  | { readonly kind: "introduced"; readonly by: Fingerprint }
  /** No proof in this mail, but the key is pinned to the address. */
  | { readonly kind: "known"; readonly how: Pin["how"] }
  /** Nobody vouches for this key. `before`: whether one was seen under this address, and whether it was this one. */
  | { readonly kind: "new-not-introduced"; readonly before: "never" | "same-key" | "another-key" }
  /** The owner has introduced a new key for the address; said until the reader acknowledges it. */
  | { readonly kind: "re-introduced"; readonly former: Fingerprint }
  /** A warning that can't be missed. */
  | { readonly kind: "changed"; readonly why: Change; readonly pinned: Fingerprint }
  /** The mail brought a proof that fails: somebody tried something, or its owner is not known here yet. */
  | { readonly kind: "refused"; readonly step: Step; readonly code: RefusalCode };

/** Why a key is not the one it should be. */
export type Change =
  /** One introduction, two keys: it was used by somebody else as well. */
  | "introduction-used-twice"
  /** The key that the address had before the owner introduced a newer one: an old mail, or an old key in wrong hands. */
  | "superseded"
  /** Another key than the pinned one, and no newer introduction by an owner. */
  | "another-key";

/** An author as a mail shows them: the address in the protected From, and the key whose signature verified. */
export interface SignedAuthor {
  readonly address: Address;
  readonly key: Fingerprint;
}

/** A verdict, and the memory after it. */
export interface PinDecision {
  readonly verdict: AuthorVerdict;
  readonly pins: Pins;
}

function pinned(state: Pins, address: Address, pin: Pin): Pins {
  const { [address]: _, ...seen } = state.seen;
  return { ...state, pins: { ...state.pins, [address]: pin }, seen };
}

function remembered(state: Pins, { address, key }: SignedAuthor): Pins {
  const { [address]: _, ...others } = state.seen;
  const entries = Object.entries(others).slice(-(MAX_SEEN - 1));
  return { ...state, seen: { ...Object.fromEntries(entries), [address]: key } };
}

/**
 * Steps 8 and 9 of the check: is this introduction used by one key only, and is this key the pinned one?
 *
 * @param state the list's memory before
 * @param proof what steps 1 to 7 gave for the same mail
 */
export function judge(state: Pins, sighting: SignedAuthor, proof: Proof): PinDecision {
  const { address, key } = sighting;
  const pin = state.pins[address];
  const stays = (verdict: AuthorVerdict): PinDecision => ({ verdict, pins: state });
  // not this mail's author at all: the pin has nothing to say
  if (proof.kind === "failed" && (proof.step === "size" || proof.step === "signer")) {
    return stays({ kind: "refused", step: proof.step, code: proof.code });
  }
  // who is an owner says the invitation or an owners' notice, which stand above every pin
  if (proof.kind === "owner") return { verdict: { kind: "owner" }, pins: pinOwner(state, sighting) };
  if (proof.kind === "introduced") {
    const used = state.introductions[proof.introduction];
    if (used !== undefined && used !== key) {
      return stays({ kind: "changed", why: "introduction-used-twice", pinned: used });
    }
    const noted = { ...state, introductions: { ...state.introductions, [proof.introduction]: key } };
    return introducedSeen(noted, sighting, proof, pin);
  }
  if (pin === undefined) {
    if (proof.kind === "failed") return stays({ kind: "refused", step: proof.step, code: proof.code });
    const last = state.seen[address];
    const before = last === undefined ? "never" : last === key ? "same-key" : "another-key";
    return { verdict: { kind: "new-not-introduced", before }, pins: remembered(state, sighting) };
  }
  // a pinned key needs no proof: one that fails may only name an owner who is not known here yet
  if (pin.key === key) return stays(acknowledgedOr(pin, { kind: "known", how: pin.how }));
  return stays(another(pin, key));
}

function another(pin: Pin, key: Fingerprint): AuthorVerdict {
  const why = pin.former?.includes(key) === true ? "superseded" : "another-key";
  return { kind: "changed", why, pinned: pin.key };
}

function acknowledgedOr(pin: Pin, verdict: AuthorVerdict): AuthorVerdict {
  const former = pin.former?.at(-1);
  if (pin.unacknowledged === undefined || former === undefined) return verdict;
  return { kind: "re-introduced", former };
}

function introducedSeen(
  state: Pins,
  { address, key }: SignedAuthor,
  { by, introducedAt }: Extract<Proof, { kind: "introduced" }>,
  pin: Pin | undefined,
): PinDecision {
  const since = introducedAt.toISOString();
  if (pin === undefined || pin.key === key) {
    const verdict = pin === undefined ? undefined : acknowledgedOr(pin, { kind: "introduced", by });
    const later = pin?.introducedAt !== undefined && pin.introducedAt > since ? pin.introducedAt : since;
    const next: Pin = pin?.how === "owner" ? pin : { ...pin, key, how: "introduced", introducedAt: later };
    return { verdict: verdict ?? { kind: "introduced", by }, pins: pinned(state, address, next) };
  }
  // an old key's chain stays true for ever, so only a newer introduction moves the pin: otherwise an old device in
  // wrong hands could take the address back
  const newer = pin.how === "introduced" && pin.introducedAt !== undefined && pin.introducedAt < since;
  if (!newer) {
    const older = pin.how === "introduced" && pin.introducedAt !== undefined && pin.introducedAt > since;
    return {
      verdict: older ? { kind: "changed", why: "superseded", pinned: pin.key } : another(pin, key),
      pins: state,
    };
  }
  const former = [...(pin.former ?? []).filter((old) => old !== key), pin.key];
  const next: Pin = { key, how: "introduced", introducedAt: since, former, unacknowledged: true };
  return { verdict: { kind: "re-introduced", former: pin.key }, pins: pinned(state, address, next) };
}

/**
 * The memory with an owner's key pinned to an address of theirs that has no pin yet. From the first day on: a member
 * who writes under the owner's address before the owner does must not pass for merely unknown.
 */
export function pinOwner(state: Pins, { address, key }: SignedAuthor): Pins {
  return state.pins[address] === undefined ? pinned(state, address, { key, how: "owner" }) : state;
}

/**
 * Whether an address is an owner's of today who has another key: by what is known of the list, or by the pin.
 * @param owners addresses and keys of the owners of today
 */
export function isOwnersKey(
  state: Pins,
  { address, key }: SignedAuthor,
  owners: readonly SignedAuthor[],
): boolean {
  const pin = state.pins[address];
  if (pin?.key === key || owners.some((owner) => owner.address === address && owner.key === key))
    return false;
  const isPinned = pin?.how === "owner" && owners.some((owner) => owner.key === pin.key);
  return isPinned || owners.some((owner) => owner.address === address);
}

/**
 * The memory after the reader compared fingerprints and says that this key is the address's. Wins over everything before, but for
 * an owner: who that is says the invitation or an owners' notice, and nobody's eyes.
 * @param owners addresses and keys of the owners of today
 * @throws ListSealError `owners-key`
 */
export function confirm(state: Pins, sighting: SignedAuthor, owners: readonly SignedAuthor[]): Pins {
  if (isOwnersKey(state, sighting, owners)) {
    throw new MembershipError("owners-key", "the address is an owner's, who has another key");
  }
  const { address, key } = sighting;
  const before = state.pins[address];
  if (before?.key === key) return acknowledge(state, address);
  const former =
    before === undefined ? [] : [...(before.former ?? []).filter((old) => old !== key), before.key];
  return pinned(state, address, { key, how: "confirmed", ...(former.length === 0 ? {} : { former }) });
}

/** The memory after the reader has seen that the owner introduced a new key for the address. */
export function acknowledge(state: Pins, address: Address): Pins {
  const pin = state.pins[address];
  if (pin?.unacknowledged === undefined) return state;
  const { unacknowledged: _, ...seen } = pin;
  return pinned(state, address, seen);
}
