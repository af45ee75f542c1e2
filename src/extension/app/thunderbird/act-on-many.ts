import { walkFolder } from "../../mail-index/folder-walk.js";
import type { IndexedMail } from "../../mail-index/indexed-mail.js";
import { AddonError } from "../../platform/errors.js";
import { thunderbird } from "../../platform/thunderbird.js";
import type { ManyAct } from "../calls/space-calls.js";

type MailPlace = Pick<IndexedMail, "folder" | "id">;

/**
 * So many mails of a folder are asked for one by one: each such question has Thunderbird look through the whole folder, which
 * takes it some 5 ms a thousand mails. For more than that the folder is gone through once.
 */
const ASKED_ONE_BY_ONE = 10;

/** Does it with all of them, as Thunderbird does; what is not there any more is left out. What it changes comes back as events. */
export async function actOnMany(mails: readonly MailPlace[], act: ManyAct): Promise<void> {
  const { messages } = thunderbird();
  const ids: number[] = [];
  for (const folder of new Set(mails.map((mail) => mail.folder)))
    ids.push(
      ...(await idsIn(
        folder,
        mails.filter((mail) => mail.folder === folder).map(({ id }) => id),
      )),
    );
  if (ids.length === 0) return;
  switch (act) {
    case "read":
    case "unread":
      for (const id of ids) await messages.update(id, { read: act === "read" });
      return;
    case "delete":
      await messages.delete(ids, { deletePermanently: false });
      return;
    case "archive":
      if (messages.archive === undefined)
        throw new AddonError("cancelled", "the right to move was not granted");
      await messages.archive(ids);
  }
}

/** Thunderbird's own numbers of mails, by their Message-IDs. */
async function idsIn(folder: string, wanted: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  if (wanted.length <= ASKED_ONE_BY_ONE) {
    for (const headerMessageId of wanted) {
      const { messages } = await thunderbird().messages.query({ folderId: folder, headerMessageId });
      ids.push(...messages.slice(0, 1).map(({ id }) => id));
    }
    return ids;
  }
  const left = new Set(wanted);
  for await (const page of walkFolder(folder, null, new AbortController().signal)) {
    for (const { id, headerMessageId } of page) if (left.delete(headerMessageId)) ids.push(id);
    // an unfinished walk would go on beside what comes next, so it is gone through to its end
  }
  return ids;
}
