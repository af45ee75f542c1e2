/** When a person is told that their key runs out: 30 days before, and plainly 7 days before. Pure. */
import type { Profile } from "../../openpgp/profiles.js";
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

/** Hex digits of a fingerprint: version 4 and version 6 (RFC 9580, 5.5.4). */
const fingerprintDigits = { compatible: 40, rfc9580: 64 } as const satisfies Record<Profile, number>;

/**
 * The member keys that are here and can be used on a list, as an address: those that have not run out and are not revoked, and are of the
 * list's profile: its readers refuse the others (docs/FORMAT.md, 2).
 */
export function keysFor(
  keys: Readonly<Record<string, StoredMemberKey>>,
  wanted: { readonly address: string; readonly profile: Profile },
  now: Date,
): readonly StoredMemberKey[] {
  return Object.values(keys).filter(
    ({ address, expiresAt, revokedAt, fingerprint }) =>
      address === wanted.address &&
      revokedAt === null &&
      keyAge(expiresAt, now) !== "over" &&
      fingerprint.length === fingerprintDigits[wanted.profile],
  );
}
