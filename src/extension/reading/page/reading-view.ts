import { whenLocked, whenUnlocked } from "../../keys/unlocked.js";
import { openOptions } from "../../platform/background-calls.js";
import { whenStoredChanges } from "../../records/storage.js";
import type { IncomingHandlers } from "../../requests/incoming.js";
import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { Correspondent } from "../../worker/jobs.js";
import { answerView, bannerOf } from "../display/answer-view.js";
import { plainTextBody } from "../display/plain-text.js";
import { displayStyle } from "../display/style.js";
import { chooseStyle } from "../mail-look.js";
import { isOutdated, type OpenedMail } from "../opening.js";
import type { DisplayAnswer, MailActions, WordsView } from "../view.js";
import { htmlFrame } from "./html-frame.js";
import { MailReading, type OpeningScope } from "./read-source.js";
import type { MailSource } from "./source.js";

/** What the place that shows a mail wants of it. */
export interface ReadingOptions {
  /** Takes an answer, notice or receipt that a mail turns out to be. */
  readonly arrivals: IncomingHandlers;
  /** Answers the mail; where it is left out there is no button for it. */
  readonly reply?: (opened: OpenedMail) => Promise<unknown>;
  /** Answers its author alone; where it is left out there is no button for it. */
  readonly replyAlone?: (to: Correspondent) => Promise<unknown>;
  /** Is told of each mail that was opened, and as what it was given. What it does with it is not waited for. */
  readonly opened?: (opened: OpenedMail, source: MailSource) => void;
  /** Unlocks keys; left out in a frame, where a page around it might imitate the field. */
  readonly unlock?: (passphrase: string) => Promise<unknown>;
}

/** A mail is being opened for so long before it is said. */
const QUIET_MS = 150;

/**
 * The reading view of a browser: shows one mail after the other in an element of a page of our own, the Reader page or a frame
 * beside a webmail. Everything is in a shadow root, so that the styles of the page around it don't reach it.
 */
export class ReadingView {
  readonly #host: HTMLElement;
  readonly #root: ShadowRoot;
  readonly #options: ReadingOptions;
  #reading: MailReading | undefined;
  #isOpen = false;

  /** @param container is emptied, and holds the view from now on */
  constructor(container: HTMLElement, options: ReadingOptions) {
    this.#options = options;
    this.#host = document.createElement("listseal-view");
    this.#host.lang = t("lang");
    this.#root = this.#host.attachShadow({ mode: "open" });
    container.replaceChildren(this.#host);
    whenLocked(() => this.#locked());
    whenUnlocked(() => this.#unlocked());
    whenStoredChanges(() => void this.#renew());
  }

  /** Reads a mail and shows it in the place of the one before. Never rejects. @returns what the mail is */
  async show(source: MailSource): Promise<DisplayAnswer> {
    this.#reading?.forget();
    this.#reading = new MailReading(source, this.#options.arrivals);
    return this.#read(this.#reading, "in-its-own-shell");
  }

  /** Shows nothing, and forgets what was opened. */
  clear(): void {
    this.#reading?.forget();
    this.#reading = undefined;
    this.#isOpen = false;
    this.#root.replaceChildren();
    delete this.#host.dataset["kind"];
  }

  async #read(reading: MailReading, open: OpeningScope): Promise<DisplayAnswer> {
    const timer = setTimeout(() => this.#put("opening", openingView()), QUIET_MS);
    const answer = await reading.answer(open);
    clearTimeout(timer);
    // another mail was chosen meanwhile
    if (this.#reading !== reading) return answer;
    this.#showAnswer(reading, answer);
    // changed while the mail was being opened
    void this.#renew();
    return answer;
  }

  /**
   * Opens the mail again if its verdict is of yesterday.
   *
   * Attack: owners change, or a member's key is taken back, while a mail of theirs is open in another tab: its green line stayed.
   */
  async #renew(): Promise<void> {
    const reading = this.#reading;
    if (reading?.opened === undefined || !(await isOutdated(reading.opened))) return;
    if (this.#reading === reading && reading.opened !== undefined) await this.#read(reading, reading.open);
  }

  #showAnswer(reading: MailReading, answer: DisplayAnswer): void {
    this.#isOpen = answer.kind === "opened" || answer.kind === "private";
    if (reading.opened !== undefined) this.#options.opened?.(reading.opened, reading.source);
    this.#put(answer.kind, this.#nodesOf(reading, answer));
  }

  #nodesOf(reading: MailReading, answer: DisplayAnswer): readonly Node[] {
    if (answer.kind === "ordinary")
      return [bannerOf("note", t("reader_ordinary_title"), t("reader_ordinary_text"))];
    return answerView(answer, {
      acts: this.#actsOf(reading),
      words: wordsOf,
      again: (next) => this.#showAnswer(reading, next),
    });
  }

  #actsOf(reading: MailReading): MailActions {
    const { reply, replyAlone } = this.#options;
    const { correspondent } = reading;
    return {
      openElsewhere: () => reading.answer("elsewhere"),
      save: (attachment) => reading.save(attachment),
      showSaved: null,
      saveAll: () => reading.saveAll(),
      saveMail: () => reading.saveMail(),
      preview: (attachment) => reading.preview(attachment),
      compare: () => reading.compare(),
      askDelivery: () => reading.askDelivery(),
      join: () => reading.join(),
      unlock: this.#options.unlock ?? null,
      settings: openOptions,
      showAs: chooseStyle,
      replyAlone:
        replyAlone === undefined || correspondent === undefined ? null : () => replyAlone(correspondent),
      reply: reply === undefined ? null : async () => reading.opened !== undefined && reply(reading.opened),
    };
  }

  #put(kind: string, shown: readonly Node[]): void {
    this.#host.dataset["kind"] = kind;
    this.#root.replaceChildren(
      element("style", {}, displayStyle),
      element("style", {}, readerStyle),
      element("div", {}, ...shown),
    );
  }

  /** A key was unlocked, here or in another page: what was met locked opens. */
  #unlocked(): void {
    const kind = this.#host.dataset["kind"];
    if (this.#reading !== undefined && (kind === "locked" || kind === "arrived"))
      void this.#read(this.#reading, this.#reading.open);
  }

  /** Keys were locked, here or in another page: what was opened goes, and opens again if a key is still there. */
  #locked(): void {
    if (!this.#isOpen || this.#reading === undefined) return;
    this.#root.replaceChildren();
    void this.#read(this.#reading, "in-its-own-shell");
  }
}

const openingView = () => [bannerOf("note", t("opening_title"), t("opening_text"))];

function wordsOf(view: WordsView): readonly Node[] {
  if (view.html !== null) return htmlFrame(view.html, view.inline);
  const text = plainTextBody(view.text ?? "", document);
  // a link must not take the place of this page
  for (const link of text.querySelectorAll("a")) link.target = "_blank";
  return [element("div", { class: "body", lang: view.lang ?? "" }, text)];
}

/** What a mail looks like in a browser beside `displayStyle`: on a page of our own, with the frame of its HTML. */
const readerStyle = `
:host { margin: 0; min-height: 0; padding: 4px 0 16px; }
.frame { padding: 0; resize: vertical; overflow: hidden; min-height: 80px; border: 1px solid var(--line); border-radius: 4px;
  padding-bottom: 14px; }
.frame iframe { display: block; width: 100%; height: 100%; border: 0; }
@media print { .frame { resize: none; } }
`;
