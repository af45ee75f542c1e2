import type { Attachment } from "../../../mail/payload.js";
import { type ComposeDetails, thunderbird } from "../../platform/thunderbird.js";
import type { OpenedMail } from "../../reading/opening.js";
import { noThread, type Thread, threadAfterLetter } from "../letter.js";
import { htmlOf, quotedBody, subjectOf, textOf } from "../quoted-text.js";
import { withContinued } from "./thread.js";

/**
 * What is in a window that answers, forwards or edits again a mail with sealed parts. Thunderbird quotes what it knows: the
 * notice, nothing, or whatever is selected on the screen. In its place comes the opened text, or nothing. Sealing is on
 * before either (`settle.ts`), so that no draft with the quote ever reaches the mail server.
 */

/** The beginnings in which words of the other mail stand in the window. */
export type QuoteKind = "reply" | "forward" | "again";

/** How often the text is made again, because the person was writing meanwhile. Who writes that fast waits for the last one. */
const MADE_ANEW_LIMIT = 5;

/**
 * Makes a window's text of what is in it a moment before it is put there. Opening a mail takes its time, and so does making
 * the quote: the person may have begun to write, and not a word may be lost.
 *
 * @param look what the window holds now
 * @param make its text with the quote
 */
export async function madeOfTheLatest(
  look: () => Promise<ComposeDetails>,
  make: (details: ComposeDetails) => ComposeDetails,
): Promise<{ readonly details: ComposeDetails; readonly text: ComposeDetails }> {
  let details = await look();
  for (let made = 1; ; made += 1) {
    const text = make(details);
    const now = await look();
    const same = now.body === details.body && now.plainTextBody === details.plainTextBody;
    if (same || made === MADE_ANEW_LIMIT) return { details: now, text };
    details = now;
  }
}

/** Puts the opened text, its subject and its attachments into the window. */
export async function putQuote(tabId: number, kind: QuoteKind, opened: OpenedMail): Promise<void> {
  const { compose } = thunderbird();
  const { letter } = opened.letter;
  const { details, text } = await madeOfTheLatest(
    () => compose.getComposeDetails(tabId),
    ({ isPlainText, plainTextBody = "", body = "" }) =>
      isPlainText === true
        ? { plainTextBody: textFor(kind, plainTextBody, opened) }
        : { body: htmlFor(kind, body, opened) },
  );
  // what was put here is nothing to save or to ask about; what the person has written meanwhile is
  const { isModified = false } = details;
  const thread = kind === "reply" ? threadAfterLetter(letter) : noThread;
  await compose.setComposeDetails(tabId, {
    subject: kind === "again" ? letter.subject : subjectOf(kind, letter.subject),
    ...text,
    // an answer goes to the list alone: only its members can open what it quotes
    ...(kind === "forward" ? {} : { to: [opened.letter.list], cc: [], bcc: [] }),
    customHeaders: withContinued(details, thread, opened.letter.list),
    isModified,
  });
  if (kind === "reply") return;
  await putAttachments(tabId, letter.attachments);
  await compose.setComposeDetails(tabId, { isModified });
}

/**
 * Takes out of an answer whatever Thunderbird has quoted.
 *
 * Attack: a mail whose opened text is still on the screen, in a foreign shell or after the key was locked; Thunderbird quotes
 * what is selected there, to the one who wrote the shell.
 */
export async function leaveQuoteOut(tabId: number, thread: Thread): Promise<void> {
  const { compose } = thunderbird();
  const { details, text } = await madeOfTheLatest(
    () => compose.getComposeDetails(tabId),
    ({ isPlainText, plainTextBody = "", body = "" }) =>
      isPlainText === true
        ? { plainTextBody: withoutQuoteInText(plainTextBody) }
        : { body: withoutQuoteInHtml(body) },
  );
  const { isModified = false } = details;
  await compose.setComposeDetails(tabId, {
    ...text,
    customHeaders: withContinued(details, thread, null),
    isModified,
  });
}

/** The composer's HTML without a quote. */
export function withoutQuoteInHtml(body: string): string {
  const page = new DOMParser().parseFromString(body, "text/html");
  for (const quote of page.querySelectorAll("blockquote[type=cite]")) quote.remove();
  return page.documentElement.outerHTML;
}

