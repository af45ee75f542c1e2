/** Whether an invitation may be followed beside the lists that are known already. */
import { MembershipError } from "../file/errors.js";

/** What is known of a list already, from the first invitation and the owners' notices since. */
export interface ListIdentity {
  readonly address: string;
  /** Fingerprints of the list keys, present and former. */
  readonly listKeys: readonly string[];
  /** Fingerprint of the server key. */
  readonly server: string;
  readonly owners: readonly { readonly fingerprint: string; readonly isOwnerToday: boolean }[];
}

/** What an invitation says of its list. */
export interface InvitedList {
  readonly address: string;
  readonly listKey: string;
  readonly server: string;
  readonly owners: readonly string[];
  /** {@link ReadInvitation.by} */
  readonly by: string;
}

/**
 * Throws unless an invitation may be followed where some lists are known already.
 *
 * Attack: any member, of today or of former times, has the list key and can write an invitation with it that names other
 * owners, whose notices would then be believed. For a known list the signer must be an owner of today, as known here,
 * and everybody whom the file names an owner a known one; and its caller takes nothing of it but the introduction.
 *
 * Attack: the key of one list under the address of another, so that what is written to the one opens for the other.
 *
 * @throws ListSealError `list-conflict` (the list is known with other keys, or its keys as another list's),
 *   `unknown-owner` (signed by nobody who owns the known list, or naming somebody who doesn't)
 */
export function assertNoConflict(invited: InvitedList, known: readonly ListIdentity[]): void {
  for (const list of known) {
    const sharesKey = list.listKeys.includes(invited.listKey) || list.server === invited.server;
    if (list.address !== invited.address) {
      if (sharesKey) throw new MembershipError("list-conflict", "another list is known by one of these keys");
      continue;
    }
    if (!list.listKeys.includes(invited.listKey) || list.server !== invited.server) {
      throw new MembershipError("list-conflict", "the list is known here with other keys");
    }
    const today = list.owners.some(
      ({ fingerprint, isOwnerToday }) => isOwnerToday && fingerprint === invited.by,
    );
    if (!today)
      throw new MembershipError("unknown-owner", "signed by nobody who owns the list, as known here");
    const owners = list.owners.map(({ fingerprint }) => fingerprint);
    if (!invited.owners.every((owner) => owners.includes(owner))) {
      throw new MembershipError("unknown-owner", "it names an owner who is not known here");
    }
  }
}
