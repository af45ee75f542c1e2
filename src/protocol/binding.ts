/**
 * What a signature says about its message, and the check of it.
 *
 * Encryption to a key that all members hold proves nothing about an author. The signatures do, and each says in
 * notations (RFC 9580, 5.2.3.24) exactly what it is for: its `kind`, the list, the message id, and what else belongs to
 * that kind. A verifier knows the kind that it expects before it looks and refuses every other: otherwise an owner's
 * signed "remove Bob" could be shown as a post, or an old list signature be moved to a new body.
 *
 * Notations are never critical (gpg and sq call a signature bad that has an unknown critical one) and never doubled:
 * a missing or doubled notation is a failure, not a lesser success.
 */
import { ProtocolError } from "../openpgp/errors.js";
import type { Fingerprint, OpeningKey, Role } from "../openpgp/keys.js";
import type { SecretId } from "../openpgp/secrets.js";
import { type DetachedSignature, type Notation, signBytes } from "../openpgp/signature.js";
import type { Mode } from "./message.js";

/** Version of the notation namespace: what a signature says is defined per version. */
export const BINDING_VERSION = 1;

const suffix = `@v${BINDING_VERSION}.listseal.example`;
const anyVersion = /@v\d+\.listseal\.example$/;

/** Every kind of signature in the product. */
export type Kind =
  | "post"
  | "submit"
  | "through"
  | "through-nonmember"
  | "request"
  | "answer"
  | "card"
  | "invitation"
  | "introduction"
  | "member"
  | "new-list-key"
  | "new-server-key"
  | "owners"
  | "receipt"
  | "draft"
  | "private"
  | "index-key";

/** What an inner signature says: by the author, over the payload. */
export interface PostBinding {
  readonly kind: "post";
  /** See {@link listValue}. */
  readonly list: string;
  /** Message-ID with its angle brackets, as in the protected headers. */
  readonly msgid: string;
}

/** What an outer signature says: by the author, over the literal that the server gets. */
export interface SubmitBinding {
  readonly kind: "submit";
  readonly list: string;
  readonly msgid: string;
  /** Mode `key`: SHA-256 of the data packet, lower-case hex. */
  readonly "body-sha256"?: string;
}

/** What a list signature says: by the server, over the literal that it reseals, once a post. */
export interface ThroughBinding {
  readonly kind: "through" | "through-nonmember";
  readonly list: string;
  readonly msgid: string;
  readonly "body-sha256"?: string;
  /** Fingerprint of the certificate whose outer signature the server checked. */
  readonly by: string;
  /** `number SP hash` of the newest roster entry. */
  readonly roster: string;
}

export type Binding = PostBinding | SubmitBinding | ThroughBinding;

/** The value of the `list` notation: `address SP list-key-fingerprint`. The address alone could be re-used with another key. */
export function listValue(address: string, listKey: Fingerprint | SecretId): string {
  return `${address} ${listKey}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The notations that say `values`, one each, human readable, not critical. */
export function notations(values: Readonly<Record<string, string | undefined>>): Notation[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined
      ? []
      : [{ name: name + suffix, value: encoder.encode(value), humanReadable: true, critical: false }],
  );
}

/**
 * Reads the notations of our namespace from those of a signature of the expected kind.
 *
 * @param names the notations that this kind must have, besides `kind`: each exactly once, and no other of ours
 * @throws ListSealError `wrong-kind`, `binding-missing` (absent or doubled), `binding-mismatch` (one too many),
 *         `unsupported-version` (made by a later version)
 */
export function readNotations<N extends string>(
  said: readonly Notation[],
  kind: Kind,
  names: readonly N[],
): Readonly<Record<N, string>> {
  const ours = said.filter(({ name }) => name.endsWith(suffix));
  if (ours.length === 0 && said.some(({ name }) => anyVersion.test(name))) {
    throw new ProtocolError("unsupported-version", "the signature was made by another version");
  }
  const read = (name: string): string => {
    const found = ours.filter((notation) => notation.name === name + suffix);
    const [only] = found;
    if (only === undefined || found.length !== 1) {
      throw new ProtocolError("binding-missing", `the notation ${name} is absent or doubled`);
    }
    try {
      return decoder.decode(only.value);
    } catch (cause) {
      throw new ProtocolError("binding-missing", `the notation ${name} is not text`, { cause });
    }
  };
  if (read("kind") !== kind) throw new ProtocolError("wrong-kind", `a ${kind} signature was expected`);
  const values = Object.fromEntries(names.map((name) => [name, read(name)]));
  if (ours.length !== names.length + 1) {
    throw new ProtocolError("binding-mismatch", "the signature says more than its kind may say");
  }
  const complete = (v: Record<string, string>): v is Record<N, string> => names.every((name) => name in v);
  if (!complete(values)) throw new ProtocolError("binding-missing", "a notation is absent");
  return values;
}

/** The names that a binding of this kind carries, besides `kind`. */
export function bindingNames(
  kind: Binding["kind"],
  mode: Mode,
): readonly ("list" | "msgid" | "body-sha256" | "by" | "roster")[] {
  const body = mode === "key" ? (["body-sha256"] as const) : [];
  switch (kind) {
    case "post":
      return ["list", "msgid"];
    case "submit":
      return ["list", "msgid", ...body];
    case "through":
    case "through-nonmember":
      return ["list", "msgid", ...body, "by", "roster"];
  }
}

/**
 * Signs `data` with `key`: a signature of binary type that says `values`, by the key's signing key.
 *
 * @param readers certificates that the signature is meant for; none for the list signature, which is one for all members
 *                and must not name them
 * @returns the signature, apart from the data
 * @throws ListSealError `key-locked`
 */
export function signBinding(
  data: Uint8Array,
  key: OpeningKey<Role>,
  values: Readonly<Record<string, string | undefined>> & { readonly kind: Kind },
  readers: readonly Fingerprint[],
  date: Date,
): Promise<DetachedSignature> {
  return signBytes(data, key, notations(values), readers, date);
}
