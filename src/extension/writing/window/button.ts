import { thunderbird } from "../../platform/thunderbird.js";
import { type MessageKey, t } from "../../ui/i18n.js";
import type { ComposeNotice, ComposeStatus } from "../compose-status.js";

/**
 * The compose button shows the state in three ways: label, title (which a screen reader reads) and icon, whose shape
 * changes with its colour. No badge: Thunderbird draws it over the icon, and neither can be read then. It is
 * a plain toggle; only while something runs or stands in the way does it open its popup instead.
 */
interface Look {
  readonly label: string;
  readonly title: string;
  readonly icon: "seal-off" | "seal-on" | "seal-problem";
  readonly popup: boolean;
}

/** How a status looks. Pure. */
export function lookOf(status: ComposeStatus): Look {
  if (status.work === "sealing") {
    return {
      label: t("compose_sealing"),
      title: t("compose_sealing_title"),
      icon: "seal-on",
      popup: true,
    };
  }
  if (status.hindrance?.kind === "failed" && status.hindrance.doing !== "sending") {
    return {
      label: t("compose_draft_problem"),
      title: t("compose_draft_problem_title"),
      icon: "seal-problem",
      popup: true,
    };
  }
  if (status.hindrance !== null) {
    return {
      label: t("compose_problem"),
      title: t("compose_problem_title"),
      icon: "seal-problem",
      popup: true,
    };
  }
  if (status.sealing === "off") {
    return {
      label: t("compose_off"),
      title: t("compose_off_title"),
      icon: "seal-off",
      popup: false,
    };
  }
  const name = status.list?.name;
  const label = name === undefined ? t("compose_on") : t("compose_on_for", name);
  if (status.notice !== null) {
    return { label, title: t(noticeTitles[status.notice]), icon: "seal-on", popup: true };
  }
  const title = status.drafts === "this-computer" ? t("compose_on_title") : t("compose_on_title_drafts");
  return { label, title, icon: "seal-on", popup: false };
}

const noticeTitles: Readonly<Record<ComposeNotice, MessageKey>> = {
  "server-draft-moved": "notice_draft_moved_title",
  "server-draft-left": "notice_draft_left_title",
  "sealed-draft-kept": "notice_draft_kept_title",
  "quote-left-out": "notice_quote_left_out_title",
  "read-only": "popup_read_only_title",
};

/** Puts the look on the button of one compose window. A window that closes meanwhile is no error. */
export async function showStatus(tabId: number, status: ComposeStatus): Promise<void> {
  const { composeAction } = thunderbird();
  const look = lookOf(status);
  await Promise.allSettled([
    composeAction.setLabel({ tabId, label: look.label }),
    composeAction.setTitle({ tabId, title: look.title }),
    composeAction.setIcon({ tabId, path: `/icons/${look.icon}.svg` }),
    composeAction.setPopup({ tabId, popup: look.popup ? "/app/thunderbird/popup.html" : "" }),
  ]);
}

/** Opens the button's popup. QUIRK: while `onBeforeSend` has not answered, Thunderbird 153 opens none. */
export async function openPopup(windowId: number): Promise<void> {
  try {
    await thunderbird().composeAction.openPopup({ windowId });
  } catch {
    // the window was closed, or another popup is open; label and icon say it too
  }
}
