import { fromBase64 } from "../../mail/base64.js";
import { domainOf, type Mailbox, parseAddress, parseMailbox } from "../../mail/mailbox.js";
import { type Attachment, type Letter, messageIdsIn } from "../../mail/payload.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { ComposeDetails } from "../platform/thunderbird.js";

/** What is in a compose window, as a letter. Pure but for the DOM, which reads the editor's HTML. */

/** Where the letter is in its conversation. */
export interface Thread {
  readonly inReplyTo?: string;
  readonly references: readonly string[];
}

export const noThread: Thread = { references: [] };

/** The words of a letter, as an editor has them. */
export interface WrittenBody {
  readonly kind: "html" | "text";
  /** HTML, or plain text. */
  readonly content: string;
  /** The text alone, of either. */
  readonly plain: string;
}

/** A file of the composer. */
export interface ComposerFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A fresh Message-ID. The outer one is Thunderbird's own; the list server delivers under this one, which is signed. */
function freshMessageId({ address }: Mailbox): string {
  return `<${crypto.randomUUID()}@${domainOf(address)}>`;
}

/** A list, as it stands in To. */
export const mailboxOf = ({
  name,
  address,
}: {
  readonly name: string;
  readonly address: string;
}): Mailbox => ({
  name,
  address: parseAddress(address),
});

/**
 * The letter that is sealed. It is addressed to one reader alone: the list, or a member of it.
 * @throws ListSealError `bad-address` if From is not one address
 */
export function letterOf(
  details: ComposeDetails,
  files: readonly ComposerFile[],
  to: Mailbox,
  thread: Thread,
  now: Date,
): Omit<Letter, "author"> {
  if (typeof details.from !== "string") throw new ProtocolError("bad-address", "From is not an address");
  const from: Mailbox = parseMailbox(details.from);
  const attachments = files.map(attachmentOf);
  const common = {
    from,
    to: [to],
    cc: [],
    subject: (details.subject ?? "").trim(),
    date: now,
    messageId: freshMessageId(to),
    ...thread,
  };
  if (details.isPlainText === true) {
    return { ...common, text: details.plainTextBody ?? "", attachments };
  }
  const { html, images, text } = bodyOf(details.body ?? "");
  const plain = details.plainTextBody ?? "";
  return {
    ...common,
    text: plain.trim() === "" ? text : plain,
    html,
    attachments: [...images, ...attachments],
  };
}

function attachmentOf({ name, type, bytes }: ComposerFile): Attachment {
  const plain = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return {
    name: name === "" ? "attachment" : name,
    type: plain === "" ? "application/octet-stream" : plain,
    bytes,
  };
}

const imageData = /^data:(image\/[a-z0-9.+-]+);base64,([a-z0-9+/=\s]+)$/i;

interface Body {
  readonly html: string;
  readonly text: string;
  readonly images: readonly Attachment[];
}

/** The editor keeps inline images as `data:` addresses; in the letter they are parts of their own, named by `cid:`. */
function bodyOf(source: string): Body {
  const document = new DOMParser().parseFromString(source, "text/html");
  const images: Attachment[] = [];
  for (const image of document.querySelectorAll("img[src]")) {
    const match = imageData.exec(image.getAttribute("src") ?? "");
    const [, type, data] = match ?? [];
    if (type === undefined || data === undefined) continue;
    const contentId = `${crypto.randomUUID()}@inline`;
    const extension = type.split("/")[1]?.replace(/\+.*/, "") ?? "img";
    const name = image.getAttribute("alt")?.trim() || `image-${images.length + 1}.${extension}`;
    images.push({ name, type: type.toLowerCase(), bytes: fromBase64(data.replace(/\s/g, "")), contentId });
    image.setAttribute("src", `cid:${contentId}`);
  }
  // the editor's own marks; nobody else's business
  for (const element of document.querySelectorAll("[moz-do-not-send]"))
    element.removeAttribute("moz-do-not-send");
  return {
    html: `<!DOCTYPE html>${document.documentElement.outerHTML}`,
    text: document.body.textContent?.trim() ?? "",
    images,
  };
}

/**
 * The conversation that an answer to `related` continues, by its header fields (RFC 5322, 3.6.4).
 * @param headers as Thunderbird gives them, names in lower case
 */
export function threadAfter(headers: Readonly<Record<string, readonly string[]>>): Thread {
  const [messageId] = messageIdsIn(headers["message-id"]?.[0]);
  const before = messageIdsIn(headers["references"]?.[0] ?? headers["in-reply-to"]?.[0]);
  if (messageId === undefined) return { references: before };
  return { inReplyTo: messageId, references: [...before.filter((id) => id !== messageId), messageId] };
}

/** The conversation that a draft already stands in. */
export function threadOfDraft(headers: Readonly<Record<string, readonly string[]>>): Thread {
  const [inReplyTo] = messageIdsIn(headers["in-reply-to"]?.[0]);
  const references = messageIdsIn(headers["references"]?.[0]);
  return inReplyTo === undefined ? { references } : { inReplyTo, references };
}

/** The conversation that an answer to an opened letter goes on with, by the ids inside its seal. */
export function threadAfterLetter({ messageId, references, inReplyTo }: OpenedThread): Thread {
  const before = references.length > 0 ? references : inReplyTo === undefined ? [] : [inReplyTo];
  return { inReplyTo: messageId, references: [...before.filter((id) => id !== messageId), messageId] };
}

type OpenedThread = Thread & { readonly messageId: string };

/** Reads a file whole. */
export async function bytesOf(file: File): Promise<ComposerFile> {
  return { name: file.name, type: file.type, bytes: new Uint8Array(await file.arrayBuffer()) };
}
