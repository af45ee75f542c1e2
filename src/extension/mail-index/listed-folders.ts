import { isOuterSubject } from "../../mail/fixed-texts.js";
import { parseAddress } from "../../mail/mailbox.js";
import { type MailFolder, type MessageHeader, thunderbird } from "../platform/thunderbird.js";
import { holdsCopies, namesAnyOf } from "../reading/local-copies/keep.js";

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

/**
 * Whether a message may be a list's, by what is outside its seals: a copy names the list as its sender or recipient, or has the
 * fixed subject of the list's mails. Opening anything else would cost time for nothing.
 */
export function maybeListMail(header: MessageHeader, lists: readonly string[]): boolean {
  const from = header.author.toLowerCase();
  return (
    namesAnyOf(header, lists) ||
    lists.some((list) => from.includes(list) || isOuterSubject(header.subject, parseAddress(list)))
  );
}
