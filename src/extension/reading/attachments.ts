import { AddonError } from "../platform/errors.js";
import { isShownImage, PREVIEW_LIMIT } from "./images.js";
import { imageAddress, type OpenedMail } from "./opening.js";

/** Attachment `number` of an opened letter. @throws ListSealError `no-such-attachment` */
export function attachmentOf({ letter }: OpenedMail, number: number) {
  const file = letter.letter.attachments[number];
  if (file === undefined) throw new AddonError("no-such-attachment", "there is no such attachment");
  return file;
}

/** An attachment as a picture: a `data:` address. @throws ListSealError `no-such-attachment` if it is none that is shown */
export function pictureOf(opened: OpenedMail, number: number): string {
  const file = attachmentOf(opened, number);
  if (!isShownImage(file.type) || file.bytes.length > PREVIEW_LIMIT)
    throw new AddonError("no-such-attachment", "there is no such picture");
  return imageAddress(file);
}
