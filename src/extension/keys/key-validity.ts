/** When a person is told that their key runs out: 30 days before, and plainly 7 days before. Pure. */
import type { StoredMemberKey } from "../records/stored.js";

const SOON_DAYS = 30;
const URGENT_DAYS = 7;
const DAY_MS = 86_400_000;

export type KeyExpiry = "good" | "soon" | "urgent" | "over";

/** @param expiresAt ISO 8601; null for a key that does not run out */
export function keyAge(expiresAt: string | null, now: Date): KeyExpiry {
  if (expiresAt === null) return "good";
  const days = (Date.parse(expiresAt) - now.getTime()) / DAY_MS;
  if (days <= 0) return "over";
  return days <= URGENT_DAYS ? "urgent" : days <= SOON_DAYS ? "soon" : "good";
}

/** Hex digits of a fingerprint of a version 4 key (RFC 9580, 5.5.4). */
const VERSION_4_DIGITS = 40;

/**
 * The member keys that are here and can be used on a list, as an address: those that have not run out and are not revoked, and on a list whose
 * members may use GnuPG (`compatible`) only keys of version 4: nobody there could verify a post of a version 6 key.
 */
export function keysFor(
  keys: Readonly<Record<string, StoredMemberKey>>,
  wanted: { readonly address: string; readonly profile: "compatible" | "rfc9580" },
  now: Date,
): readonly StoredMemberKey[] {
  return Object.values(keys).filter(
    ({ address, expiresAt, revokedAt, fingerprint }) =>
      address === wanted.address &&
      revokedAt === null &&
      keyAge(expiresAt, now) !== "over" &&
      (wanted.profile === "rfc9580" || fingerprint.length === VERSION_4_DIGITS),
  );
}
