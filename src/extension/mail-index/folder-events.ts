import { codeOf } from "../platform/errors.js";
import { awake } from "../platform/keep-awake.js";
import type { MailFolder, MessageHeader, MessageList } from "../platform/thunderbird.js";
import { everyMessage } from "../reading/local-copies/keep.js";
import { type IndexedMail, keyOfMail } from "./indexed-mail.js";
import { isListed } from "./listed-folders.js";
import { addArrived, openIndexes, tellIndexChanged } from "./sync.js";
import { markUnbuilt, syncState } from "./sync-record.js";

/**
 * What Thunderbird tells of its folders, taken into the index one after the other. What comes while no key is unlocked is not
 * lost: the folders that it is about are gone through when one is.
 */

let turn: Promise<unknown> = Promise.resolve();

/** @param folders those that are gone through again if the index can't be changed now */
function inTurn(
  folders: () => readonly (MailFolder | undefined)[],
  work: () => Promise<void>,
): Promise<void> {
  const next = turn.then(() =>
    awake(async () => {
      if ((await syncState()).wish !== "on") return;
      try {
        await work();
      } catch (error) {
        await markUnbuilt(folders().flatMap((folder) => folder?.id ?? []));
        if (codeOf(error, "worker-failed") !== "key-locked") throw error;
      }
    }),
  );
  turn = next.catch(() => undefined);
  return next;
}

/** New mail is there. @param arrived is told of what is a list's, and unread */
export async function takeNewMail(
  folder: MailFolder,
  list: MessageList,
  arrived: (mails: readonly IndexedMail[]) => void,
): Promise<void> {
  if (!isListed(folder)) return;
  await inTurn(
    () => [folder],
    async () => {
      const added = await addArrived(await everyMessage(list), folder.id);
      arrived(added.map(({ mail }) => mail).filter(({ unread }) => unread));
    },
  );
}

/** Mails are in another folder: archived, thrown away, filed, or fetched back. */
export async function takeMoved(before: MessageList, after: MessageList): Promise<void> {
  const [originals, moved] = await Promise.all([everyMessage(before), everyMessage(after)]);
  await inTurn(
    () => [...foldersOf(originals), ...foldersOf(moved)],
    async () => {
      const indexes = [...(await openIndexes()).values()];
      for (const [at, original] of originals.entries()) {
        const now = moved[at];
        const name = nameOf(original);
        const { folder } = now ?? {};
        const index = indexes.find((one) => name !== undefined && one.has(name));
        if (index !== undefined && name !== undefined) {
          if (isListed(folder)) await index.change([name], (mail) => ({ ...mail, folder: folder.id }));
          else await index.remove([name]);
        } else if (now !== undefined && isListed(folder)) await addArrived([now], folder.id);
      }
      tellIndexChanged();
    },
  );
}

/** Mails were copied to another folder. */
export async function takeCopied(copies: MessageList): Promise<void> {
  const made = await everyMessage(copies);
  await inTurn(
    () => foldersOf(made),
    async () => {
      for (const copy of made) if (isListed(copy.folder)) await addArrived([copy], copy.folder.id);
    },
  );
}

/** Mails are gone. */
export async function takeDeleted(list: MessageList): Promise<void> {
  const gone = await everyMessage(list);
  await inTurn(
    () => foldersOf(gone),
    async () => {
      const names = gone.flatMap((header) => nameOf(header) ?? []);
      for (const index of (await openIndexes()).values())
        await index.remove(names.filter((name) => index.has(name)));
      tellIndexChanged();
    },
  );
}

/** A mail was marked as read or unread. */
export async function takeRead(header: MessageHeader, read: boolean): Promise<void> {
  const name = nameOf(header);
  if (name === undefined) return;
  await inTurn(
    () => [header.folder],
    async () => {
      for (const index of (await openIndexes()).values())
        if (index.has(name)) await index.change([name], (mail) => ({ ...mail, unread: !read }));
      tellIndexChanged();
    },
  );
}

const foldersOf = (headers: readonly MessageHeader[]) => headers.map(({ folder }) => folder);

function nameOf({ folder, headerMessageId }: MessageHeader): string | undefined {
  return folder === undefined ? undefined : keyOfMail({ folder: folder.id, id: headerMessageId });
}
