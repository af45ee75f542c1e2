import { ListSealError } from "../../protocol/errors.js";
import { isShownImage, PREVIEW_LIMIT } from "../display/images.js";
import { download, saveFile } from "../host/save.js";
import { imageAddress, type Opened } from "../reading/opening.js";

/** What is done with an opened letter, wherever it is shown in Thunderbird. */

function attachmentOf({ letter }: Opened, number: number) {
  const file = letter.letter.attachments[number];
  if (file === undefined) throw new ListSealError("no-such-attachment", "there is no such attachment");
  return file;
}

/** Saves attachment `number`. @returns its download's number @throws ListSealError `damaged` if there is none */
export async function saveAttachment(opened: Opened, number: number): Promise<number> {
  const { name, bytes, type } = attachmentOf(opened, number);
  return download(name, bytes, type);
}

/** Saves all attachments that are shown as such. */
export async function saveAttachments(opened: Opened): Promise<void> {
  for (const { number } of opened.view.attachments) {
    const { name, bytes, type } = attachmentOf(opened, number);
    await saveFile(name, bytes, type);
  }
}

/** An attachment as a picture: a `data:` address. @throws ListSealError `damaged` if it is none that is shown */
export function pictureOf(opened: Opened, number: number): string {
  const file = attachmentOf(opened, number);
  if (!isShownImage(file.type) || file.bytes.length > PREVIEW_LIMIT)
    throw new ListSealError("no-such-attachment", "there is no such picture");
  return imageAddress(file);
}

/** Saves the letter as an ordinary, readable mail. */
export async function saveReadable({ letter: { letter, list } }: Opened): Promise<void> {
  const { writeClearMail } = await import("../../mail/payload.js");
  const name = letter.subject.trim() === "" ? letter.from.address : letter.subject;
  await saveFile(`${name}.eml`, writeClearMail(letter, list), "message/rfc822");
}
