import { object, oneOf } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import { AddonError } from "../platform/errors.js";
import type { BodyStyle, DisplayAnswer, MailLook, PlainFont } from "./view.js";

/**
 * How a person wants to see opened mails. A record of its own in `storage.local`: losing it loses nothing but the choice.
 *
 * QUIRK: Thunderbird 153 tells an add-on neither "Message Body As" nor "Use fixed width font for plain text messages". The second
 * shows in what it has made of a text, and is noted whenever the display script comes by one; the first shows nowhere, so there is a
 * button for it under each mail with a format.
 */
const KEY = "look";

const usual: MailLook = { style: "formatted", font: "fixed" };
const record = object<{ readonly [K in keyof MailLook]: MailLook[K] }>({
  style: oneOf("formatted", "plain"),
  font: oneOf("fixed", "variable"),
});

/** What was chosen; a record that can't be read counts as nothing chosen. */
async function chosen(): Promise<MailLook> {
  try {
    const found = (await browser.storage.local.get(KEY))[KEY];
    return found === undefined ? usual : record(found);
  } catch {
    return usual;
  }
}

async function choose(change: Partial<MailLook>): Promise<void> {
  const before = await chosen();
  const look = { ...before, ...change };
  if (look.style === before.style && look.font === before.font) return;
  try {
    await browser.storage.local.set({ [KEY]: look });
  } catch (cause) {
    throw new AddonError("storage-failed", "the choice could not be written", { cause });
  }
}

/** Remembers how mails are shown from now on. @throws ListSealError `storage-failed` */
export const chooseStyle = (style: BodyStyle): Promise<void> => choose({ style });

/** Remembers the font for plain text. @throws ListSealError `storage-failed` */
export const chooseFont = (font: PlainFont): Promise<void> => choose({ font });

/** An answer with how it is to be shown. */
export async function withLook(answer: DisplayAnswer): Promise<DisplayAnswer> {
  return answer.kind === "opened" ? { ...answer, look: await chosen() } : answer;
}
