import { type MailFolder, thunderbird } from "../platform/thunderbird.js";
import { holdsCopies } from "../reading/local-copies/keep.js";

/** Folders whose mails are in no list of ours: what is not sent yet, thrown away, or one's own copy of what comes back anyway. */
const left: ReadonlySet<string> = new Set(["drafts", "templates", "outbox", "sent", "trash", "junk"]);

/** Whether the mails of a folder belong into the index. */
export function isListed(folder: MailFolder | undefined): folder is MailFolder {
  if (folder === undefined || holdsCopies(folder)) return false;
  if (folder.isVirtual === true || folder.isUnified === true || folder.isTag === true) return false;
  return !(folder.specialUse ?? []).some((use) => left.has(use));
}

/** All folders of all accounts whose mails belong into the index. What is below a folder that does not may still. */
export async function listedFolders(): Promise<readonly MailFolder[]> {
  const accounts = await thunderbird().accounts.list(true);
  const waiting = accounts.map(({ rootFolder }) => rootFolder);
  const found: MailFolder[] = [];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (folder.isRoot !== true && folder.path !== "/" && isListed(folder)) found.push(folder);
    // what is thrown away takes along what is below it
    if (isListed(folder)) waiting.push(...(folder.subFolders ?? []));
  }
  return found;
}
