import { askBackground } from "../../platform/rpc/messages.js";
import type { MailActions } from "../../reading/view.js";
import type { DisplayCalls } from "../calls/display-calls.js";

/** Asks the background page from the message display script. */
export const askFromMail = askBackground<DisplayCalls>();

const downloads = new Map<number, number>();

/** The buttons of a mail in Thunderbird's message pane: the background page does what they say. */
export const askedActs: MailActions = {
  // in the popup of the button above the mail, where no sender can paint
  openElsewhere: null,
  join: null,
  save: async (attachment) => {
    downloads.set(attachment, (await askFromMail("save", { attachment })).download);
  },
  showSaved: async (attachment) => {
    const download = downloads.get(attachment);
    if (download !== undefined) await askFromMail("showSaved", { download });
  },
  saveAll: () => askFromMail("saveAll", null),
  saveMail: () => askFromMail("saveMail", null),
  preview: (attachment) => askFromMail("preview", { attachment }),
  compare: () => askFromMail("compare", null),
  askDelivery: () => askFromMail("askDelivery", null),
  unlock: (passphrase) => askFromMail("unlock", { passphrase }),
  settings: () => askFromMail("settings", null),
  showAs: (style) => askFromMail("showAs", { style }),
  replyAlone: () => askFromMail("replyAlone", null),
  reply: null,
};
