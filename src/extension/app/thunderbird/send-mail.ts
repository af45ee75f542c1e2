import { parseAddress } from "../../../mail/mailbox.js";
import { requestNotice, requestPart, requestSubject } from "../../../mail/request-mail.js";
import { AddonError } from "../../platform/errors.js";
import type { RequestToSend } from "../../platform/host.js";
import { awake } from "../../platform/keep-awake.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { identityOf } from "../../writing/window/draft-identity.js";

/**
 * Thunderbird sends a request, notice or receipt. No copy of it goes to Sent: nobody could open it there.
 *
 * @returns `sent` when the mail server has taken it; `outbox` when Thunderbird is offline and keeps it until it is online
 * @throws ListSealError `no-identity` (no account here has the address `from`), `may-not-send` (the person has not
 *   granted the right: `permission.ts`), `not-sent` (the mail server did not take it; Thunderbird has said why)
 */
export function sendSealed({ kind, list, from, to, sealed }: RequestToSend): Promise<"sent" | "outbox"> {
  return awake(async () => {
    const identityId = await identityOf(from);
    if (identityId === null) throw new AddonError("no-identity", "no account has the sender's address");
    const { messages } = thunderbird();
    if (messages.sendMessage === undefined) {
      throw new AddonError("may-not-send", "the right to send was not granted");
    }
    const { name, type, bytes } = requestPart(kind, sealed);
    const file = new File([new Uint8Array(bytes)], name, { type });
    try {
      const { mode } = await messages.sendMessage(
        {
          identityId,
          to: [to],
          subject: requestSubject(kind, parseAddress(list)),
          body: `<!DOCTYPE html><html><body><pre>${requestNotice(kind)}</pre></body></html>`,
          isPlainText: false,
          deliveryFormat: "plaintext",
          attachments: [{ file, name }],
          overrideDefaultFccFolder: "",
        },
        { mode: "default" },
      );
      return mode === "sendLater" ? "outbox" : "sent";
    } catch (cause) {
      throw new AddonError("not-sent", "Thunderbird could not send it", { cause });
    }
  });
}
