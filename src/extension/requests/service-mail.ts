import { parseAddress } from "../../mail/mailbox.js";
import { isArrivingSubject } from "../../mail/request-mail.js";
import { withLock } from "../platform/locks.js";
import { may } from "../platform/permission.js";
import { type MessageHeader, thunderbird } from "../platform/thunderbird.js";
import { load } from "../records/storage.js";
import { t } from "../ui/i18n.js";
import type { Incoming } from "./incoming.js";
import { movesServiceMail } from "./service-choice.js";

/**
 * Answers, notices and receipts that the add-on has acted on, and that need nothing from the person: marked as read, and by choice
 * moved to a folder of their own.
 */

/**
 * Whether a person has nothing to do about it, and need not even know: what they asked for was done, or the add-on has taken what it
 * was told.
 *
 * Attack: an alarm that nobody sees. A refusal, a key that was revoked, an invitation that was used twice, another server key to
 * compare, and whatever was not accepted stay unread.
 */
export function needsNobody(arrived: Incoming): boolean {
  switch (arrived.kind) {
    case "answer":
      return arrived.result === "done";
    case "report":
      return !["revoked", "second-join", "server-key-offer"].includes(arrived.event);
    case "delivery":
      return arrived.waiting + arrived.failed === 0;
    case "notice":
    case "old-notice":
    case "receipt":
      return true;
    default:
      return false;
  }
}

/**
 * Whether the mail is nothing but that. A mail of a person's that has such a part beside their own words ("Fwd: what is this?") has
 * another subject.
 */
async function isBare({ subject }: MessageHeader, arrived: Incoming): Promise<boolean> {
  const lists = "list" in arrived ? [arrived.list] : Object.keys((await load()).lists);
  return lists.some((list) => isArrivingSubject(subject, parseAddress(list)));
}

/** Marks as read what was taken just now, and moves it where the person wants that. */
export async function tidyAway(header: MessageHeader, arrived: Incoming): Promise<void> {
  if (header.external === true || !needsNobody(arrived) || !(await isBare(header, arrived))) return;
  const { messages } = thunderbird();
  if (header.read !== true) await messages.update(header.id, { read: true });
  if (!(await movesServiceMail()) || !(await may("service-folder"))) return;
  const accountId = header.folder?.accountId;
  const target = accountId === undefined ? undefined : await folderOf(accountId, t("service_folder"));
  if (target !== undefined && target !== header.folder?.id) await messages.move?.([header.id], target);
}

/** The folder of that name in the mail's own account, made if it is not there: nothing leaves the account that it came to. */
function folderOf(accountId: string, name: string): Promise<string | undefined> {
  // one at a time: two mails at once would both make it
  return withLock("service-folder", async () => {
    const { accounts, folders } = thunderbird();
    const root = (await accounts.list(false)).find(({ id }) => id === accountId)?.rootFolder.id;
    if (root === undefined) return undefined;
    const there = (await folders.getSubFolders(root, false)).find((folder) => folder.name === name);
    return (there ?? (await folders.create?.(root, name)))?.id;
  });
}
