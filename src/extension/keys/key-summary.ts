import type { StoredMemberKey } from "../records/stored.js";
import { secretOf } from "./unlocked.js";

/** A member key as a page shows it: nothing secret. */
export interface MemberKeySummary {
  readonly fingerprint: string;
  readonly address: string;
  readonly userId: string;
  readonly locked: boolean;
  readonly ready: boolean;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** What a page is shown of a member key; `ready`: it needs no passphrase now. @throws what the storage throws */
export async function summaryOfKey(key: StoredMemberKey): Promise<MemberKeySummary> {
  const { fingerprint, address, userId, locked, createdAt, expiresAt, revokedAt } = key;
  const ready = (await secretOf(key)) !== null;
  return { fingerprint, address, userId, locked, ready, createdAt, expiresAt, revokedAt };
}
