import { parseAddress } from "../../../mail/mailbox.js";
import { requestNotice, requestPart, requestSubject } from "../../../mail/request-mail.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";
import type { Host, MailToWrite, RequestToSend } from "../../platform/host.js";
import { awake } from "../../platform/keep-awake.js";
import { tellTab } from "../../platform/rpc/messages.js";
import { type NewMessage, thunderbird } from "../../platform/thunderbird.js";
import { lookForArrivals } from "../../requests/in-folders.js";
import { escapeHtml } from "../../ui/html-text.js";
import { t } from "../../ui/i18n.js";
import { identityOf, prepareDraftIdentities } from "../../writing/window/draft-identity.js";
import type { ViewEvents } from "../calls/view-events.js";
import { arrivals } from "../handlers/incoming.js";
import { saveFile } from "./save-file.js";

/**
 * What the background page tells the mails that are on a screen: in the main window, in tabs, in windows of their own. Pages
 * and popups of ours follow by themselves (`followLocking`, `whenStoredChanges`).
 */

/** Keys were locked: nothing that was opened stays on a screen. */
export const clearViews = (): void => tellViews("view:clear");

/** What verdicts are made of has changed: opened mails are asked about anew. */
export const renewViews = (): void => tellViews("view:renew");

function tellViews(what: keyof ViewEvents): void {
  void browser.tabs.query({}).then((tabs) => {
    for (const { id } of tabs) if (id !== undefined) tellTab<ViewEvents>(id)(what, null);
  });
}

/**
 * Thunderbird sends a request, notice or receipt. No copy of it goes to Sent: nobody could open it there.
 *
 * @returns `sent` when the mail server has taken it; `outbox` when Thunderbird is offline and keeps it until it is online
 * @throws ListSealError `no-identity` (no account here has the address `from`), `may-not-send` (the person has not
 *   granted the right: `permission.ts`), `not-sent` (the mail server did not take it; Thunderbird has said why)
 */
function sendSealed({ kind, list, from, to, sealed }: RequestToSend): Promise<"sent" | "outbox"> {
  const { name, type, bytes } = requestPart(kind, sealed);
  return sendUnseen(
    {
      from,
      to,
      subject: requestSubject(kind, parseAddress(list)),
      text: requestNotice(kind),
      file: new File([new Uint8Array(bytes)], name, { type }),
    },
    { overrideDefaultFccFolder: "" },
  );
}

function sendUnseen(
  { from, to, subject, text, file }: Omit<MailToWrite, "file"> & { readonly file: File },
  copy: Pick<NewMessage, "overrideDefaultFccFolder">,
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
          attachments: [{ file, name: file.name }],
          ...copy,
        },
        { mode: "default" },
      );
      return mode === "sendLater" ? "outbox" : "sent";
    } catch (cause) {
      throw new AddonError("not-sent", "Thunderbird could not send it", { cause });
    }
  });
}

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

  /** Drafts of what is written to a list stay on this computer. */
  listsChanged: () => prepareDraftIdentities(t("draft_identity_label")),

  send: sendSealed,
  lookForArrivals: () => lookForArrivals(arrivals),

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
    await sendUnseen({ ...mail, file: attachmentOf(mail.file) }, {});
  },

  saveFile,
  renewViews,
};
