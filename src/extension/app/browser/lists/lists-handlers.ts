import { noteUse } from "../../../keys/unlocked.js";
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
import { isAmong, keyOfMail } from "../../../mail-index/indexed-mail.js";
import type { MailIndex } from "../../../mail-index/mail-index.js";
import { browser } from "../../../platform/browser.js";
import { AddonError, codeOf } from "../../../platform/errors.js";
import type { HandlersOf } from "../../../platform/rpc/call.js";
import { load } from "../../../records/storage.js";
import type { ListsCalls, ListsProgress } from "../../calls/space-calls.js";

/** What the page of lists is answered in a browser: by itself, from the index of given mails. */

/** The index of a list, as it is now. @throws ListSealError `no-such-list`, and what `givenIndexes` throws */
export async function listIndex(list: string): Promise<MailIndex> {
  const index = (await givenIndexes()).get(list);
  if (index === undefined) throw new AddonError("no-such-list", "there is no index of such a list");
  return index;
}

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
  whenGivenChanges(() => {
    news += 1;
    for (const go of waiting) go();
    waiting.clear();
  });

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
        lists: Object.values(lists).map(({ address, name, membership, role }) => ({
          ...{ address, name, unread: null },
          mayPost: membership === "member" && role !== "read-only",
          isLocked: false,
          keepsCopies: false,
        })),
        progress,
        notifications: "off",
      };
    },

    "space:mails": async ({ list, epoch, change }) => (await listIndex(list)).since(epoch, change),

    async "space:search"({ list, query, unread, files, author }) {
      // a use that can't be noted only locks earlier
      noteUse().catch(() => undefined);
      const narrowed = { unread, files, author };
      const { mails, more } = await (await listIndex(list)).search(query, (mail) => isAmong(mail, narrowed));
      return { mails: mails.map(keyOfMail), more };
    },

    async "space:write"({ list }) {
      const address = `app/browser/composer.html?to=${encodeURIComponent(list)}`;
      await browser.tabs.create({ url: browser.runtime.getURL(address) });
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
