import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { BodyStyle, MailActions, MailInside, ViewPiece, WordsView } from "../view.js";
import { entryView } from "./entry-view.js";
import { filesOf } from "./files.js";
import { personIn, whenIn } from "./person-words.js";
import { linkedText } from "./plain-text.js";
import { textOfHtml } from "./text-of-html.js";

/** What is read of an opened mail, in its order: words, pictures, patches, entries for a calendar, mails within it. */

/** How words are shown: by the program's own defence against what is in them. */
export type WordsRendering = (words: WordsView) => readonly Node[];

/** How pieces are shown. */
export interface BodyRendering {
  readonly style: BodyStyle;
  readonly words: WordsRendering;
  /** What can be done with the files of a mail inside the mail. */
  readonly acts: MailActions;
}

/** The pieces of a mail as elements. */
export function bodyView(pieces: readonly ViewPiece[], how: BodyRendering): readonly Node[] {
  return pieces.flatMap((piece) => pieceView(piece, how));
}

function pieceView(piece: ViewPiece, how: BodyRendering): readonly Node[] {
  const { style, words } = how;
  switch (piece.kind) {
    case "words":
      return words(style === "plain" ? inPlainWords(piece) : piece);
    case "picture":
      return [
        element("figure", { class: "picture" }, element("img", { src: piece.address, alt: piece.name })),
      ];
    case "text-file": {
      const text = element("div", { class: "text file", tabindex: "0" }, linkedText(piece.text, document));
      const folded = element(
        "details",
        { class: "inside" },
        element("summary", { dir: "auto" }, fileName(piece.name)),
        element("div", { class: "body" }, text),
      );
      folded.open = piece.fold === "open";
      return [folded];
    }
    case "entry":
      return [entryView(piece.entry)];
    case "mail":
      return [mailInside(piece.mail, how)];
  }
}

/** Whether there is anything that looks another way in plain words. */
export function hasFormat(pieces: readonly ViewPiece[]): boolean {
  return pieces.some((piece) =>
    piece.kind === "mail" ? hasFormat(piece.mail.pieces) : piece.kind === "words" && piece.html !== null,
  );
}

function inPlainWords(words: WordsView): WordsView {
  const { text, html } = words;
  return { ...words, text: text ?? (html === null ? null : textOfHtml(html)), html: null };
}

/** A mail inside the mail. What it says of itself is no more than its forwarder's word, and that is said. */
function mailInside(mail: MailInside, how: BodyRendering): HTMLElement {
  const { from, to, subject, date, pieces, files } = mail;
  const rows: readonly (readonly [string, string])[] = [
    [t("inside_from"), from.map(personIn).join(", ")],
    [t("inside_to"), to.map(personIn).join(", ")],
    [t("inside_date"), date === null ? "" : whenIn(date)],
  ];
  const list = element("dl", {});
  for (const [term, value] of rows)
    if (value !== "") list.append(element("dt", {}, term), element("dd", { dir: "auto" }, value));
  const shown = element(
    "details",
    { class: "inside mail" },
    element("summary", { dir: "auto" }, t("inside_mail", subject === "" ? t("no_subject") : subject)),
    element("p", { class: "remote" }, t("inside_unproved")),
    list,
    ...bodyView(pieces, how),
    ...(files.length === 0 ? [] : [filesOf(files, how.acts, "inside")]),
  );
  shown.open = true;
  return shown;
}

const fileName = (name: string) => (name === "" ? t("file_without_name") : name);
