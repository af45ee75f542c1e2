import { type Letter, writeClearMail } from "../../../mail/payload.js";
import { AddonError } from "../../platform/errors.js";
import { may } from "../../platform/permission.js";
import { type MessageHeader, type MessageList, thunderbird } from "../../platform/thunderbird.js";
import { keepingOf, listsKept } from "./choice.js";

/**
 * Readable copies of opened mail in a folder of this computer: Local Folders / ListSeal / name of the list.
 *
 * The folder is on an account of type `local` or there is no copy: a copy on a mail server would undo the seal.
 */

/** Name of the folder that holds one folder a list. */
const ROOT = "ListSeal";

/** Whether a folder is one of those that hold readable copies. Folders of older copies tell more than their fields do. */
export function holdsCopies(folder: { readonly path?: string } | undefined): boolean {
  return folder?.path?.split("/")[1] === ROOT;
}

/** Whether readable copies are, or were, kept on this computer. */
export async function areCopiesKept(): Promise<boolean> {
  const { accounts, folders } = thunderbird();
  const root = (await accounts.list(false)).find(({ type }) => type === "local")?.rootFolder.id;
  if (root === undefined) return false;
  return (await folders.getSubFolders(root, false)).some(({ name }) => name === ROOT);
}

/** Folders' names end up as names of files. */
const NAME_LIMIT = 60;

function folderName(list: { readonly name: string; readonly address: string }): string {
  const name = list.name
    .replace(/[\p{Cc}\p{Cf}/\\:*?"<>|#%]/gu, " ")
    .trim()
    .slice(0, NAME_LIMIT);
  return name === "" || name.startsWith(".") ? list.address : name;
}

/** The subfolder of that name, made if it is not there. */
async function within(parent: string, name: string): Promise<string> {
  const { folders } = thunderbird();
  const there = await folders.getSubFolders(parent, false);
  const found = there.find((folder) => folder.name === name) ?? (await folders.create?.(parent, name));
  if (found === undefined) throw new AddonError("storage-failed", "no right to make a folder");
  return found.id;
}

async function folderFor(list: { readonly name: string; readonly address: string }): Promise<string> {
  const accounts = await thunderbird().accounts.list(false);
  const root = accounts.find(({ type }) => type === "local")?.rootFolder.id;
  if (root === undefined) throw new AddonError("storage-failed", "there are no local folders here");
  return within(await within(root, ROOT), folderName(list));
}

/** What came of it: `off` if the person wants none, `there` if it had been kept before. */
export type LocalCopyResult = "kept" | "there" | "off";

let queue: Promise<unknown> = Promise.resolve();

/**
 * Keeps a copy of an opened letter, if the person chose so for this list and Thunderbird still allows it.
 * @param isRead whether the sealed mail is marked as read at this moment: so is the copy
 * @throws ListSealError `storage-failed` if it could not be written
 */
export function keepCopy(
  list: { readonly name: string; readonly address: string },
  letter: Letter,
  isRead: () => Promise<boolean>,
): Promise<LocalCopyResult> {
  // one after the other: two mails at once would both make the folder
  const next = queue.then(() => keep(list, letter, isRead));
  queue = next.catch(() => undefined);
  return next;
}

async function keep(
  list: { readonly name: string; readonly address: string },
  letter: Letter,
  isRead: () => Promise<boolean>,
): Promise<LocalCopyResult> {
  if ((await keepingOf(list.address)) === "off") return "off";
  const { messages } = thunderbird();
  if (messages.import === undefined || !(await may("copies"))) return "off";
  const folder = await folderFor(list);
  if (await holds(folder, letter.messageId)) return "there";
  const file = new File([new Uint8Array(writeClearMail(letter, list.address))], "opened.eml", {
    type: "message/rfc822",
  });
  try {
    await messages.import(file, folder, { read: await isRead() });
    return "kept";
  } catch (cause) {
    throw new AddonError("storage-failed", "the copy could not be written", { cause });
  }
}

const holds = async (folder: string, messageId: string): Promise<boolean> =>
  (await copiesOf(folder, messageId)).length > 0;

async function copiesOf(folder: string, messageId: string): Promise<readonly MessageHeader[]> {
  const { messages } = await thunderbird().messages.query({
    folderId: folder,
    headerMessageId: messageId.replace(/^<|>$/g, ""),
  });
  return messages;
}

/**
 * Marks the copy of a mail as the mail was marked. One that came under another Message-ID than its author gave it has a copy that
 * is not found, and stays as it is. Copies of lists of which none are kept any more are the person's alone.
 * @param list the one that the mail is of
 */
export async function markCopy(
  list: { readonly name: string; readonly address: string },
  { headerMessageId }: Pick<MessageHeader, "headerMessageId">,
  read: boolean,
): Promise<void> {
  if ((await keepingOf(list.address)) === "off" || !(await may("copies"))) return;
  for (const copy of await copiesOf(await folderFor(list), headerMessageId))
    if (copy.read !== read) await thunderbird().messages.update(copy.id, { read });
}

/**
 * New mail is opened and kept as it comes, so that what is searched for is there before it was read.
 * @param read opens a mail of a folder; keeping the copy is part of it
 */
export function copyNewMail(read: (header: MessageHeader) => Promise<unknown>): void {
  thunderbird().messages.onNewMailReceived.addListener((_folder, list) => void follow(list, read));
}

async function follow(list: MessageList, read: (header: MessageHeader) => Promise<unknown>): Promise<void> {
  const lists = await listsKept();
  if (lists.length === 0) return;
  for (const header of await everyMessage(list)) if (namesAnyOf(header, lists)) await read(header);
}

/** All messages of a list that came in pages. */
export async function everyMessage(list: MessageList): Promise<readonly MessageHeader[]> {
  const { messages } = thunderbird();
  const found = [...list.messages];
  let next = list.id;
  while (typeof next === "string") {
    const page = await messages.continueList(next);
    found.push(...page.messages);
    next = page.id;
  }
  return found;
}

/** Whether a mail's recipients name one of the lists: opening anything else would cost time for nothing. */
export function namesAnyOf({ recipients, ccList }: MessageHeader, lists: readonly string[]): boolean {
  const named = [...recipients, ...ccList].join("\n").toLowerCase();
  return lists.some((list) => named.includes(list));
}
