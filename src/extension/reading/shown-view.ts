import { deliveryOf } from "../member/delivery-record.js";
import { withLook } from "./mail-look.js";
import type { OpenedMail } from "./opening.js";
import type { DisplayAnswer } from "./view.js";

/** What is shown of an opened mail at this moment: with how it is to be shown, and one's own with how it was delivered. */
export async function shownView({ view, letter }: OpenedMail): Promise<DisplayAnswer> {
  if (view.author.standing !== "you") return withLook(view);
  return withLook({ ...view, delivery: await deliveryOf(view.list.address, letter.messageId) });
}
