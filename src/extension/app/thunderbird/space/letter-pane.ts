import { whenDeliveriesChange } from "../../../member/delivery-record.js";
import { codeOf } from "../../../platform/errors.js";
import type { Caller } from "../../../platform/rpc/call.js";
import { answerView, bannerOf } from "../../../reading/display/answer-view.js";
import type { DisplayAnswer } from "../../../reading/view.js";
import { sentenceKey } from "../../../ui/failure.js";
import { t } from "../../../ui/i18n.js";
import { markView } from "../../../ui/security-image-view.js";
import type { MessageRef } from "../../calls/mail-page-calls.js";
import type { SpaceCalls } from "../../calls/space-calls.js";
import { askWhenDue } from "../lock-when-due.js";
import { actsOn, askFromPage, placeIn, wordsInPage } from "../mail-page/mail.js";

/** The mail that is read, beside the list: the same line, words and buttons as above a mail in Thunderbird. */
export class LetterPane {
  readonly #ask: Caller<SpaceCalls>;
  readonly #place: ReturnType<typeof placeIn>;
  readonly #mark: HTMLElement;
  #asked = 0;
  /** The mail that is shown, if it is one's own: what its server says of it comes later. */
  #own: { readonly folder: string; readonly id: string } | undefined;

  constructor(container: HTMLElement, mark: HTMLElement, ask: Caller<SpaceCalls>) {
    this.#place = placeIn(container);
    this.#mark = mark;
    this.#ask = ask;
    whenDeliveriesChange(() => void this.#renew());
  }

  /** Shows nothing, and forgets what was shown. */
  clear(): void {
    this.#asked += 1;
    this.#own = undefined;
    this.#mark.replaceChildren();
    this.#place.show("none", []);
  }

  /** Opens a mail of the index. Whatever was chosen last is shown, whatever is opened last. */
  async show(mail: { readonly folder: string; readonly id: string }): Promise<void> {
    this.clear();
    const mine = this.#asked;
    try {
      const { answer, mark, ref } = await this.#ask("space:open", { mail });
      if (mine !== this.#asked) return;
      this.#mark.replaceChildren(markView(mark));
      this.#put(answer, ref);
      if (answer.kind === "opened" && answer.delivery !== undefined) this.#own = mail;
      askWhenDue(() => askFromPage("mail:due", null));
    } catch (error) {
      if (mine !== this.#asked) return;
      const code = codeOf(error, "worker-failed");
      this.#place.show("refused", [bannerOf("warning", t("refused_title"), t(sentenceKey(code)))]);
    }
  }

  async #renew(): Promise<void> {
    if (this.#own !== undefined) await this.show(this.#own);
  }

  #put(answer: DisplayAnswer, ref: MessageRef): void {
    if (answer.kind === "ordinary") {
      this.clear();
      return;
    }
    const again = (next: DisplayAnswer) => this.#put(next, ref);
    const acts = actsOn(ref);
    const askDelivery = async () => {
      await acts.askDelivery();
      await this.#renew();
    };
    const showing = { acts: { ...acts, askDelivery }, words: wordsInPage, again };
    this.#place.show(answer.kind, answerView(answer, showing));
  }
}
