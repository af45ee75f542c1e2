import { ask } from "../ask.js";
import type { Acts } from "./answer-view.js";

/** The buttons of a mail in Thunderbird's message pane: the background page does what they say. */
export function askedActs(openElsewhere: Acts["openElsewhere"]): Acts {
  const downloads = new Map<number, number>();
  return {
    openElsewhere,
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
    join: () => ask("join", null),
    settings: () => ask("settings", null),
    reply: null,
  };
}
