import { listOf, object, text } from "../../../membership/file/check.js";
import { walkFolder } from "../../mail-index/folder-walk.js";
import { listedFolders, maybeListMail } from "../../mail-index/listed-folders.js";
import { indexesNow, tellIndexChanged } from "../../mail-index/sync.js";
import { codeOf } from "../../platform/errors.js";
import { awake } from "../../platform/keep-awake.js";
import type { MessageHeader } from "../../platform/thunderbird.js";
import { type CopyPolicy, chooseKeeping, keepingOf } from "../../reading/local-copies/choice.js";
import { markCopy } from "../../reading/local-copies/keep.js";
import { readMessage } from "../../reading/read-message.js";
import { keptRecord, load } from "../../records/storage.js";

/**
 * Readable copies of mails that were here before the person chose to keep any. What ends it in the middle (the program, a lock) is
 * gone on with at the next start or unlock: a mail that has its copy is not copied again.
 */

const record = object<{ readonly lists: readonly string[] }>({ lists: listOf(text) });
const unfinished = keptRecord<{ readonly lists: readonly string[] }>("copiesToMake", (value) =>
  value === undefined ? { lists: [] } : record(value),
);

const setUnfinished = (list: string, isOpen: boolean): Promise<void> =>
  unfinished.update(({ lists }) => {
    const others = lists.filter((one) => one !== list);
    return { stored: { lists: isOpen ? [...others, list] : others }, result: undefined };
  });

let running: Promise<void> | undefined;

/**
 * Keeps readable copies of a list's mails from now on, and begins to copy what is here already; or keeps none any more. Settles when
 * that is noted, and goes on beside.
 * @throws ListSealError what storage throws
 */
export async function keepCopies(list: string, keeping: CopyPolicy): Promise<void> {
  await chooseKeeping(list, keeping);
  await setUnfinished(list, keeping !== "off");
  tellIndexChanged();
  if (keeping !== "off") void goOnCopying();
}

/** Goes on with what was not finished. Never rejects: what can't be done now is left for the next start. */
export function goOnCopying(): Promise<void> {
  running ??= awake(async () => {
    try {
      for (const list of (await unfinished.load()).lists)
        if ((await copyAllOf(list)) !== "interrupted") await setUnfinished(list, false);
    } catch (error) {
      console.warn("ListSeal: copying has stopped,", codeOf(error, "storage-failed"));
    }
  }).finally(() => {
    running = undefined;
  });
  return running;
}

/** `unwanted`: no copies of the list are kept any more. */
async function copyAllOf(list: string): Promise<"done" | "unwanted" | "interrupted"> {
  // with another key its mails would be passed over as nobody's
  if ((await indexesNow()).locked.includes(list)) return "interrupted";
  for (const { id } of await listedFolders())
    for await (const page of walkFolder(id, null, new AbortController().signal))
      for (const header of page) {
        if (!maybeListMail(header, [list])) continue;
        if ((await keepingOf(list)) === "off") return "unwanted";
        // opening it is what keeps its copy
        const reading = await readMessage(header, "in-its-own-shell");
        if (reading.kind === "locked") return "interrupted";
      }
  return "done";
}

/** A mail was marked as read or unread: so is its copy. */
export async function followMark(header: MessageHeader, read: boolean): Promise<void> {
  const lists = Object.values((await load()).lists);
  for (const list of lists) if (maybeListMail(header, [list.address])) await markCopy(list, header, read);
}
