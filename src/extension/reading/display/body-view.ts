import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { BodyStyle, MailInside, ViewPiece, WordsView } from "../view.js";
import { entryView } from "./entry-view.js";
import { sizeOf } from "./files.js";
import { personIn, whenIn } from "./person-words.js";
import { linkedText } from "./plain-text.js";
import { textOfHtml } from "./text-of-html.js";

/** What is read of an opened mail, in its order: words, pictures, patches, entries for a calendar, mails within it. */

/** How words are shown: by the program's own defence against what is in them. */
export type WordsRendering = (words: WordsView) => readonly Node[];

/** The pieces of a mail as elements. */
export function bodyView(
  pieces: readonly ViewPiece[],
  style: BodyStyle,
  words: WordsRendering,
): readonly Node[] {
  return pieces.flatMap((piece) => pieceView(piece, style, words));
}

function pieceView(piece: ViewPiece, style: BodyStyle, words: WordsRendering): readonly Node[] {
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
      return [mailInside(piece.mail, style, words)];
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
function mailInside(mail: MailInside, style: BodyStyle, words: WordsRendering): HTMLElement {
  const { from, to, subject, date, pieces, files } = mail;
  const rows: readonly (readonly [string, string])[] = [
    [t("inside_from"), from.map(personIn).join(", ")],
    [t("inside_to"), to.map(personIn).join(", ")],
    [t("inside_date"), date === null ? "" : whenIn(date)],
    [t("inside_files"), files.map(({ name, size }) => `${fileName(name)} (${sizeOf(size)})`).join(", ")],
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
    ...bodyView(pieces, style, words),
  );
  shown.open = true;
  return shown;
}

const fileName = (name: string) => (name === "" ? t("file_without_name") : name);
