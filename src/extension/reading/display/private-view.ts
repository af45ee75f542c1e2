import { actionButton, element } from "../../ui/elements.js";
import { type Phrase, phrase, say, t } from "../../ui/i18n.js";
import { quotableName } from "../untrusted-text.js";
import type { MailActions, OpenedView, PrivateView } from "../view.js";
import { personIn, whenIn } from "./person-words.js";
import { plainTextBody } from "./plain-text.js";
import { groupsOf, remarkPhrase, type StateLine, standingPart } from "./state-line.js";

/** The line above a private letter: first of all that it is one, so that nobody takes it for a message of the list's. */
export function privateLine(view: PrivateView): StateLine {
  const isOwn = view.author.standing === "you";
  const standing = standingPart(view.author);
  const first: Phrase = isOwn
    ? phrase("private_from_you", personIn(view.to))
    : phrase("private_to_you", personIn(view.author));
  const remarks = view.remarks.map(remarkPhrase);
  const tone = remarks.length > 0 ? "warning" : isOwn ? "good" : standing.tone;
  return { tone, phrases: [first, ...(isOwn ? [] : [standing.phrase]), ...remarks] };
}

/** A private letter: its line, its words, and the button that answers its author alone. */
export function privateView(view: PrivateView, acts: MailActions, icon: SVGElement): readonly Node[] {
  const { tone, phrases } = privateLine(view);
  const { author } = view;
  const called = quotableName(author.name);
  return [
    element(
      "div",
      { class: `state private ${tone}` },
      element(
        "div",
        { class: "line" },
        icon,
        element("span", { class: "words", role: "status" }, phrases.map(say).join(" · ")),
        privateDetails(view),
      ),
    ),
    element("h1", { dir: "auto" }, view.subject === "" ? t("no_subject") : view.subject),
    element(
      "p",
      { class: "meta", dir: "auto" },
      element("strong", {}, called ?? author.address),
      called === null ? " · " : ` <${author.address}> · `,
      element("time", { datetime: view.date }, whenIn(view.date)),
      ` · ${t("mail_to", personIn(view.to))}`,
    ),
    element(
      "div",
      { class: "pieces" },
      element("div", { class: "body" }, plainTextBody(view.text, document)),
    ),
    ...replyAloneButton(view.mayReply, author, acts).map((button) => element("p", { class: "keep" }, button)),
  ];
}

function privateDetails({ list, author }: PrivateView): HTMLElement {
  const dl = element("dl");
  dl.append(
    ...[
      element("dt", {}, t("details_list")),
      element("dd", {}, `${list.name} <${list.address}>`),
      element("dt", {}, t("details_author_key")),
      element("dd", {}, element("code", {}, groupsOf(author.fingerprint))),
    ],
  );
  return element("details", { class: "more" }, element("summary", {}, t("details")), dl);
}

/** The button that answers an author alone, where that is possible. */
export function replyAloneButton(
  mayReply: boolean,
  author: OpenedView["author"],
  { replyAlone }: MailActions,
): readonly HTMLElement[] {
  if (!mayReply || replyAlone === null) return [];
  const name = quotableName(author.name) ?? author.address;
  return [actionButton(t("reply_alone", name), replyAlone, t("action_failed"), { class: "alone" })];
}
