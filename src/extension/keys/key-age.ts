/** When a person is told that their key runs out: 30 days before, and plainly 7 days before. Pure. */
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
