/** The passphrase of a backup, apart from its cryptography: pages look at what is typed without loading that. */
import { BACKUP_GROUPS, typedCode } from "./code.js";

export { makeBackupPassphrase } from "./code.js";

/** The shortest passphrase of a person's own, in characters. Short ones are found in a day, whatever the stretching. */
export const MIN_OWN_PASSPHRASE = 12;

/** How a passphrase stands. */
export type TypedPassphrase =
  /** One that the add-on made, in its one spelling. */
  | { readonly kind: "made"; readonly passphrase: string }
  /** A person's own, as it was typed. */
  | { readonly kind: "own"; readonly passphrase: string }
  /** Looks like one that the add-on made, and group `group` (from 0) can't be right. */
  | { readonly kind: "mistyped"; readonly group: number }
  | { readonly kind: "too-short" };

/** Looks at a passphrase that somebody typed or chose. */
export function typedPassphrase(text: string): TypedPassphrase {
  const typed = typedCode(text, BACKUP_GROUPS);
  if (typed.kind === "complete") return { kind: "made", passphrase: typed.code };
  const groups = text.match(/[0-9\uff10-\uff19]/g)?.length ?? 0;
  if (typed.kind === "mistyped" && groups === BACKUP_GROUPS * 5) return typed;
  // one person's keyboard writes letters with accents as one character, another's as two
  const passphrase = text.normalize("NFC").trim();
  return [...passphrase].length < MIN_OWN_PASSPHRASE ? { kind: "too-short" } : { kind: "own", passphrase };
}
