import { lockDue } from "../../keys/unlocked.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";
import { chooseFont, chooseStyle } from "../../reading/mail-look.js";
import { type OpenedMail, pictureOf } from "../../reading/opening.js";
import { readMessage, shownMessage } from "../../reading/read-message.js";
import type { DisplayAnswer, Displayed } from "../../reading/view.js";
import { loadMark } from "../../ui/security-image.js";
import { prepareWorker } from "../../worker/client.js";
import type { DisplayHandlers } from "../calls/display-calls.js";
import { answerAbout } from "./display-answer.js";
import { askAbout, openAlone, saveAttachment, saveAttachments, saveReadable } from "./letter-actions.js";
import { showDownload } from "./save-file.js";

/** The display that `display-gate.ts` asks for, as it is built. */
const VIEW = "view.js";

/** What the background page answers to the display script. */
export const displayHandlers: DisplayHandlers = {
  async view({ likely }, tabId) {
    // it loads while the mail is fetched; where the mail is hardly ours none is started
    if (likely) prepareWorker();
    // QUIRK: in the place of a mail that is encrypted by S/MIME for somebody else Thunderbird 153 puts a page of its own, into which
    // no script is brought ("Missing host permission for the tab"): there is nothing to show then
    const brought = browser.scripting
      .executeScript({ target: { tabId }, files: [VIEW], injectImmediately: true })
      .catch(() => undefined);
    // what the view will ask for is begun meanwhile, and opened once
    const header = await shownMessage(tabId);
    if (header !== undefined) readMessage(header, "in-its-own-shell").catch(() => undefined);
    await brought;
    return null;
  },

  async display({ likely, font }, tabId) {
    if (likely) prepareWorker();
    // a choice that can't be kept costs nobody the mail
    if (font !== "unseen") await chooseFont(font).catch(() => undefined);
    const header = await shownMessage(tabId);
    const answer: DisplayAnswer =
      header === undefined ? { kind: "ordinary" } : await answerAbout(header, "in-its-own-shell");
    return placed(answer);
  },

  async due() {
    return { inMs: await lockDue() };
  },

  async save({ attachment }, tabId) {
    return { download: await saveAttachment(await shown(tabId), attachment) };
  },

  async showSaved({ download: id }) {
    await showDownload(id);
    return null;
  },

  async saveAll(_, tabId) {
    await saveAttachments(await shown(tabId));
    return { saved: true };
  },

  async compare(_, tabId) {
    const { openComparing } = await import("../../reading/wanted-comparison.js");
    await openComparing((await shown(tabId)).view);
    return null;
  },

  async replyAlone(_, tabId) {
    const header = await shownMessage(tabId);
    if (header === undefined) throw new AddonError("message-gone", "the tab shows no mail");
    await openAlone(header);
    return null;
  },

  async askDelivery(_, tabId) {
    await askAbout(await shown(tabId));
    return null;
  },

  async preview({ attachment }, tabId) {
    return { address: pictureOf(await shown(tabId), attachment) };
  },

  async showAs({ style }) {
    await chooseStyle(style);
    return null;
  },

  async saveMail(_, tabId) {
    await saveReadable(await shown(tabId));
    return { saved: true };
  },

  async unlock({ passphrase }) {
    const { unlockWith } = await import("../handlers/unlocked-keys.js");
    await unlockWith(passphrase);
    return null;
  },

  async settings() {
    await browser.runtime.openOptionsPage();
    return null;
  },
};

async function placed(answer: DisplayAnswer): Promise<Displayed> {
  switch (answer.kind) {
    case "ordinary":
    case "invitation":
    case "elsewhere":
      return { where: "above", answer };
    default:
      return { where: "instead", answer, mark: await loadMark() };
  }
}

/** The opened letter that a tab shows in its own shell; opened again if it was forgotten meanwhile. */
async function shown(tabId: number): Promise<OpenedMail> {
  const header = await shownMessage(tabId);
  const reading = header === undefined ? undefined : await readMessage(header, "in-its-own-shell");
  if (reading?.kind === "opened") return reading.opened;
  throw new AddonError("message-gone", "the tab shows no opened mail");
}
