import { parseAddress } from "../../mail/mailbox.js";
import { MembershipError } from "../../membership/file/errors.js";
import type { MemberRole } from "../../membership/request/command-names.js";
import { type ConfirmedMember, MAX_CONFIRMED } from "../../membership/request/request.js";
import { unconfirmedMembers } from "../../membership/roster/state.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import type { OwnedList } from "../records/owned-list.js";
import { loadOwned } from "../records/owned-storage.js";
import { askAsOwner } from "./owner-requests.js";

/** An owner's word for members whom the operator added alone: one of them, or a whole import. */

/** How much goes in one request. */
export interface ConfirmLimits {
  readonly members: number;
  /** Of the members in the command, as JSON. */
  readonly octets: number;
}

/** What the server takes: 64 KiB, signed and sealed (`MAX_REQUEST_BYTES`). */
const fullConfirmation: ConfirmLimits = { members: MAX_CONFIRMED, octets: 48_000 };

/** The names of a member's fields and the indentation. */
const MEMBER_FRAME_OCTETS = 100;

/** A member as the page showed them. */
export interface ShownMember {
  readonly address: string;
  readonly fingerprint: string;
  readonly role: MemberRole;
}

/**
 * Asks the server to record the owner's word for members whom the operator added, in as few requests as they fit into. The owner has
 * asked those people, or the operator, or has their old list before them.
 *
 * Attack: a server shows the page a roster, and between that and the click another one. So each is named by address, key and role, as
 * shown; and of those only whom the record has exactly so, by the operator's word and with a certificate.
 * @throws ListSealError `not-a-member` if the record has none of them so; `key-locked`
 */
export async function confirmMembers(
  list: string,
  shown: readonly ShownMember[],
  limits: ConfirmLimits = fullConfirmation,
): Promise<void> {
  const owned = await loadOwned(list);
  const members = asRecorded(owned, shown);
  if (members.length === 0) throw new MembershipError("not-a-member", "the record has none of them so");
  for (const batch of batchesOf(members, limits)) {
    const [only, another] = batch;
    const about = another === undefined ? only?.address : undefined;
    await askAsOwner(await loadOwned(list), { do: "confirm", members: batch }, about);
  }
}

function asRecorded({ history }: OwnedList, shown: readonly ShownMember[]): readonly ConfirmedMember[] {
  const waiting = new Map<string, ReturnType<typeof unconfirmedMembers>[number]["member"]>(
    unconfirmedMembers(history).map(({ address, member }) => [address, member]),
  );
  return shown.flatMap(({ address, fingerprint, role }) => {
    const member = waiting.get(address);
    const isSame = member?.fingerprint === fingerprint && member.role === role;
    return isSame && member.certificate !== undefined
      ? [{ address: parseAddress(address), fingerprint: parseFingerprint(fingerprint), role }]
      : [];
  });
}

function batchesOf(
  members: readonly ConfirmedMember[],
  limits: ConfirmLimits,
): readonly (readonly ConfirmedMember[])[] {
  const batches: ConfirmedMember[][] = [];
  let octets = limits.octets;
  for (const member of members) {
    const size =
      MEMBER_FRAME_OCTETS + new TextEncoder().encode(member.address).length + member.fingerprint.length;
    octets += size;
    const last = batches.at(-1);
    if (last === undefined || octets > limits.octets || last.length === limits.members) {
      batches.push([member]);
      octets = size;
    } else last.push(member);
  }
  return batches;
}
