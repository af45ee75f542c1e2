import { draftHeader, draftType } from "../../../mail/sealed-draft.js";
import { AddonError, codeOf } from "../../platform/errors.js";
import { awake } from "../../platform/keep-awake.js";
import {
  type ComposeDetails,
  type ComposeRecipients,
  type MessagePart,
  thunderbird,
} from "../../platform/thunderbird.js";
import { secretsOf } from "../../reading/opening.js";
import { load } from "../../records/storage.js";
import { runJob } from "../../worker/client.js";
import type { OpenedDraft } from "../../worker/jobs.js";
import { authorFor, SendBlocked } from "../author.js";
import { bytesOf, letterOf, mailboxOf, type Thread } from "../letter.js";
import { htmlOfLetter } from "../quoted-text.js";
import { recipientsOf } from "../recipients.js";
import { trueIdentity, withTrueSender } from "./draft-identity.js";
import { filesIn } from "./files.js";
import { refresh, turnOn } from "./list-mode.js";
import { putAttachments } from "./quote.js";
import { noteKeeping } from "./send-state.js";
import { removeDrafts } from "./server-draft.js";
import { threadOf, withContinued } from "./thread.js";
import { changeState, stateOf } from "./window-state.js";

/**
 * A draft that travels: sealed to one's own key it is put into the Drafts folder on the mail server when the person
 * asks for it, and opened again as a draft on whichever computer has the key. The next save there puts the draft into
 * Local Folders and takes the place of the one on the server.
 */

/** Puts the mail in the composer, sealed, on the server of its identity. A failure is shown, nothing is thrown. */
export function keepOnServer(tabId: number): Promise<void> {
  return noteKeeping(tabId, keepAndTell(tabId));
}

async function keepAndTell(tabId: number): Promise<void> {
  try {
    await awake(() => keep(tabId));
    await changeState(tabId, { hindrance: null, notice: "sealed-draft-kept" });
  } catch (error) {
    await changeState(tabId, {
      hindrance:
        error instanceof SendBlocked && error.hindrance.kind === "locked"
          ? { ...error.hindrance, doing: "keeping" }
          : { kind: "failed", doing: "keeping", code: codeOf(error, "worker-failed") },
    });
  }
  await refresh(tabId);
}

async function keep(tabId: number): Promise<void> {
  const { compose, folders, identities, messages } = thunderbird();
  const details = await withTrueSender(await compose.getComposeDetails(tabId));
  const { lists } = await load();
  const { listAddress, keptDraft } = await stateOf(tabId);
  const { list = listAddress === null ? undefined : lists[listAddress] } = recipientsOf(details, lists);
  if (list === undefined) throw new AddonError("no-list", "no known list among the recipients");
  const author = await authorFor(list);
  const { files } = await filesIn(tabId, details);
  const { mail } = await runJob("seal-draft", {
    letter: letterOf(
      details,
      await Promise.all(files.map(bytesOf)),
      mailboxOf(author.list),
      await threadOf(details),
      new Date(),
    ),
    recipients: {
      to: typedIn(details.to),
      cc: typedIn(details.cc),
      bcc: typedIn(details.bcc),
    },
    key: author.key,
    secret: author.secret,
  });
  const identity = await identities.get(await trueIdentity(details.identityId ?? ""));
  const [folder] =
    identity === null ? [] : await folders.query({ accountId: identity.accountId, specialUse: ["drafts"] });
  if (folder === undefined) throw new AddonError("no-drafts-folder", "the account has no Drafts folder");
  const file = new File([new Uint8Array(mail)], "draft.eml", { type: "message/rfc822" });
  // the right to put a mail into a folder is asked for at the press, and may have been declined
  if (messages.import === undefined) throw new AddonError("cancelled", "declined by the person");
  const { id } = await messages.import(file, folder.id, { read: true });
  await changeState(tabId, { keptDraft: id });
  // the one before says less; that it stays is no harm
  await removeDrafts([keptDraft]);
}

