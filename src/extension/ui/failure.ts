import { ListSealError } from "../../openpgp/errors.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import type { MessageKey } from "./i18n.js";

/**
 * How a failure crosses from one part of the add-on to another (worker, background page, popup, display script):
 * as its code, never as an error object and never with text that could quote a secret or a mail.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: ErrorCode };

/** Runs `work` and gives its value or the code of its failure; never rejects. */
export async function outcomeOf<T>(work: () => Promise<T>, otherwise: ErrorCode): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, code: codeOf(error, otherwise) };
  }
}

/**
 * The value of an outcome that came from another part of the add-on.
 * @throws ListSealError with the code that came across.
 */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ListSealError(outcome.code, "the other part of the add-on could not do it");
  return outcome.value;
}

/** The sentence for a code: `error_wrong_list` for `wrong-list`. The locale test proves that each code has one. */
export function sentenceKey(code: ErrorCode): MessageKey {
  return sentences[code];
}

const sentences: Readonly<Record<ErrorCode, MessageKey>> = {
  damaged: "error_damaged",
  "too-large": "error_too_large",
  "unsupported-version": "error_unsupported_version",
  "unsupported-algorithm": "error_unsupported_algorithm",
  "weak-algorithm": "error_weak_algorithm",
  "not-sealed": "error_not_sealed",
  "wrong-list": "error_wrong_list",
  "not-signed": "error_not_signed",
  "bad-signature": "error_bad_signature",
  "several-signatures": "error_several_signatures",
  "wrong-kind": "error_wrong_kind",
  "binding-missing": "error_binding_missing",
  "binding-mismatch": "error_binding_mismatch",
  "wrong-author": "error_wrong_author",
  "unknown-author": "error_unknown_author",
  "too-old": "error_too_old",
  "from-the-future": "error_from_the_future",
  "malformed-key-packet": "error_malformed_key_packet",
  replayed: "error_replayed",
  "message-id-reused": "error_message_id_reused",
  "key-damaged": "error_key_damaged",
  "key-expired": "error_key_expired",
  "key-revoked": "error_key_revoked",
  "key-locked": "error_key_locked",
  "wrong-passphrase": "error_wrong_passphrase",
  "no-secret-key": "error_no_secret_key",
  "no-encryption-key": "error_no_encryption_key",
  "address-not-in-key": "error_address_not_in_key",
  "wrong-role": "error_wrong_role",
  "wrong-code": "error_wrong_code",
  "wrong-address": "error_wrong_address",
  "bad-address": "error_bad_address",
  "invitation-expired": "error_invitation_expired",
  "invitation-for-another": "error_invitation_for_another",
  "invitation-damaged": "error_invitation_damaged",
  "list-conflict": "error_list_conflict",
  "unknown-owner": "error_unknown_owner",
  "owners-key": "error_owners_key",
  "no-list": "error_no_list",
  "no-such-list": "error_no_such_list",
  "no-member-key": "error_no_member_key",
  "card-damaged": "error_card_damaged",
  "card-expired": "error_card_expired",
  "backup-damaged": "error_backup_damaged",
  "not-allowed": "error_not_allowed",
  "read-only": "error_read_only",
  "not-a-member": "error_not_a_member",
  "left-list": "error_left_list",
  "already-a-member": "error_already_a_member",
  "already-claimed": "error_already_claimed",
  "not-claimed": "error_not_claimed",
  "introduction-used": "error_introduction_used",
  withdrawn: "error_withdrawn",
  "join-unanswered": "error_join_unanswered",
  "no-such-post": "error_no_such_post",
  "no-such-notice": "error_no_such_notice",
  "no-such-request": "error_no_such_request",
  "request-expired": "error_request_expired",
  "last-owner": "error_last_owner",
  suspended: "error_suspended",
  "too-often": "error_too_often",
  "server-restored": "error_server_restored",
  "roster-behind": "error_roster_behind",
  "roster-altered": "error_roster_altered",
  "roster-forked": "error_roster_forked",
  "old-serial": "error_old_serial",
  "no-identity": "error_no_identity",
  "may-not-send": "error_may_not_send",
  "not-sent": "error_not_sent",
  "no-such-attachment": "error_no_such_attachment",
  "wrong-file-kind": "error_wrong_file_kind",
  "no-lists-here": "error_no_lists_here",
  "key-file-damaged": "error_key_file_damaged",
  "key-for-another-address": "error_key_for_another_address",
  "own-key-revoked": "error_own_key_revoked",
  "passphrase-too-short": "error_passphrase_too_short",
  "unfit-server-key": "error_unfit_server_key",
  "already-owned": "error_already_owned",
  "invitation-not-kept": "error_invitation_not_kept",
  "no-invitation-here": "error_no_invitation_here",
  "unexpected-answer": "error_unexpected_answer",
  "attachment-unreadable": "error_attachment_unreadable",
  "message-gone": "error_message_gone",
  "several-messages": "error_several_messages",
  "no-drafts-folder": "error_no_drafts_folder",
  "draft-for-another-key": "error_draft_for_another_key",
  "foreign-caller": "error_foreign_caller",
  "storage-failed": "error_storage_failed",
  "storage-full": "error_storage_full",
  "storage-damaged": "error_storage_damaged",
  "worker-failed": "error_worker_failed",
  cancelled: "error_cancelled",
  "timed-out": "error_timed_out",
};
