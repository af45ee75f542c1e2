import type { Host } from "../../platform/host.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { lookForArrivals } from "../../requests/in-folders.js";
import { t } from "../../ui/i18n.js";
import { identityOf, prepareDraftIdentities } from "../../writing/window/draft-identity.js";
import { arrivals } from "../handlers/incoming.js";
import { renewViews } from "./open-views.js";
import { saveFile } from "./save-file.js";
import { sendSealed } from "./send-mail.js";

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
