import { invitationPart } from "../../../mail/found-parts.js";
import { ProtocolError } from "../../../openpgp/errors.js";
import { lockDue } from "../../keys/unlocked.js";
import { INVITATION_LIMIT, offer } from "../../member/offered-invitation.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";
import { type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { chooseStyle } from "../../reading/mail-look.js";
import { type OpenedMail, pictureOf } from "../../reading/opening.js";
import { authorAlone } from "../../reading/private-reading.js";
import { readMessage } from "../../reading/read-message.js";
import { presentable, quotableName, SUBJECT_LIMIT } from "../../reading/untrusted-text.js";
import type { DisplayAnswer } from "../../reading/view.js";
import { openComparing } from "../../reading/wanted-comparison.js";
import { load } from "../../records/storage.js";
import { loadMark } from "../../ui/security-image.js";
import type { Correspondent } from "../../worker/jobs.js";
import { answerAlone } from "../../writing/private-answer.js";
import { subjectOf } from "../../writing/quoted-text.js";
import type { MailPageHandlers, MessageRef } from "../calls/mail-page-calls.js";
import { unlockWith } from "../handlers/unlocked-keys.js";
import { answerAbout } from "./display-answer.js";
import { askAbout, openAlone, saveAttachment, saveAttachments, saveReadable } from "./letter-actions.js";

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

  async "mail:ask-delivery"({ mail }) {
    await askAbout(await opened(mail));
    return null;
  },

  async "mail:reply-alone"({ mail }) {
    await openAlone(mail);
    return null;
  },

  async "mail:alone"({ mail }) {
    const { name, address, list, subject } = await correspondentOf(mail);
    const known = (await load()).lists[list];
    return {
      name: quotableName(name) ?? address,
      address,
      list: known?.name ?? list,
      subject: subjectOf("reply", presentable(subject, SUBJECT_LIMIT)),
    };
  },

  async "mail:answer-alone"({ mail, subject, text }) {
    const body = { kind: "text", content: text, plain: text } as const;
    return { sent: await answerAlone(await correspondentOf(mail), { subject, body }) };
  },

  async "mail:show-as"({ style }) {
    await chooseStyle(style);
    return null;
  },

  "mail:due": async () => ({ inMs: await lockDue() }),

  async "mail:unlock"({ passphrase }) {
    await unlockWith(passphrase);
    return null;
  },

  async "mail:join"({ mail }) {
    if (!(await offerInvitation(await headerOf(mail))))
      throw new AddonError("no-invitation-here", "the mail brings no invitation");
    await browser.runtime.openOptionsPage();
    return null;
  },
};

const marked = async (answer: DisplayAnswer) => ({ answer, mark: await loadMark() });

/** @throws ListSealError `message-gone` if the message is not there any more, or another one has its number */
async function headerOf({ id, headerMessageId }: MessageRef): Promise<MessageHeader> {
  const header = await thunderbird()
    .messages.get(id)
    .catch(() => undefined);
  if (header?.headerMessageId !== headerMessageId)
    throw new AddonError("message-gone", "the message is not there any more");
  return header;
}

async function opened(mail: MessageRef): Promise<OpenedMail> {
  const reading = await readMessage(await headerOf(mail), "elsewhere");
  if (reading.kind !== "opened") throw new AddonError("message-gone", "the mail does not open any more");
  return reading.opened;
}

/** The author of a mail: looked at anew, since that may be another by now. Whether they may be answered is judged when it is sealed. */
async function correspondentOf(mail: MessageRef): Promise<Correspondent> {
  const reading = await readMessage(await headerOf(mail), "in-its-own-shell");
  if (reading.kind === "private") return reading.correspondent;
  if (reading.kind === "opened") return authorAlone(reading.opened);
  if (reading.kind === "locked") throw new ProtocolError("key-locked", "the key is locked");
  throw new AddonError("message-gone", "there is nobody to answer");
}

/** An invitation that came attached to a mail in Thunderbird. */

/**
 * Fetches the invitation of a mail for the page.
 * @returns whether there is one
 */
async function offerInvitation(header: Pick<MessageHeader, "id">): Promise<boolean> {
  const { messages } = thunderbird();
  const tree = await messages.getFull(header.id, { decrypt: false, decodeContent: false });
  const part = invitationPart(tree);
  if (part === undefined) return false;
  const file = await messages.getAttachmentFile(header.id, part.partName);
  if (file.size > INVITATION_LIMIT) return false;
  await offer(file.name, new Uint8Array(await file.arrayBuffer()));
  return true;
}
