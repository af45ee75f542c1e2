import { ListSealError } from "../../../openpgp/errors.js";
import { lockDue } from "../../keys/unlocked.js";
import { browser } from "../../platform/browser.js";
import { type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { pictureOf } from "../../reading/attachments.js";
import { offerInvitation } from "../../reading/invitation-in-mail.js";
import type { Opened } from "../../reading/opening.js";
import { read } from "../../reading/read-message.js";
import type { DisplayAnswer } from "../../reading/view.js";
import { openComparing } from "../../reading/wanted-comparison.js";
import { loadMark } from "../../ui/security-image.js";
import type { MailPageHandlers, MessageRef } from "../calls/mail-page-calls.js";
import { answerAbout } from "./display-answer.js";
import { saveAttachment, saveAttachments, saveReadable } from "./letter-actions.js";

/** What the background page answers to our own pages about one mail. */
export const mailPageHandlers: MailPageHandlers = {
  "mail:verdict": async ({ mail }) => marked(await answerAbout(await headerOf(mail), "in-its-own-shell")),
  "mail:open": async ({ mail }) => marked(await answerAbout(await headerOf(mail), "elsewhere")),

  async "mail:save"({ mail, attachment }) {
    return { download: await saveAttachment(await opened(mail), attachment) };
  },

  async "mail:save-all"({ mail }) {
    await saveAttachments(await opened(mail));
    return null;
  },

  async "mail:save-mail"({ mail }) {
    await saveReadable(await opened(mail));
    return null;
  },

  async "mail:preview"({ mail, attachment }) {
    return { address: pictureOf(await opened(mail), attachment) };
  },

  async "mail:compare"({ mail }) {
    await openComparing((await opened(mail)).view);
    return null;
  },

  "mail:due": async () => ({ inMs: await lockDue() }),

  async "mail:join"({ mail }) {
    if (!(await offerInvitation(await headerOf(mail))))
      throw new ListSealError("invitation-damaged", "the mail brings no invitation");
    await browser.runtime.openOptionsPage();
    return null;
  },
};

const marked = async (answer: DisplayAnswer) => ({ answer, mark: await loadMark() });

/** @throws ListSealError `not-sealed` if the message is not there any more, or another one has its number */
async function headerOf({ id, headerMessageId }: MessageRef): Promise<MessageHeader> {
  const header = await thunderbird()
    .messages.get(id)
    .catch(() => undefined);
  if (header?.headerMessageId !== headerMessageId)
    throw new ListSealError("not-sealed", "the message is not there any more");
  return header;
}

async function opened(mail: MessageRef): Promise<Opened> {
  const reading = await read(await headerOf(mail), "elsewhere");
  if (reading.kind !== "opened") throw new ListSealError("not-sealed", "the mail does not open any more");
  return reading.opened;
}
