import { type Checked, count, listOf, object, oneOf, orNull, text } from "../../membership/file/check.js";

/** What an owner keeps of the time during which a list has one key, and of one that is to follow. Bytes are base64. */

/** Somebody whom a notice goes to, and when they have confirmed it. */
export const addressee = object<{
  readonly address: string;
  readonly fingerprint: string;
  readonly confirmedAt: string | null;
}>({ address: text, fingerprint: text, confirmedAt: orNull(text) });

/**
 * Why a list has the key that it has, or is to get another: its first; somebody who had it is gone, has revoked their key, or has one
 * that ran out; its age; or somebody's press, here or at another owner's.
 */
export const epochReasons = ["first", "gone", "revoked", "expired", "age", "other"] as const;
export type EpochReason = (typeof epochReasons)[number];

/** A new list key that is being left with the server: nothing changes, here or there, before it is there whole. */
const epochRun = object<{
  readonly serial: number;
  readonly at: string;
  readonly why: EpochReason;
  readonly listKey: string;
  readonly fingerprint: string;
  /** The public half, in base64. */
  readonly certificate: string;
  readonly graceEnds: string;
  /** Fingerprint of the list key that it replaces. */
  readonly replaces: string;
  /** The notice's data packet and its session key, in base64. */
  readonly body: string;
  readonly sessionKey: string;
  /** Whose packets the server has. */
  readonly told: readonly Checked<typeof addressee>[];
  /** What the server was asked last: to keep packets for these; or, for nobody, to change over. */
  readonly asked: { readonly request: string; readonly to: readonly Checked<typeof addressee>[] } | null;
  /** Entries of the record that were known when the server said that it has gone on, or has another key: it is not asked again before. */
  readonly refusedAt: number | null;
}>({
  serial: count,
  at: text,
  why: oneOf(...epochReasons),
  listKey: text,
  fingerprint: text,
  certificate: text,
  graceEnds: text,
  replaces: text,
  body: text,
  sessionKey: text,
  told: listOf(addressee),
  asked: orNull(object({ request: text, to: listOf(addressee) })),
  refusedAt: orNull(count),
});
export type EpochRun = Checked<typeof epochRun>;

/** Who decides on new list keys. `unless-gnupg`: the add-on, but where members have GnuPG alone and would have to take them by hand. */
export const epochRules = ["unless-gnupg", "itself", "by-hand"] as const;

export const epoch = object<{
  readonly rule: (typeof epochRules)[number];
  /** Days after which a list key is replaced for its age. */
  readonly days: number;
  /** Fingerprint of the list key that the rest is about; empty before anything was noted. */
  readonly key: string;
  readonly since: string | null;
  readonly why: EpochReason;
  /** Fingerprints of those who have that list key: whoever of them is gone is why there is to be another. */
  readonly holders: readonly string[];
  readonly due: { readonly why: EpochReason; readonly since: string } | null;
  readonly run: EpochRun | null;
}>({
  rule: oneOf(...epochRules),
  days: count,
  key: text,
  since: orNull(text),
  why: oneOf(...epochReasons),
  holders: listOf(text),
  due: orNull(object({ why: oneOf(...epochReasons), since: text })),
  run: orNull(epochRun),
});
export type StoredEpoch = Checked<typeof epoch>;

/** The epoch of a list of which nothing was noted yet. */
export const noEpoch: StoredEpoch = {
  rule: "unless-gnupg",
  days: 90,
  key: "",
  since: null,
  why: "first",
  holders: [],
  due: null,
  run: null,
};