function typedIn(recipients: ComposeRecipients | undefined): readonly string[] {
  if (recipients === undefined) return [];
  if (Array.isArray(recipients)) return recipients.flatMap((one: ComposeRecipients) => typedIn(one));
  return typeof recipients === "string" && recipients.trim() !== "" ? [recipients] : [];
}

/** How long Thunderbird may take to put the notice of a draft into its editor, and how often it is looked for. */
const READY_TRIES = 50;
const READY_MS = 100;

/** Called for each new compose window; does nothing unless it was opened from a sealed draft. */
export async function openSealedDraft(tabId: number): Promise<void> {
  const { compose, messages } = thunderbird();
  const { type, relatedMessageId } = await compose.getComposeDetails(tabId);
  if (type !== "draft" || relatedMessageId === undefined) return;
  const tree = await messages.getFull(relatedMessageId, { decrypt: false, decodeContent: false });
  const partName = sealedPartOf(tree);
  if (partName === null) return;
  try {
    await awake(async () => {
      const file = await messages.getAttachmentFile(relatedMessageId, partName);
      const opened = await runJob("open-draft", {
        sealed: new Uint8Array(await file.arrayBuffer()),
        secrets: await secretsOf(await load()),
        now: new Date().toISOString(),
      });
      if (opened.kind === "not-for-me")
        throw new AddonError("draft-for-another-key", "sealed for another key");
      await put(tabId, opened);
    });
    await changeState(tabId, { openedDraft: relatedMessageId });
  } catch (error) {
    await changeState(tabId, {
      hindrance: { kind: "failed", doing: "opening", code: codeOf(error, "worker-failed") },
    });
  }
  await refresh(tabId);
}

/** The sealed part of a sealed draft; null for any other mail. */
function sealedPartOf(tree: MessagePart): string | null {
  const parts = [
    tree,
    ...(tree.parts ?? []),
    ...(tree.parts ?? []).flatMap(({ parts: inner = [] }) => inner),
  ];
  const isDraft = parts.some(({ headers }) => headers?.[draftHeader.toLowerCase()] !== undefined);
  return isDraft
    ? (parts.find(({ contentType }) => contentType?.startsWith(draftType))?.partName ?? null)
    : null;
}

async function put(tabId: number, { letter, recipients }: OpenedDraft): Promise<void> {
  const { compose } = thunderbird();
  const details = await whenReady(tabId);
  const thread = threadIn(letter);
  const { list } = recipientsOf({ to: recipients.to }, (await load()).lists);
  await compose.setComposeDetails(tabId, { to: recipients.to, cc: recipients.cc, bcc: recipients.bcc });
  // sealing is on before any word is in the window
  await turnOn(tabId, "recipients");
  await compose.setComposeDetails(tabId, {
    subject: letter.subject,
    ...(details.isPlainText === true ? { plainTextBody: letter.text ?? "" } : { body: htmlOfLetter(letter) }),
    customHeaders: thread === null ? [] : withContinued(details, thread, list?.address ?? null),
  });
  if (thread !== null) await changeState(tabId, { quotesSealed: true, quotedList: list?.address ?? null });
  await putAttachments(tabId, letter.attachments);
  // it is worth saving: the next save puts it on this computer
  await compose.setComposeDetails(tabId, { isModified: true });
}

function threadIn({ references, inReplyTo }: Thread): Thread | null {
  if (inReplyTo === undefined) return null;
  return references.length === 0 ? { inReplyTo, references: [inReplyTo] } : { inReplyTo, references };
}

/** QUIRK: the editor of a draft is ready before its text is; what is put into it too early is written over. */
async function whenReady(tabId: number): Promise<ComposeDetails> {
  const { compose } = thunderbird();
  for (let tries = 0; ; tries += 1) {
    const details = await compose.getComposeDetails(tabId);
    const written = details.plainTextBody ?? "";
    if (written.trim() !== "" || tries >= READY_TRIES) return details;
    await new Promise((resolve) => setTimeout(resolve, READY_MS));
  }
}
