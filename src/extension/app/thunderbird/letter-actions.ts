import { browser } from "../../platform/browser.js";
import { attachmentOf, type OpenedMail } from "../../reading/opening.js";
import { MAIL_PAGES, type MessageRef } from "../calls/mail-page-calls.js";
import { download, saveFile } from "./save-file.js";

/** What is done with an opened letter, wherever it is shown in Thunderbird. */

/** Saves attachment `number`. @returns its download's number @throws ListSealError `no-such-attachment` */
export async function saveAttachment(opened: OpenedMail, number: number): Promise<number> {
  const { name, bytes, type } = attachmentOf(opened, number);
  return download(name, bytes, type);
}

/** Saves all attachments that are shown as such. */
export async function saveAttachments(opened: OpenedMail): Promise<void> {
  for (const { number } of opened.view.attachments) {
    const { name, bytes, type } = attachmentOf(opened, number);
    await saveFile(name, bytes, type);
  }
}

/** Asks the list's server how the letter, one's own, was delivered. */
export async function askAbout({ letter: { list, messageId }, view }: OpenedMail): Promise<void> {
  // there is no button elsewhere, and nobody else is to be answered
  if (view.author.standing !== "you") return;
  const { askDelivery } = await import("../../member/ask-delivery.js");
  await askDelivery(list, messageId);
}

/** Opens the page where the author of a mail is answered alone. */
export async function openAlone({ id, headerMessageId }: MessageRef): Promise<void> {
  const page = new URL(browser.runtime.getURL(`${MAIL_PAGES}private-answer.html`));
  page.searchParams.set("id", String(id));
  page.searchParams.set("message-id", headerMessageId);
  await browser.tabs.create({ url: page.href });
}

/** Saves the letter as an ordinary, readable mail. */
export async function saveReadable({ letter: { letter, list } }: OpenedMail): Promise<void> {
  const { writeClearMail } = await import("../../../mail/payload.js");
  const name = letter.subject.trim() === "" ? letter.from.address : letter.subject;
  await saveFile(`${name}.eml`, writeClearMail(letter, list), "message/rfc822");
}
