import { renewViews } from "../background/open-views.js";
import { identityOf, prepareDraftIdentities } from "../compose/draft-identity.js";
import { t } from "../i18n.js";
import { lookForArrivals } from "../requests/in-folders.js";
import { sendSealed } from "../requests/mail.js";
import { thunderbird } from "../thunderbird.js";
import type { Host } from "./host.js";
import { saveFile } from "./save.js";

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
  lookForArrivals,

  async writeMail({ to, subject, text, file }) {
    const attachment = new File([file.bytes], file.name, { type: "application/octet-stream" });
    await thunderbird().compose.beginNew({
      to: [to],
      subject,
      plainTextBody: text,
      isPlainText: true,
      attachments: [{ file: attachment, name: file.name }],
    });
  },

  saveFile,
  renewViews,
};
