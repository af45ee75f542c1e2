import { codeAmong, ListSealError, type ProtocolCode, protocolCodes } from "../../openpgp/errors.js";

/** What is wrong with a file or a proof of this floor: an invitation, a server card, a backup, a notice, the roster's record. */
export const membershipCodes = [
  // files
  "wrong-address",
  "wrong-code",
  "wrong-file-kind",
  "invitation-damaged",
  "invitation-expired",
  "list-conflict",
  "unknown-owner",
  "owners-key",
  "card-damaged",
  "card-expired",
  "backup-damaged",
  // the record and notices
  "roster-behind",
  "roster-altered",
  "roster-forked",
  "old-serial",
  "former-secret-missing",
] as const;
export type MembershipCode = (typeof membershipCodes)[number];

/** What a list's server refuses a post or a request with, besides what is wrong with its bytes. */
export const serverCodes = [
  "replayed",
  "message-id-reused",
  "not-allowed",
  "read-only",
  "not-a-member",
  "already-a-member",
  "already-claimed",
  "introduction-used",
  "withdrawn",
  "no-such-post",
  "no-such-notice",
  "unknown-post",
  "last-owner",
  "suspended",
  "too-often",
  "old-list-key",
  "server-restored",
  "secret-needs-members",
] as const;
export type ServerCode = (typeof serverCodes)[number];

/** Everything that a server may answer. */
export const refusalCodes = [...protocolCodes, ...membershipCodes, ...serverCodes] as const;
export type RefusalCode = ProtocolCode | MembershipCode | ServerCode;

/** Somebody's place in a list, or what proves it, is not as it should be. */
export class MembershipError extends ListSealError<MembershipCode | ServerCode> {}

/** The code of a thrown thing, as a server may answer it. */
export function refusalOf(thrown: unknown, fallback: RefusalCode): RefusalCode {
  return codeAmong(refusalCodes, thrown, fallback);
}
