import { MIN_OWN_PASSPHRASE, typedPassphrase } from "../../membership/file/backup-passphrase.js";
import { AddonError } from "../platform/errors.js";

/** Fewer different characters are one key held down, or a row of the keyboard and back. */
const MIN_DIFFERENT = 6;

/**
 * Refuses a new passphrase that a stolen disk would give up in a day; null, none at all, is a choice of its own, and said so.
 *
 * A rule of length, and no dictionary: those that judge honestly have megabytes of words for a few languages, and none for most. Twelve
 * characters are four short words, which is what the sentence asks for.
 * @throws ListSealError `passphrase-too-short`
 */
export function needStrong(passphrase: string | null): void {
  if (passphrase === null || typedPassphrase(passphrase).kind === "made") return;
  const typed = [...passphrase.normalize("NFC").trim()];
  if (typed.length < MIN_OWN_PASSPHRASE || new Set(typed).size < MIN_DIFFERENT)
    throw new AddonError("passphrase-too-short", "the passphrase is too short or too simple");
}
