import { browser } from "../../platform/browser.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { t } from "../../ui/i18n.js";

/** The button in Thunderbird's bar of spaces that opens our own page of lists, with the number of mails that are still unread. */

/** Its name among the add-on's own spaces. */
const NAME = "lists";
/** The most that a badge has room for. */
const BADGE_LIMIT = 999;

const page = () => ({ url: browser.runtime.getURL("app/thunderbird/space/space.html") });

let making: Promise<number> | undefined;

/** The number of the space, which is made if it is not there yet. */
export function ourSpace(): Promise<number> {
  making ??= makeSpace().catch((cause: unknown) => {
    making = undefined;
    throw cause;
  });
  return making;
}

async function makeSpace(): Promise<number> {
  const { spaces } = thunderbird();
  const [there] = await spaces.query({ isSelfOwned: true });
  if (there !== undefined) return there.id;
  // QUIRK: an absolute address of an icon is refused
  const icon = "icons/seal.svg";
  const { id } = await spaces.create(NAME, page(), { title: t("space_title"), defaultIcons: icon });
  return id;
}

/** Opens our page of lists. */
export async function openSpace(): Promise<void> {
  await thunderbird().spaces.open(await ourSpace());
}

/** Opens it, or, where that can't be, the settings, which begin with the same words. */
export async function openFirst(): Promise<void> {
  try {
    await openSpace();
  } catch {
    await browser.runtime.openOptionsPage();
  }
}

let shown: string | null | undefined;

/** Shows how many mails are unread; null where that can't be known, as while keys are locked. */
export async function showUnread(unread: number | null): Promise<void> {
  const count = unread ?? 0;
  const text = count === 0 ? null : count > BADGE_LIMIT ? `${BADGE_LIMIT}+` : String(count);
  if (text === shown) return;
  shown = text;
  await thunderbird().spaces.update(await ourSpace(), page(), {
    badgeText: text,
    badgeBackgroundColor: "#0b6b3a",
  });
}
