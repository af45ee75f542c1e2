import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseSealingKey } from "../../src/openpgp/keys.js";
import { InstalledAddon } from "../world/extension.js";
import { pause, until } from "../world/processes.js";
import { savedFiles } from "../world/saved-files.js";
import type { Thunderbird } from "../world/thunderbird.js";
import { ThunderbirdUi } from "../world/thunderbird-ui.js";
import { addressOf, fullNameOf, type PersonName, type World } from "../world/world.js";
import { OptionsPage } from "./options-page.js";
import type { HandedInvitation } from "./owner.js";
import type { Language } from "./words.js";

/** The built add-on. */
export const ADDON = fileURLToPath(new URL("../../dist/extension", import.meta.url));

/** Message pane below the list of messages, so that a picture shows the width that people read at. */
const ROOMY = {
  "mail.pane_config.dynamic": 0,
  "mail.threadpane.listview": 1,
  "mail.uidensity": 1,
  "mailnews.default_sort_type": 18,
  "mailnews.default_sort_order": 2,
  "mailnews.default_view_flags": 0,
} as const;

/** Pictures are this wide and high, in pixels. */
const WINDOW = { width: 1280, height: 1100 } as const;

/** Pixels of it for the message. */
const MESSAGE_HEIGHT = 760;

/** How many introductions have certified the key in a file. */
async function introductionsOn(file: string): Promise<number> {
  const { certificate } = await parseSealingKey("member", readFileSync(file, "utf8"));
  return certificate.users.reduce((sum, { otherCertifications }) => sum + otherCertifications.length, 0);
}

/** One of the people, with a running Thunderbird and the add-on in it. */
export class Person {
  readonly name: PersonName;
  readonly fullName: string;
  readonly address: string;
  readonly thunderbird: Thunderbird;
  readonly addon: InstalledAddon;
  readonly ui: ThunderbirdUi;

  private constructor(name: PersonName, addon: InstalledAddon) {
    this.name = name;
    this.fullName = fullNameOf(name);
    this.address = addressOf(name);
    this.thunderbird = addon.thunderbird;
    this.addon = addon;
    this.ui = addon.ui;
  }

  /** Opens a person's Thunderbird and installs the add-on. */
  static async arrive(
    world: World,
    name: PersonName,
    preferences: Readonly<Record<string, string | number | boolean>> = {},
    language: Language = "en",
  ): Promise<Person> {
    const thunderbird = await world.openThunderbird(name, { ...ROOMY, ...preferences });
    if (language !== "en") await new ThunderbirdUi(thunderbird).useLanguage(language);
    const person = new Person(name, await InstalledAddon.install(thunderbird, ADDON));
    await person.ui.sizeWindow("mail:3pane", WINDOW.width, WINDOW.height);
    await person.ui.sizeMessagePane(MESSAGE_HEIGHT);
    return person;
  }

  /**
   * Follows the invitations on the options page, which makes a key, and saves its public half for the operator.
   * @param look called at the moments that are worth a picture
   * @returns the file with the public half, as "Save my public key" wrote it
   */
  async join(
    invitations: readonly HandedInvitation[],
    look: (moment: "invitation" | "list" | "key") => Promise<void> = async () => {},
  ): Promise<string> {
    const page = await OptionsPage.open(this.addon);
    for (const [index, invitation] of invitations.entries()) {
      await page.fillInvitation(invitation);
      if (index === 0) await look("invitation");
      const said = await page.openInvitation();
      if (said.failed) throw new Error(`${this.fullName}'s invitation was not opened: ${said.text}`);
      const shown = await page.fillKey(this.fullName);
      if (shown !== this.address) throw new Error(`The page shows ${shown} and not ${this.address}`);
      if (index === 0) await look("list");
      const asked = await page.joinList();
      if (asked.failed) throw new Error(`${this.fullName} could not join: ${asked.text}`);
    }
    await page.showTab("keys");
    await look("key");
    await page.press("Export public key");
    await page.close();
    const file = await until("the saved public key", () =>
      this.downloads().find((each) => each.endsWith(".asc")),
    );
    const introduced = await introductionsOn(file);
    if (introduced !== invitations.length) {
      throw new Error(`${this.fullName}'s key has ${introduced} of ${invitations.length} introductions`);
    }
    return file;
  }

  /**
   * Takes a picture of the main window.
   * QUIRK: a window that others cover is not drawn anew: some of its rows stay empty in the picture.
   */
  async picture(path: string): Promise<void> {
    await this.ui.sizeWindow("mail:3pane", WINDOW.width, WINDOW.height);
    await pause(700);
    await this.ui.picture("mail:3pane", path);
  }

  /** Files in the folder for downloads, whole ones only. */
  downloads(): readonly string[] {
    return savedFiles(this.thunderbird.downloads);
  }
}
