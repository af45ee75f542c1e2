import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { SecurityImage } from "../../ui/security-image.js";
import { markView } from "../../ui/security-image-view.js";
import type { DisplayAnswer, Displayed, MailActions, UnopenedAnswer } from "../view.js";
import { answerView, bannerOf } from "./answer-view.js";
import { mailWords } from "./mail-body.js";
import { type ReplacementPage, takeDocument, viewElement } from "./own-page.js";

/**
 * What is shown of one mail in Thunderbird's message document: either a page of our own in the place of the whole document, or
 * a few words above a mail that stays as its sender wrote it. Those words have no button: whatever is in a sender's
 * document can be covered, imitated, or pressed for the person by something that they see in its place.
 */
export class RenderedMail {
  #page: ReplacementPage | undefined;
  #words: HTMLElement | undefined;
  #kind: Displayed["answer"]["kind"] | null = null;

  /** What is shown; null while nothing is. */
  get kind(): Displayed["answer"]["kind"] | null {
    return this.#kind;
  }

  /** Takes the document, and shows nothing in it yet: the mail is being opened. */
  take(): ReplacementPage {
    this.#words?.remove();
    this.#page ??= takeDocument();
    return this.#page;
  }

  /** Says that a large mail is being opened, and that it goes on. */
  opening(): void {
    const banner = bannerOf("note", t("opening_title"), t("opening_text"));
    banner.append(element("progress", { "aria-label": t("opening_title") }));
    this.take().show("opening", [banner]);
  }

  /** Nothing is shown any more of what was opened; the sender's document does not come back. */
  clear(): void {
    this.#kind = null;
    if (this.#page === undefined) return;
    document.title = t("extension_name");
    this.#page.show("opening", []);
  }

  /** It is an ordinary mail: it is as Thunderbird shows it. */
  leave(): void {
    this.#kind = "ordinary";
    this.#words?.remove();
    this.#page?.giveBack();
    this.#page = undefined;
  }

  /** Shows an answer, in the place of the mail or above it. */
  show(displayed: Displayed, acts: MailActions): void {
    if (displayed.where === "above") this.#showAbove(displayed.answer, acts);
    else this.#showInstead(displayed.answer, displayed.mark, acts);
  }

  #showAbove(answer: UnopenedAnswer, acts: MailActions): void {
    this.leave();
    if (answer.kind === "ordinary") return;
    this.#kind = answer.kind;
    const shown = answerView(answer, { acts, words: mailWords, again: () => undefined });
    this.#words = viewElement(answer.kind, shown);
    this.#words.style.setProperty("min-height", "0");
    document.body.prepend(this.#words);
  }

  #showInstead(
    answer: Exclude<DisplayAnswer, UnopenedAnswer>,
    mark: SecurityImage | null,
    acts: MailActions,
  ): void {
    this.#kind = answer.kind;
    const again = (next: DisplayAnswer) => {
      if (next.kind === "opened") this.#showInstead(next, mark, acts);
    };
    const shown = answerView(answer, { acts, words: mailWords, again });
    if (answer.kind === "opened" || answer.kind === "private") document.title = answer.subject;
    const own = mark === null ? [] : [element("p", { class: "own" }, markView(mark))];
    this.take().show(answer.kind, [...own, ...shown]);
  }
}