/** The composer's plain text without a quote. */
export function withoutQuoteInText(body: string): string {
  return body
    .split(/\r\n?|\n/)
    .filter((line) => !line.startsWith(">"))
    .join("\n");
}

function htmlFor(kind: QuoteKind, body: string, opened: OpenedMail): string {
  return kind === "again" ? htmlOf(opened) : quoteInHtml(body, opened, kind);
}

function textFor(kind: QuoteKind, body: string, opened: OpenedMail): string {
  return kind === "again" ? textOf(opened) : quoteInText(body, textOf(opened), kind);
}

/** Names under which Thunderbird attaches the sealed parts of a mail that it does not understand. */
const sealedNames = /\.pgp$|^Part [\d.]+$/;

/** Puts the opened attachments in the place of the sealed parts. */
export async function putAttachments(tabId: number, attachments: readonly Attachment[]): Promise<void> {
  const { compose } = thunderbird();
  for (const { id, name } of await compose.listAttachments(tabId)) {
    if (sealedNames.test(name)) await compose.removeAttachment(tabId, id);
  }
  for (const { name, type, bytes, contentId } of attachments) {
    if (contentId !== undefined) continue;
    await compose.addAttachment(tabId, { file: new File([new Uint8Array(bytes)], name, { type }), name });
  }
}

/** The composer's HTML with the opened mail in place of what Thunderbird quoted. */
export function quoteInHtml(
  body: string,
  opened: Pick<OpenedMail, "view">,
  type: "reply" | "forward",
): string {
  const page = new DOMParser().parseFromString(body, "text/html");
  const quoted = page.importNode(quotedBody(opened), true);
  if (type === "reply") {
    const place = quotePlace(page);
    place.replaceChildren(quoted);
    // of what Thunderbird has quoted, nothing else stays
    for (const other of page.querySelectorAll("blockquote[type=cite]"))
      if (!place.contains(other)) other.remove();
  } else {
    const container = page.querySelector(".moz-forward-container") ?? page.body;
    const table = container.querySelector(".moz-email-headers-table");
    for (const cell of table?.querySelectorAll("td") ?? []) {
      if (/^\[[^\]]+\] (?:encrypted message|sealed mail)$/.test(cell.textContent?.trim() ?? ""))
        cell.textContent = opened.view.subject;
    }
    const kept: Node[] = [];
    for (const node of Array.from(container.childNodes)) {
      kept.push(node);
      if (node === table || (node instanceof Element && node.contains(table))) break;
    }
    const rule = page.createElement("br");
    container.replaceChildren(...(table === null ? Array.from(container.childNodes) : kept), rule, quoted);
  }
  return page.documentElement.outerHTML;
}

/**
 * The element that holds the quote. Where Thunderbird has quoted nothing, since it found no text in the sealed mail, a
 * new one under "… wrote:" and above the signature.
 */
function quotePlace(page: Document): Element {
  const known = page.querySelector("blockquote[type=cite]");
  if (known !== null) return known;
  const quote = page.createElement("blockquote");
  quote.setAttribute("type", "cite");
  const prefix = page.querySelector(".moz-cite-prefix");
  const signature = page.querySelector(".moz-signature");
  if (prefix !== null) prefix.after(quote);
  else if (signature !== null) signature.before(quote);
  else page.body.append(quote);
  return quote;
}

/** The same for a plain-text composer. */
export function quoteInText(body: string, text: string, type: "reply" | "forward"): string {
  const lines = body.replace(/\r\n?/g, "\n").split("\n");
  if (type === "forward") return `${body.trimEnd()}\n\n${text}\n`;
  const quoted = text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.startsWith(">") ? `>${line}` : line === "" ? ">" : `> ${line}`));
  const first = lines.findIndex((line) => line.startsWith(">"));
  if (first < 0) {
    const signature = lines.indexOf("-- ");
    const end = signature < 0 ? lines.length : signature;
    return [...lines.slice(0, end), ...quoted, "", ...lines.slice(end)].join("\n");
  }
  const after = lines.findIndex((line, index) => index > first && !line.startsWith(">"));
  return [...lines.slice(0, first), ...quoted, ...(after < 0 ? [""] : lines.slice(after))].join("\n");
}
