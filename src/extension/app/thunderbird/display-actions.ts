import { askBackground } from "../../platform/rpc/messages.js";
import type { Acts } from "../../reading/view.js";
import type { DisplayCalls } from "../calls/display-calls.js";

/** Asks the background page from the message display script. */
export const ask = askBackground<DisplayCalls>();

const downloads = new Map<number, number>();

/** The buttons of a mail in Thunderbird's message pane: the background page does what they say. */
export const askedActs: Acts = {
  // in the popup of the button above the mail, where no sender can paint
  openElsewhere: null,
  join: null,
  save: async (attachment) => {
    downloads.set(attachment, (await ask("save", { attachment })).download);
  },
  showSaved: async (attachment) => {
    const download = downloads.get(attachment);
    if (download !== undefined) await ask("showSaved", { download });
  },
  saveAll: () => ask("saveAll", null),
  saveMail: () => ask("saveMail", null),
  preview: (attachment) => ask("preview", { attachment }),
  compare: () => ask("compare", null),
  settings: () => ask("settings", null),
  reply: null,
};
