import { parseAddress } from "../../../mail/mailbox.js";
import { requestNotice, requestPart, requestSubject } from "../../../mail/request-mail.js";
import { sealWaiting } from "../../member/former-key-posts.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";
import type { Host, MailToWrite, PostToSend, RequestToSend, SentMail } from "../../platform/host.js";
import { awake } from "../../platform/keep-awake.js";
import { tellTab } from "../../platform/rpc/messages.js";
import { type NewMessage, thunderbird } from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import { lookForArrivals } from "../../requests/in-folders.js";
import { escapeHtml } from "../../ui/html-text.js";
import { identityOf, prepareDraftIdentities } from "../../writing/window/draft-identity.js";
import { holdRequest } from "../../writing/window/send-state.js";
import type { ViewEvents } from "../calls/view-events.js";
import { arrivals, whenTimeHasPassed } from "../handlers/incoming.js";
import { forgetIndexed, forgetStrayIndexes } from "./index-events.js";
import { saveFile } from "./save-file.js";

/**
 * What the background page tells the mails that are on a screen: in the main window, in tabs, in windows of their own. Pages
 * and popups of ours follow by themselves (`followLocking`, `whenStoredChanges`).
 */

/** Keys were locked: nothing that was opened stays on a screen. */
export const clearViews = (): void => tellViews("view:clear");

/** A key was unlocked: what is locked on a screen opens. */
export const openViews = (): void => tellViews("view:unlocked");

/** What verdicts are made of has changed: opened mails are asked about again. */
export const renewViews = (): void => tellViews("view:renew");

function tellViews(what: keyof ViewEvents): void {
  void browser.tabs.query({}).then((tabs) => {
    for (const { id } of tabs) if (id !== undefined) tellTab<ViewEvents>(id)(what, null);
  });
}

/**
 * Thunderbird sends a request, notice or receipt. No copy of it goes to Sent: nobody could open it there. Without the right to do so
 * by itself, it puts what a person has asked for before them, ready to be sent.
 *
 * @returns `sent` when the mail server has taken it; `outbox` when Thunderbird is offline and keeps it until it is online; `by-hand`
 *   when it is in a compose window
 * @throws ListSealError `no-identity` (no account here has the address `from`), `may-not-send` (the person has not
 *   granted the right: `permission.ts`), `not-sent` (the mail server did not take it; Thunderbird has said why)
 */
function sendSealed(mail: RequestToSend): ReturnType<Host["send"]> {
  const { kind, list, from, to, sealed, request } = mail;
  if (request !== undefined && thunderbird().messages.sendMessage === undefined)
    return putInWindow(mail, request);
  const subject = requestSubject(kind, parseAddress(list));
  return sendParts({ from, to, subject, notice: requestNotice(kind), parts: [requestPart(kind, sealed)] });
}

/** A request in a compose window, with everything that it needs. It is known as sent when the person has sent it. */
async function putInWindow(
  { kind, list, from, to, sealed }: RequestToSend,
  request: string,
): Promise<"by-hand"> {
  const identityId = await identityOf(from);
  if (identityId === null) throw new AddonError("no-identity", "no account has the sender's address");
  const { name, type, bytes } = requestPart(kind, sealed);
  const { id } = await thunderbird().compose.beginNew({
    ...{ identityId, to: [to], subject: requestSubject(kind, parseAddress(list)) },
    ...{ isPlainText: true, plainTextBody: requestNotice(kind) },
    attachments: [{ file: new File([new Uint8Array(bytes)], name, { type }), name }],
  });
  if (id !== undefined) holdRequest(id, request);
  return "by-hand";
}

/**
 * QUIRK: Thunderbird 153 takes no References here; a post that is sent so is in its conversation by what is inside the seal
 * alone.
 */
