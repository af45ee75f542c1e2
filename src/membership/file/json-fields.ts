/** Reading JSON from a file or another computer: every field is looked at, nothing is believed (declaration.ts). */
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import { type Check, CheckError, isRecord } from "./check.js";
import { exactly, wordOf } from "./declaration.js";
import { MembershipError, type RefusalCode } from "./errors.js";

/** The version that all our JSON carries as `"listseal"`. */
export const FILE_VERSION = 1;

/** What all our JSON begins with. */
export const kindFields = <const K extends string>(...kinds: readonly K[]) => ({
  listseal: exactly(FILE_VERSION),
  kind: wordOf(...kinds),
});

/**
 * The value of `bytes`, JSON in UTF-8.
 * @param code what is thrown for anything that isn't
 */
export function parseJson(bytes: Uint8Array, code: RefusalCode): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return value;
  } catch {
    // no cause: a JSON error quotes what it read
    throw new ListSealError(code, "not JSON in UTF-8");
  }
}

/** `value`, if it is what `check` says. @param code what is thrown if it is not */
export function checked<T>(value: unknown, check: Check<T>, code: RefusalCode): T {
  try {
    return check(value);
  } catch (error) {
    if (!(error instanceof CheckError)) throw error;
    throw new ListSealError(code, `${error.path.join(".") || "the whole"} is not ${error.expected}`);
  }
}

/** What is expected of JSON that is read. */
export interface ExpectedJson {
  readonly kind: string;
  /** A `file` that a person has chosen, or a `message` that has come. */
  readonly from: "file" | "message";
  /** What is thrown for anything that isn't as it should be. */
  readonly code: RefusalCode;
  /** The newest version that is known of this kind; {@link FILE_VERSION} if absent. */
  readonly newest?: number;
}

/**
 * Checks what all our JSON begins with: `"listseal": 1` and `"kind"`.
 * @throws ListSealError `unsupported-version` for a later version; `wrong-file-kind` for another kind of file, `wrong-kind` for
 *         another kind of message
 */
export function assertKind(value: unknown, { kind, from, code, newest = FILE_VERSION }: ExpectedJson): void {
  if (!isRecord(value)) throw new ListSealError(code, "the whole is not an object");
  const { listseal: version, kind: found } = value;
  if (typeof version !== "number" || !Number.isInteger(version) || version < 1)
    throw new ListSealError(code, "listseal is not a version");
  if (version > newest) throw new ProtocolError("unsupported-version", "made by a later version");
  if (found === kind) return;
  if (from === "file") throw new MembershipError("wrong-file-kind", `not a file of the kind ${kind}`);
  throw new ProtocolError("wrong-kind", `not a message of the kind ${kind}`);
}

/** Reads JSON: its kind first, then every field that is declared. @throws ListSealError `code`, as {@link assertKind} */
export function readJson<T>(bytes: Uint8Array, declaration: Check<T>, expected: ExpectedJson): T {
  const value = parseJson(bytes, expected.code);
  assertKind(value, expected);
  return checked(value, declaration, expected.code);
}
