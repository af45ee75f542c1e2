import type { IndexedMail } from "../../mail-index/indexed-mail.js";
import { notificationChoice } from "../../mail-index/notification-choice.js";
import { browser } from "../../platform/browser.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import { t } from "../../ui/i18n.js";
import { openSpace } from "./space-button.js";

/**
 * Tells of new messages by author and true subject, in the system's own way. The index opens mail while a key is unlocked
 * alone, so nothing is told while keys are locked.
 */

/** Messages of one arrival that are told of one by one. Attack: a member who sends hundreds covers the whole screen. */
const ONE_BY_ONE = 3;

let isListening = false;

/** Has a press on one open our page of lists. Call it while the background page starts, and when the right was granted. */
export function watchNotifications(): void {
  const { notifications } = thunderbird();
  if (notifications === undefined || isListening) return;
  isListening = true;
  notifications.onClicked.addListener(() => void openSpace().catch(() => undefined));
}

/** Tells of new messages, if the person wants it and has granted the right. Never rejects. */
export async function tellOfArrivals(mails: readonly IndexedMail[]): Promise<void> {
  try {
    await tell(mails);
  } catch {
    // the right was taken back, or the system shows none: the mail is in the list all the same
  }
}

async function tell(mails: readonly IndexedMail[]): Promise<void> {
  const { notifications } = thunderbird();
  const show = await notificationChoice();
  if (notifications === undefined || show === "off" || mails.length === 0) return;
  const { lists } = await load();
  const put = (title: string, message: string) =>
    notifications.create(crypto.randomUUID(), {
      ...{ type: "basic", title, message },
      iconUrl: browser.runtime.getURL("icons/seal.svg"),
    });
  for (const { author, subject, doubtful, list } of mails.slice(0, ONE_BY_ONE)) {
    // attack: somebody under a member's name, or with another key, who is to be believed at a glance
    if (doubtful) await put(lists[list]?.name ?? list, t("notify_new"));
    else await put(author.name ?? author.address, show === "subject" ? subject : t("notify_new"));
  }
  const more = mails.length - ONE_BY_ONE;
  if (more > 0) await put(t("space_title"), t("notify_more", String(more)));
}