function sendParts({
  notice,
  parts,
  header,
  ...mail
}: Omit<PostToSend, "header"> & Partial<Pick<PostToSend, "header">>): Promise<"sent" | "outbox"> {
  const files = parts.map(({ name, type, bytes }) => new File([new Uint8Array(bytes)], name, { type }));
  return sendUnseen(
    { ...mail, text: notice, files },
    { ...(header === undefined ? {} : { customHeaders: [header] }), overrideDefaultFccFolder: "" },
  );
}

/** Sends without a window. @param more `overrideDefaultFccFolder`: empty for no copy in Sent */
function sendUnseen(
  { from, to, subject, text, files }: Omit<MailToWrite, "file"> & { readonly files: readonly File[] },
  more: Pick<NewMessage, "overrideDefaultFccFolder" | "customHeaders">,
): Promise<"sent" | "outbox"> {
  return awake(async () => {
    const identityId = await identityOf(from);
    if (identityId === null) throw new AddonError("no-identity", "no account has the sender's address");
    const { messages } = thunderbird();
    if (messages.sendMessage === undefined) {
      throw new AddonError("may-not-send", "the right to send was not granted");
    }
    try {
      const { mode } = await messages.sendMessage(
        {
          identityId,
          to: [to],
          subject,
          body: `<!DOCTYPE html><html><body><pre>${escapeHtml(text)}</pre></body></html>`,
          isPlainText: false,
          deliveryFormat: "plaintext",
          attachments: files.map((file) => ({ file, name: file.name })),
          ...more,
        },
        { mode: "default" },
      );
      return mode === "sendLater" ? "outbox" : "sent";
    } catch (cause) {
      throw new AddonError("not-sent", "Thunderbird could not send it", { cause });
    }
  });
}

/** Mails of one Message-ID that are looked at. Attack: somebody who sends very many under the id of one's own. */
const SAME_ID_LIMIT = 8;

const sentMail: SentMail = {
  async find(messageId) {
    const { messages } = thunderbird();
    const found = await messages.query({ headerMessageId: messageId.replace(/^<|>$/g, "") });
    return found.messages.slice(0, SAME_ID_LIMIT).map(({ id }) => async () => {
      const file = await messages.getRaw(id, { decrypt: false });
      return new Uint8Array(await file.arrayBuffer());
    });
  },
  send: sendParts,
};

const attachmentOf = ({ name, bytes }: MailToWrite["file"]) =>
  new File([bytes], name, { type: "application/octet-stream" });

/** Thunderbird: it has accounts and folders, sends by itself, and opens its own compose window. */
export const thunderbirdHost: Host = {
  async accountOf(address) {
    const id = await identityOf(address);
    if (id === null) return null;
    const { name = "" } = (await thunderbird().identities.get(id)) ?? {};
    return { name };
  },

  /** Drafts of what is written to a list stay on this computer. What was indexed of a list that is gone goes, too. */
  async listsChanged() {
    await forgetStrayIndexes(Object.keys((await load()).lists));
    await prepareDraftIdentities();
  },

  forgetIndexed,

  async keepCopies(list, keeping) {
    await (await import("./older-copies.js")).keepCopies(list, keeping);
  },

  send: sendSealed,
  sentMail,
  async lookForArrivals() {
    await lookForArrivals(arrivals);
    await sealWaiting();
    await whenTimeHasPassed();
  },

  async writeMail({ from, to, subject, text, file }) {
    const identityId = await identityOf(from);
    await thunderbird().compose.beginNew({
      ...(identityId === null ? {} : { identityId }),
      to: [to],
      subject,
      plainTextBody: text,
      isPlainText: true,
      attachments: [{ file: attachmentOf(file), name: file.name }],
    });
  },

  async sendMail(mail) {
    await sendUnseen({ ...mail, files: [attachmentOf(mail.file)] }, {});
  },

  sendSealed({ from, to, subject, notice, part: { name, type, bytes } }) {
    const files = [new File([new Uint8Array(bytes)], name, { type })];
    return sendUnseen({ from, to, subject, text: notice, files }, {});
  },

  saveFile,
  renewViews,
};
