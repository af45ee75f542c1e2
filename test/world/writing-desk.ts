import { z } from "zod";
import type { Thunderbird } from "./thunderbird.js";
import type { SendOutcome } from "./thunderbird-ui.js";

/** More of what a person does in compose windows, for the tests about writing. */
export class WritingDesk {
  readonly #thunderbird: Thunderbird;

  constructor(thunderbird: Thunderbird) {
    this.#thunderbird = thunderbird;
  }

  #call<T>(shape: z.ZodType<T>, name: string, ...args: readonly unknown[]): Promise<T> {
    return this.#thunderbird.marionette.call(shape, "compose-window", name, ...args);
  }

  /** Does a command about the displayed message and waits for the compose window. */
  async about(
    command: "cmd_reply" | "cmd_replyall" | "cmd_forwardInline" | "cmd_forwardAttachment" | "cmd_editAsNew",
  ): Promise<void> {
    await this.#call(z.null(), "commandOnDisplayed", command);
  }

  async addRecipients(field: "addr_to" | "addr_cc" | "addr_bcc", ...addresses: string[]): Promise<void> {
    await this.#call(z.null(), "addRecipients", field, addresses);
  }

  /** Chooses "Expand List" for a recipient that is a list of the address book. */
  async expandRecipient(name: string): Promise<void> {
    await this.#call(z.null(), "expandRecipient", name);
  }

  async chooseIdentity(key: string): Promise<void> {
    await this.#call(z.null(), "chooseIdentity", key);
  }

  async pressCtrlShift(letter: "U" | "Y"): Promise<void> {
    await this.#call(z.null(), "pressCtrlShift", letter);
  }

  /** Saves what stands in the window as a template. */
  async saveTemplate(): Promise<void> {
    await this.#call(z.null(), "saveTemplate");
  }

  /** Presses "Send Later" and waits for what comes of it. */
  async sendLater(): Promise<"closed" | "dialog" | "open"> {
    await this.#call(z.null(), "pressSendLater");
    return this.#call(z.enum(["closed", "dialog", "open"]), "sendOutcome");
  }

  async setOffline(offline: boolean): Promise<void> {
    await this.#call(z.null(), "setOffline", offline);
  }

  /** Subjects in the Outbox. */
  outbox(): Promise<readonly string[]> {
    return this.#call(z.array(z.string()), "outbox");
  }

  async sendUnsent(): Promise<void> {
    await this.#call(z.null(), "sendUnsent");
  }

  /** Opens a folder of Local Folders and gives the number of its rows. */
  openLocalFolder(name: string): Promise<number> {
    return this.#call(z.number(), "openLocalFolder", name);
  }

  /** "New Message" while some folder is selected, then a recipient, a subject and words. */
  async newMessage(to: string, subject: string, html: string): Promise<void> {
    await this.#call(z.null(), "newMessage");
    await this.addRecipients("addr_to", to);
    await this.#call(z.null(), "typeSubject", subject);
    await this.#call(z.null(), "typeHtml", html);
  }

  /** Opens the newest draft of the open folder. */
  async editNewestDraft(): Promise<void> {
    await this.#call(z.null(), "editNewestDraft");
  }

  /** Presses Send and does not wait. */
  async pressSend(): Promise<void> {
    await this.#call(z.null(), "pressSend");
  }

  /** Waits for what comes of that press. */
  outcomeOfSend(): Promise<SendOutcome> {
    return this.#call(z.enum(["closed", "dialog", "open"]), "sendOutcome");
  }

  /** How many compose windows are open. */
  composers(): Promise<number> {
    return this.#call(z.number(), "composers");
  }
}
