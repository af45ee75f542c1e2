import { ListSealError } from "../../protocol/errors.js";
import type { AskHandlers } from "../ask.js";
import { isShownImage, PREVIEW_LIMIT } from "../display/images.js";
import { download, saveFile, showDownload } from "../host/save.js";
import { offerInvitation } from "../joining/in-mail.js";
import { noteUse } from "../locking/unlocked.js";
import { browser } from "../platform.js";
import { imageAddress, type Opened } from "../reading/opening.js";
import { takePart } from "../requests/arrivals.js";
import { prepareWorker } from "../worker/client.js";
import { arrivals } from "./answers.js";
import { read, shownMessage } from "./received.js";

/** What the background page answers to the display script. */
export const asks: AskHandlers = {
  async display({ open, likely }, tabId) {
    // it loads while the mail is fetched; for ordinary mail none is started
    if (likely) prepareWorker();
    const header = await shownMessage(tabId);
    if (header === undefined) return { kind: "ordinary" };
    const reading = await read(header, open);
    if (reading.kind === "opened") {
      // the reader need not wait for it, and a use that can't be noted only locks earlier
      noteUse().catch(() => undefined);
      return reading.opened.view;
    }
    if (reading.kind !== "other") return reading;
    const { arriving, invitation } = reading;
    const arrived =
      arriving === null ? undefined : await takePart(arriving, async () => arriving.sealed, arrivals);
    if (arrived !== undefined) return { kind: "arrived", arrived };
    return invitation === null ? { kind: "ordinary" } : { kind: "invitation" };
  },

  async save({ attachment }, tabId) {
    const { letter } = await shown(tabId);
    const file = letter.letter.attachments[attachment];
    if (file === undefined) throw new ListSealError("damaged", "there is no such attachment");
    return { download: await download(file.name, file.bytes, file.type) };
  },

  async showSaved({ download: id }) {
    await showDownload(id);
    return null;
  },

  async saveAll(_, tabId) {
    const { letter, view } = await shown(tabId);
    for (const { number } of view.attachments) {
      const file = letter.letter.attachments[number];
      if (file !== undefined) await saveFile(file.name, file.bytes, file.type);
    }
    return { saved: true };
  },

  async compare(_, tabId) {
    const { openComparing } = await import("../comparing/wanted.js");
    await openComparing((await shown(tabId)).view);
    return null;
  },

  async preview({ attachment }, tabId) {
    const { letter } = await shown(tabId);
    const file = letter.letter.attachments[attachment];
    if (file === undefined || !isShownImage(file.type) || file.bytes.length > PREVIEW_LIMIT)
      throw new ListSealError("damaged", "there is no such picture");
    return { address: imageAddress(file) };
  },

  async saveMail(_, tabId) {
    const { letter } = (await shown(tabId)).letter;
    const { writeClearMail } = await import("../../mail/payload.js");
    const name = letter.subject.trim() === "" ? letter.from.address : letter.subject;
    await saveFile(`${name}.eml`, writeClearMail(letter), "message/rfc822");
    return { saved: true };
  },

  async join(_, tabId) {
    const header = await shownMessage(tabId);
    if (header === undefined || !(await offerInvitation(header)))
      throw new ListSealError("invitation-damaged", "the mail brings no invitation");
    await browser.runtime.openOptionsPage();
    return null;
  },

  async settings() {
    await browser.runtime.openOptionsPage();
    return null;
  },
};

/** The opened letter that a tab shows; opened anew if it was forgotten meanwhile. */
async function shown(tabId: number): Promise<Opened> {
  const header = await shownMessage(tabId);
  if (header !== undefined) {
    for (const open of ["in-its-own-shell", "elsewhere"] as const) {
      const reading = await read(header, open);
      if (reading.kind === "opened") return reading.opened;
    }
  }
  throw new ListSealError("not-sealed", "the tab shows no opened mail");
}
