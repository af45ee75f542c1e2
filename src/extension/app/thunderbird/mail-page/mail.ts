import { browser } from "../../../platform/browser.js";
import { askFor } from "../../../platform/permission.js";
import { askBackground } from "../../../platform/rpc/messages.js";
import { mailWords } from "../../../reading/display/mail-body.js";
import type { MailActions, WordsView } from "../../../reading/view.js";
import type { MailPageCalls, MessageRef } from "../../calls/mail-page-calls.js";

export { placeIn } from "../../../reading/display/view-place.js";

/** What our pages about one mail have in common. In them is nothing that a sender has written but as text that we place. */

/** Asks the background page from a page about a mail. */
export const askFromPage = askBackground<MailPageCalls>();

/** The buttons of a mail in a page of ours: the background page does what they say. */
export function actsOn(mail: MessageRef): MailActions {
  const downloads = new Map<number, number>();
  return {
    openElsewhere: null,
    save: async (attachment) => {
      downloads.set(attachment, (await askFromPage("mail:save", { mail, attachment })).download);
    },
    showSaved: async (attachment) => {
      const download = downloads.get(attachment);
      if (download !== undefined) await browser.downloads.show(download);
    },
    saveAll: () => askFromPage("mail:save-all", { mail }),
    saveMail: () => askFromPage("mail:save-mail", { mail }),
    preview: (attachment) => askFromPage("mail:preview", { mail, attachment }),
    compare: () => askFromPage("mail:compare", { mail }),
    askDelivery: async () => {
      // asked in the press itself, before anything is awaited; without it the question stands in a window, ready to be sent
      await askFor("send");
      await askFromPage("mail:ask-delivery", { mail });
    },
    join: () => askFromPage("mail:join", { mail }),
    unlock: (passphrase) => askFromPage("mail:unlock", { passphrase }),
    settings: () => browser.runtime.openOptionsPage(),
    showAs: (style) => askFromPage("mail:show-as", { style }),
    replyAlone: () => askFromPage("mail:reply-alone", { mail }),
    reply: null,
  };
}

/** Words of the mail. QUIRK: the page's policy takes no styles from attributes; those that were cleaned are set by script. */
export function wordsInPage(words: WordsView): readonly Node[] {
  const shown = mailWords(words);
  for (const node of shown) {
    if (!(node instanceof Element)) continue;
    for (const styled of node.querySelectorAll<HTMLElement>("[style]")) {
      const style = styled.getAttribute("style") ?? "";
      styled.removeAttribute("style");
      styled.style.cssText = style;
    }
    for (const link of node.querySelectorAll("a")) link.target = "_blank";
  }
  return shown;
}
