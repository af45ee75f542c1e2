import { ask } from "../ask.js";
import type { Acts } from "./answer-view.js";

/** The buttons of a mail in Thunderbird's message pane: the background page does what they say. */
export function askedActs(openElsewhere: Acts["openElsewhere"]): Acts {
  return {
    openElsewhere,
    save: (attachment) => ask("save", { attachment }),
    saveAll: () => ask("saveAll", null),
    saveMail: () => ask("saveMail", null),
    preview: (attachment) => ask("preview", { attachment }),
    confirm: (fingerprint) => ask("confirm", { fingerprint }),
    join: () => ask("join", null),
    settings: () => ask("settings", null),
    reply: null,
  };
}
