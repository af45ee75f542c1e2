/**
 * What can go wrong, as a closed union.
 *
 * One error class for the whole product. Code that catches decides by `code`; pages show the sentence that
 * belongs to the code (`_locales`, `error_<code>`); `message` is for developers and logs and therefore never
 * holds a subject, a body, an opened byte, a secret or an address.
 *
 * "Not for me" is not in here: a message that no key of ours opens is a value (`OpenResult.kind`), not an error.
 */
export const errorCodes = [
  // the bytes
  "not-sealed",
  "damaged",
  "too-large",
  "unsupported-version",
  "unsupported-algorithm",
  "weak-algorithm",
  "malformed-key-packet",
  // what the signatures say
  "wrong-list",
  "not-signed",
  "bad-signature",
  "several-signatures",
  "wrong-kind",
  "binding-missing",
  "binding-mismatch",
  "wrong-author",
  "unknown-author",
  "too-old",
  "from-the-future",
  "replayed",
  "message-id-reused",
  // keys
  "key-damaged",
  "key-expired",
  "key-revoked",
  "key-locked",
  "wrong-passphrase",
  "no-secret-key",
  "no-encryption-key",
  "address-not-in-key",
  "wrong-role",
  // addresses, files, lists
  "bad-address",
  "wrong-address",
  "wrong-code",
  "invitation-damaged",
  "invitation-expired",
  "invitation-for-another",
  "list-conflict",
  "unknown-owner",
  "owners-key",
  "no-list",
  "no-such-list",
  "no-member-key",
  "card-damaged",
  "card-expired",
  "backup-damaged",
  // joining, leaving, and what an owner asks of the server
  "not-allowed",
  "read-only",
  "not-a-member",
  "left-list",
  "already-a-member",
  "already-claimed",
  "not-claimed",
  "introduction-used",
  "withdrawn",
  "join-unanswered",
  "no-such-post",
  "no-such-notice",
  "no-such-request",
  "request-expired",
  "last-owner",
  "suspended",
  "too-often",
  "server-restored",
  "roster-behind",
  "roster-altered",
  "roster-forked",
  "old-serial",
  // mails that the add-on sends by itself
  "no-identity",
  "may-not-send",
  "not-sent",
  // the program itself
  "no-such-attachment",
  "foreign-caller",
  // the machine
  "storage-failed",
  "storage-full",
  "storage-damaged",
  "worker-failed",
  "cancelled",
  "timed-out",
] as const;

/** Every code there is; a `switch` over it is exhaustive. */
export type ErrorCode = (typeof errorCodes)[number];

/**
 * The one error of the product.
 *
 * @param code    what happened, for programs
 * @param message what happened, for developers and logs: no content, no secret, no address
 * @param options `cause`: the library's error. Never show or log a cause: a library may quote its input.
 */
export class ListSealError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ListSealError";
    this.code = code;
  }
}

/** The code of a thrown thing: its own if it is ours, else `fallback`. For the edges, where everything is caught. */
export function codeOf(thrown: unknown, fallback: ErrorCode): ErrorCode {
  return thrown instanceof ListSealError ? thrown.code : fallback;
}
