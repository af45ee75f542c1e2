import { noteUse, whenLocked, whenUnlocked } from "../../../keys/unlocked.js";
import {
  beginGiven,
  forgetGivenOf,
  givenIndexes,
  givenState,
  noteLosses,
  stopGiven,
  wantGiven,
  whenGivenChanges,
} from "../../../mail-index/given-mails.js";
import { isAmong } from "../../../mail-index/indexed-mail.js";
import type { IndexChanges, MailIndex } from "../../../mail-index/mail-index.js";
import { askFellows, fellowsOf } from "../../../member/fellow-members.js";
import { browser } from "../../../platform/browser.js";
import { codeOf } from "../../../platform/errors.js";
import type { HandlersOf } from "../../../platform/rpc/call.js";
import { load } from "../../../records/storage.js";
import type { ListsCalls, ListsProgress } from "../../calls/space-calls.js";

/** What the page of lists is answered in a browser: by itself, from the index of given mails. */

/** The index of a list, as it is now; undefined if it has none. @throws ListSealError what `givenIndexes` throws */
export async function listIndex(list: string): Promise<MailIndex | undefined> {
  return (await givenIndexes()).get(list);
}

/** Of a list without an index there is nothing, and whatever a page knew of it goes. */
const noMails: IndexChanges = { epoch: "none", change: 0, before: null, put: [], removed: [] };

async function progressNow(): Promise<ListsProgress> {
  const { wish } = await givenState();
  if (wish === "stopped") return { kind: "paused" };
  try {
    await givenIndexes();
  } catch (error) {
    const code = codeOf(error, "worker-failed");
    return code === "key-locked" ? { kind: "locked" } : { kind: "failed", code };
  }
  // after that: opening may find out
  const [{ lost }, { lists }] = await Promise.all([givenState(), load()]);
  const names = lost.flatMap((address) => lists[address]?.name ?? []);
  return names.length === 0 ? { kind: "idle" } : { kind: "lost", lists: names };
}

/** Makes them, for one page. */
export function listsHandlers(): HandlersOf<ListsCalls> {
  let news = 1;
  const waiting = new Set<() => void>();
  const tell = () => {
    news += 1;
    for (const go of waiting) go();
    waiting.clear();
  };
  whenGivenChanges(tell);
  // what the page has forgotten, and what it may have again
  whenLocked(tell);
  whenUnlocked(tell);

  return {
    async "space:begin"() {
      await beginGiven();
      // a list that was removed while its blocks could not be
      await forgetGivenOf(Object.keys((await load()).lists));
      return null;
    },

    async "space:watch"({ known }) {
      if (known === news) await new Promise<void>((go) => waiting.add(go));
      const now = news;
      const { lists } = await load();
      const progress = await progressNow();
      return {
        known: now,
        // whatever is here was opened by its reader
        lists: Object.values(lists).map(({ address, name, invitee, membership, role }) => ({
          ...{ address, name, unread: null },
          ownAddress: invitee,
          mayPost: membership === "member" && role !== "read-only",
          isLocked: false,
          keepsCopies: false,
        })),
        progress,
        notifications: "off",
      };
    },

    "space:mails": async ({ list, ...view }) => (await listIndex(list))?.since(view) ?? noMails,

    async "space:search"({ list, query, unread, files, author }) {
      // a use that can't be noted only locks earlier
      noteUse().catch(() => undefined);
      const narrowed = { unread, files, author };
      const index = await listIndex(list);
      return (await index?.search(query, (mail) => isAmong(mail, narrowed))) ?? { mails: [], more: false };
    },

    async "space:write"({ list }) {
      const address = `app/browser/composer.html?to=${encodeURIComponent(list)}`;
      await browser.tabs.create({ url: browser.runtime.getURL(address) });
      return null;
    },

    "space:members": ({ list }) => fellowsOf(list),

    async "space:ask-members"({ list }) {
      await askFellows(list);
      await browser.runtime.openOptionsPage();
      return null;
    },

    async "space:sync"({ wish }) {
      if (wish === "pause") await stopGiven();
      if (wish === "go-on") await wantGiven();
      if (wish === "noted") await noteLosses();
      return null;
    },
  };
}
