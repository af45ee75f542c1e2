/**
 * Whether a mail may be one of ours, by what Thunderbird has made of it. It runs in every mail that is shown, so it imports
 * nothing, asks nobody, and looks at no more than the first words and the names of attachments.
 */

/** `likely`: it begins with one of our notices, or has no text at all. `perhaps`: an attachment is named as ours are. */
export type SealLikelihood = "likely" | "perhaps" | "none";

/** How much of the text is looked at. */
const LOOKED_AT = 400;

/** How the fixed notices begin, in every mode and delivery; a test compares them with `mail/fixed-texts.ts`. */
const notices = [
  "This message is encrypted to a mailing list.",
  "This message is encrypted. ListSeal",
  "This private message is encrypted to one",
  "This is a list server's answer",
  "An owner of an encrypted mailing list",
  "This mail tells an owner of an encrypted",
  // before version 1 of the format was frozen
  "This message is sealed for a mailing list.",
  "This message is sealed. ListSeal",
  "An owner of a sealed mailing list",
  "This mail tells an owner of a sealed",
];

/** Names of our files, and Thunderbird's own for a part without one ("Part 1.2", in its language). */
const names = /\.pgp$|listseal|^\S{1,12} ?\d+(?:\.\d+)+$/i;

/** What Thunderbird itself adds to the mail's text: the printed header, and the list of attachments. */
const ADDED = ".moz-main-header, .moz-mime-attachment-header, .moz-mime-attachment-wrap, style";

/** What there is to see in a mail without a word. */
const SEEN = "img, table, object, video";

/** Looks at the body of the message document, once it is complete; null for a document that is being replaced. */
export function sealLikelihood(body: HTMLElement | null): SealLikelihood {
  if (body === null) return "none";
  const shown = [...body.children].filter((element) => !element.matches(ADDED));
  let text = "";
  for (const element of shown) {
    text = (text + (element.textContent ?? "")).trimStart().slice(0, LOOKED_AT);
    if (text.length >= LOOKED_AT) break;
  }
  if (notices.some((notice) => text.startsWith(notice))) return "likely";
  const attached = [...body.querySelectorAll(".moz-mime-attachment-file")];
  const named = attached.some((name) => names.test(name.textContent?.trim() ?? ""));
  const isEmpty = text === "" && shown.every((element) => element.querySelector(SEEN) === null);
  if (isEmpty && (named || attached.length === 0)) return "likely";
  return named ? "perhaps" : "none";
}
