/**
 * What can go wrong, as closed unions: one for each floor. This one is for bytes, signatures, keys and addresses; `membership`
 * and the add-on have their own, and the server's refusals are with those of `membership`, since both sides know them.
 *
 * Code that catches decides by `code`; pages show the sentence that belongs to the code (`_locales`, `error_<code>`); `message` is for
 * developers and logs and therefore never holds a subject, a body, an opened byte, a secret or an address.
 *
 * "Not for me" is not in here: a message that no key of ours opens is a value (`OpenResult.kind`), not an error.
 */
export const protocolCodes = [
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
  // keys
  "key-damaged",
  "key-expired",
  "key-from-the-future",
  "key-revoked",
  "key-locked",
  "wrong-passphrase",
  "no-secret-key",
  "no-encryption-key",
  "wrong-role",
  "wrong-key-version",
  // addresses
  "bad-address",
] as const;

/** What the floors up to `mail` throw. */
export type ProtocolCode = (typeof protocolCodes)[number];

/**
 * The base of every error that has a code. Its classes {@link ProtocolError}, `MembershipError` and `AddonError` are thrown where the
 * code is known; itself where a code has come from elsewhere: the worker, or a server's answer.
 *
 * @param code    what happened, for programs
 * @param message what happened, for developers and logs: no content, no secret, no address
 * @param options `cause`: the library's error. Never show or log a cause: a library may quote its input.
 */
export class ListSealError<C extends string = string> extends Error {
  readonly code: C;

  constructor(code: C, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ListSealError";
    this.code = code;
  }
}

/** Bytes, a signature, a key or an address is not as it should be. */
export class ProtocolError extends ListSealError<ProtocolCode> {}

/**
 * The code of a thrown thing, if it is among `codes`; else `fallback`. For the edges, where everything is caught: each floor
 * has a function for its own codes.
 */
export function codeAmong<C extends string>(codes: readonly C[], thrown: unknown, fallback: C): C {
  if (!(thrown instanceof ListSealError)) return fallback;
  return codes.find((code) => code === thrown.code) ?? fallback;
}
