import { z } from "zod";
import type { Thunderbird } from "./thunderbird.js";
import { type Displayed, displayedShape, READ_DISPLAYED } from "./thunderbird-ui.js";

/** The places in which Thunderbird shows a mail beside its message pane, and what a reader does with what is shown. */
export class ReadingPlaces {
  readonly #thunderbird: Thunderbird;

  constructor(thunderbird: Thunderbird) {
    this.#thunderbird = thunderbird;
  }

  #call<T>(shape: z.ZodType<T>, name: string, ...args: readonly unknown[]): Promise<T> {
    return this.#thunderbird.marionette.call(shape, "reading-places", name, ...args);
  }

  /** The selected mail in a tab of its own, in front. */
  async openInTab(): Promise<void> {
    await this.#call(z.null(), "openInTab");
  }

  /** The selected mail in a window of its own. */
  async openInWindow(): Promise<void> {
    await this.#call(z.null(), "openInWindow");
  }

  async closeWindow(): Promise<void> {
    await this.#call(z.null(), "closeWindow");
  }

  /** Selects all mails whose subjects have these words, and gives what is shown of them together. */
  selectAll(words: string): Promise<string> {
    return this.#call(z.string(), "selectAll", words);
  }

  /** Threads in one view, or mail by mail again. */
  async useConversations(on: boolean): Promise<void> {
    await this.#call(z.null(), "useConversations", on);
  }

  /** Selects the thread whose mails have these words in their subjects, and gives what is shown of it once `heading` is. */
  selectConversation(words: string, heading: string): Promise<string> {
    return this.#call(z.string(), "selectConversation", words, heading);
  }

  /** What the newest mail of the conversation shows, in its own pane. */
  displayedInConversation(): Promise<Displayed> {
    return this.#call(displayedShape, "inConversation", READ_DISPLAYED, []);
  }

  /** Prints what is shown into a PDF file. */
  async printTo(path: string): Promise<void> {
    await this.#call(z.null(), "printTo", path);
  }

  /** Copies all of the shown mail, or what is selected in it, and gives what was copied. */
  copy(what: "all" | "selection"): Promise<string> {
    return this.#call(z.string(), "copy", what);
  }

  /** Lets pictures from the network through for this sender, or for everybody. */
  async allowRemoteContent(sender: string | "everybody"): Promise<void> {
    await this.#call(z.null(), "allowRemoteContent", sender === "everybody" ? null : sender);
  }
}
