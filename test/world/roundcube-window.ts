import { z } from "zod";
import type { Browser, Page } from "./browser.js";
import { until } from "./processes.js";
import type { Roundcube } from "./roundcube.js";

/** One person's Roundcube in a browser tab (the "elastic" skin), used as a person does: by clicks and keys. */
export class RoundcubeWindow {
  readonly page: Page;
  readonly #url: string;

  private constructor(page: Page, url: string) {
    this.page = page;
    this.#url = url;
  }

  /** Opens it and logs in. */
  static async logIn(browser: Browser, roundcube: Roundcube, user: string): Promise<RoundcubeWindow> {
    const page = await browser.open(roundcube.url);
    const window = new RoundcubeWindow(page, roundcube.url);
    await page.type("#rcmloginuser", user);
    await page.type("#rcmloginpwd", "any password: Dovecot takes every one");
    await page.click("#rcmloginsubmit");
    await page.waitFor("#layout-list");
    return window;
  }

  /** Waits until the list of messages shows a subject, asking for new mail now and then. */
  async untilListed(subject: string): Promise<void> {
    const isThere = `(subject) => {
      const there = [...document.querySelectorAll("#messagelist td.subject")].some((cell) =>
        cell.textContent.includes(subject));
      if (!there) rcmail.command("checkmail");
      return there;
    }`;
    await until(
      `${subject} in Roundcube`,
      async () => (await this.page.run(z.boolean(), isThere, subject)) || undefined,
    );
  }

  /** Selects the newest message with this subject, which opens it in the reading pane. */
  async select(subject: string): Promise<void> {
    await this.untilListed(subject);
    const mark = `(subject) => {
      for (const old of document.querySelectorAll("[data-wanted]")) delete old.dataset.wanted;
      const cell = [...document.querySelectorAll("#messagelist td.subject")].find((one) =>
        one.textContent.includes(subject));
      cell.dataset.wanted = "yes";
    }`;
    await this.page.run(z.null(), mark, subject);
    await this.page.click("[data-wanted]");
  }

  /** Opens the window for a new message. */
  async compose(): Promise<void> {
    await this.page.go(`${this.#url}?_task=mail&_action=compose`);
    await this.page.waitFor("#composebody");
  }

  /** Presses Send and waits for the mailbox to be shown again. */
  async send(): Promise<void> {
    await this.page.click(".formbuttons button.send");
    await this.page.waitFor("#layout-list #messagelist");
  }
}
