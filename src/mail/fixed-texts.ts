/**
 * The fixed texts outside the seals. They are the same for every message: nothing outside says what a mail is about. Readers
 * compare them byte by byte (own-shell.ts), so a change of wording is a change of the format: what was ever written stays here, and
 * is read.
 */
import type { DeliveryMode, Mode } from "../protocol/message.js";
import { type Address, localPartOf } from "./mailbox.js";

/** The Subject of every sealed mail of a list, as submitted and as delivered. Threading goes by References. */
export function outerSubject(list: Address): string {
  return `[${localPartOf(list)}] encrypted message`;
}

/** The Subject of a sealed mail of the list, and what it was before version 1 was frozen. */
export function isOuterSubject(text: string, list: Address): boolean {
  return text === outerSubject(list) || text === `[${localPartOf(list)}] sealed mail`;
}

/** The text part of a submission: what the author's own Sent folder and any stranger see. */
export function submissionNotice(): string {
  return [
    "This message is encrypted to a mailing list. Only the members of the list can read",
    "it, its subject and its attachments: with ListSeal (for Thunderbird, Chromium and",
    "Firefox) or with GnuPG.",
    "",
  ].join("\n");
}

/** The Subject of every sealed draft. */
export function draftSubject(): string {
  return "Encrypted draft";
}

/** The Subject of every letter from one member to another, past the list. */
export function privateSubject(): string {
  return "Encrypted private message";
}

/** The text beside it. */
export function privateNotice(): string {
  return [
    "This private message is encrypted to one person. ListSeal (for Thunderbird, Chromium and",
    "Firefox) opens it; with GnuPG alone: gpg -d private.pgp",
    "",
  ].join("\n");
}

/** What the composer shows until a sealed draft is opened, and to anybody who can't open it. */
export function draftNotice(): string {
  return "This draft is encrypted. Open it in Thunderbird with the ListSeal add-on and the key of its author.";
}

/** How a member reads a copy with GnuPG alone, by what it is; `sealed-*.pgp` are the names of the attachments. */
const readingCommands = {
  key: {
    resealed: "gpg -d sealed-key.pgp > key.pgp && cat key.pgp sealed-body.pgp | gpg -d",
    opened: "cat sealed-key.pgp sealed-body.pgp | gpg -d",
  },
  whole: {
    resealed: "gpg -d sealed-message.pgp > inner.pgp && gpg -d inner.pgp",
    opened: "gpg -d sealed-message.pgp",
  },
} as const satisfies Record<Mode, Record<DeliveryMode, string>>;

/**
 * The text part of a copy in the shape `mixed`: how to read it with GnuPG alone (the commands of the README).
 *
 * The warnings are not decoration: gpg prints text before it has checked it, so its exit status counts; and it is
 * content with a message that nobody signed, so the signature's words count.
 */
export function memberNotice(mode: Mode, delivery: DeliveryMode): string {
  return [
    "This message is encrypted. ListSeal (for Thunderbird, Chromium and Firefox) opens it.",
    "With GnuPG alone, save the attachments and run:",
    "",
    `  ${readingCommands[mode][delivery]}`,
    "",
    "First import the certificates of the list's server (it came with your invitation) and",
    'of the authors; where one is missing, GnuPG ends with the error "No public key". Trust',
    "what it prints only if it ends without an error, and only as the words of the person",
    'whom it names after "Good signature".',
    "",
  ].join("\n");
}

/** What {@link submissionNotice} and {@link memberNotice} said before version 1 was frozen: mailboxes are full of them. */
export function formerNotices(): readonly string[] {
  const submission = [
    "This message is sealed for a mailing list. Its content, its subject and its",
    "attachments can be read by the members of the list only, with ListSeal (for",
    "Thunderbird, Chromium and Firefox) or with GnuPG.",
  ];
  const copy = (command: string) => [
    "This message is sealed. ListSeal (for Thunderbird, Chromium and Firefox) opens it.",
    "With GnuPG alone, save the attachments and run:",
    command,
    "Import the certificates of the list's server (it came with your invitation) and of",
    'the authors once; where one is missing, GnuPG ends with the error "No public key".',
    "Trust what it prints only if it ends without any error, and only as the words of",
    'the person whom it names after "Good signature".',
  ];
  const commands = Object.values(readingCommands).flatMap((each) => Object.values(each));
  return [submission, ...commands.map(copy)].map((lines) => lines.join("\n"));
}
