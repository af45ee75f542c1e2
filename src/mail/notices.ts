/**
 * The fixed texts outside the seals. They are the same for every message: nothing outside says what a mail is about.
 */
import type { Mode } from "../protocol/message.js";
import { type Address, localPartOf } from "./mailbox.js";

/** The Subject of every sealed mail of a list, as submitted and as delivered. Threading goes by References. */
export function outerSubject(list: Address): string {
  return `[${localPartOf(list)}] sealed mail`;
}

/** The text part of a submission: what the author's own Sent folder and any stranger see. */
export function submissionNotice(): string {
  return [
    "This message is sealed for a mailing list. Its content, its subject and its",
    "attachments can be read by the members of the list only, with the ListSeal add-on",
    "for Thunderbird or with GnuPG.",
    "",
  ].join("\n");
}

/** The text part of a copy in the shape `mixed`: how to read it with GnuPG alone (the two commands of the README). */
export function memberNotice(mode: Mode): string {
  const commands =
    mode === "key"
      ? "  gpg -d sealed-key.pgp > key.pgp && cat key.pgp sealed-body.pgp | gpg -d"
      : "  gpg -d sealed-message.pgp > inner.pgp && gpg -d inner.pgp";
  return [
    "This message is sealed. The ListSeal add-on for Thunderbird shows it here.",
    "With GnuPG alone, save the attachments and run:",
    "",
    commands,
    "",
    "Trust what it prints only if both commands end without an error. The list's server",
    "certificate has to be imported once (it came with your invitation).",
    "",
  ].join("\n");
}
