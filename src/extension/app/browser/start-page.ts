import { followLocking, lockIfDue, whenLocked } from "../../keys/unlocked.js";
import { forgetGivenBefore, forgetGivenOf, watchLosses } from "../../mail-index/given-mails.js";
import { forgetIndexes, useBlockStore } from "../../mail-index/open-indexes.js";
import { AddonError } from "../../platform/errors.js";
import { fileToSave, safeFileName } from "../../platform/file-name.js";
import { type Host, setHost } from "../../platform/host.js";
import { isFramed } from "../../platform/locks.js";
import { mailAddress } from "../../platform/mailto.js";
import { chooseKeeping } from "../../reading/local-copies/choice.js";
import { load } from "../../records/storage.js";
import { sendDueReceipts } from "../../requests/held-receipts.js";
import { endWorkerWhenIdle } from "../../worker/client.js";
import { watchRecordHeads, watchRidingNotices } from "../handlers/incoming.js";
import { blocksOfBackground } from "./blocks-of-background.js";

/**
 * What every page of a browser begins with that does work of its own: it says which program this is, and forgets what it has
 * opened when keys are locked, here or in another page. Call it before anything is awaited.
 */
export function startPage(): void {
  setHost(browserHost);
  watchRecordHeads();
  if (isFramed()) useBlockStore(blocksOfBackground());
  watchLosses();
  whenLocked(forgetIndexes);
  watchRidingNotices();
  whenLocked(endWorkerWhenIdle);
  followLocking();
  void lockIfDue().catch(() => undefined);
}

/**
 * A browser: it knows no mail. What has to be sent is given to the person, and what arrives is opened by them in the Reader
 * page or in their webmail.
 */
export const browserHost: Host = {
  /** There are no accounts to look into: whoever has the invitation and its code says who they are. */
  accountOf: async () => ({ name: "" }),
  /** What was indexed of a list that is gone goes, too. */
  listsChanged: async () => forgetGivenOf(Object.keys((await load()).lists)),
  forgetIndexed: forgetGivenBefore,
  send: async () => "by-hand",
  sentMail: null,
  /** There are no folders; but what has waited for a day is put with what the person is to send. */
  lookForArrivals: sendDueReceipts,

  /** The file is saved, and the person's mail program asked for a mail that they attach it to. */
  async writeMail({ to, subject, text, file }) {
    await saveFile(file.name, file.bytes, "application/octet-stream");
    press(mailAddress(to, subject, text));
  },

  async sendSealed() {
    throw new AddonError("may-not-send", "a browser sends no mail");
  },
  async sendMail() {
    throw new AddonError("may-not-send", "a browser sends no mail");
  },

  saveFile,

  /** There are no folders here, and the choice is not offered; a list that goes takes its choice along. */
  keepCopies: chooseKeeping,

  /** Mail is opened in pages of ours alone, and those follow by themselves. */
  renewViews: () => undefined,
};

/** How long a page may take to hand a file to the browser before its address is given up. */
const HANDED_OVER_MS = 60_000;

/** As every web page does it: no right is needed. It can't be told whether the person has kept the file. */
async function saveFile(name: string, bytes: Uint8Array, type: string): Promise<void> {
  const url = URL.createObjectURL(fileToSave(bytes, type));
  press(url, safeFileName(name));
  setTimeout(() => URL.revokeObjectURL(url), HANDED_OVER_MS);
}

/** Follows a link as a press on it does. @param download saves what it leads to under this name */
function press(address: string, download?: string): void {
  const link = document.createElement("a");
  link.href = address;
  // a web page may be the person's mail program: it must not take the place of ours
  if (download === undefined) link.target = "_blank";
  else link.download = download;
  link.click();
}
