import type { Attachment } from "../../mail/payload.js";
import { read } from "../background/received.js";
import { awake } from "../keep-awake.js";
import type { Opened } from "../reading/opening.js";
import { type ComposeDetails, thunderbird } from "../thunderbird.js";
import { noThread, threadAfterLetter } from "./letter.js";
import { turnOn } from "./list-mode.js";
import { htmlOf, quotedBody, subjectOf, textOf } from "./opened-text.js";
import { continuedInDraft, withContinued } from "./thread.js";
import { changeState } from "./window-state.js";

/**
 * Answers to and forwards of opened mail. Thunderbird quotes what it knows, the notice or nothing; here the opened
 * text takes its place, the true subject replaces the outer one, and sealing is switched on before either, so that no
 * draft with the quote ever reaches the mail server.
 */

/** What Thunderbird has begun to write about an opened mail. */
type Kind = "reply" | "forward" | "again";

/** Called for each new compose window; does nothing unless it answers, forwards or edits anew a mail that opens here. */
export async function quoteOpened(tabId: number): Promise<void> {
  await awake(async () => {
    const { compose, messages } = thunderbird();
    const details = await compose.getComposeDetails(tabId);
    const { relatedMessageId } = details;
    if (details.type === "draft" && relatedMessageId !== undefined) {
      await continueDraft(tabId, details, relatedMessageId);
      return;
    }
    const kind = kindOf(details);
    if (kind === null || relatedMessageId === undefined) return;
    // a whole mail that is attached stays as sealed as it is
    if (kind === "forward" && (await compose.listAttachments(tabId)).some(({ name }) => /\.eml$/i.test(name)))
      return;
    const reading = await read(await messages.get(relatedMessageId), "in-its-own-shell");
    if (reading.kind !== "opened") return;
    // first of all: whatever happens next, what is quoted here is sealed
    await changeState(tabId, { quotesSealed: true });
    await turnOn(tabId, "recipients");
    await putQuote(tabId, kind, reading.opened);
  });
}

/** A draft on this computer that quotes what came sealed: it does so still. QUIRK: a draft's own fields are not restored. */
async function continueDraft(tabId: number, details: ComposeDetails, messageId: number): Promise<void> {
  const thread = await continuedInDraft(messageId);
  if (thread === undefined) return;
  await changeState(tabId, { quotesSealed: true });
  const { isModified = false } = details;
  await thunderbird().compose.setComposeDetails(tabId, {
    customHeaders: withContinued(details, thread),
    isModified,
  });
}

/** QUIRK: Thunderbird calls "Edit as New Message" new, like an empty window; only that one has a message before it. */
function kindOf({ type, relatedMessageId }: ComposeDetails): Kind | null {
  if (type === "reply" || type === "forward") return type;
  return type === "new" && relatedMessageId !== undefined ? "again" : null;
}

/** How often the text is made anew, because the person was writing meanwhile. Who writes that fast waits for the last one. */
const MADE_ANEW_LIMIT = 5;

/**
 * Makes a window's text of what stands in it a moment before it is put there. Opening a mail takes its time, and so does making
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

async function putQuote(tabId: number, kind: Kind, opened: Opened): Promise<void> {
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
    customHeaders: withContinued(details, thread),
    isModified,
  });
  if (kind === "reply") return;
  await putAttachments(tabId, letter.attachments);
  await compose.setComposeDetails(tabId, { isModified });
}

function htmlFor(kind: Kind, body: string, opened: Opened): string {
  return kind === "again" ? htmlOf(opened) : quoteInHtml(body, opened, kind);
}

function textFor(kind: Kind, body: string, opened: Opened): string {
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
export function quoteInHtml(body: string, opened: Pick<Opened, "view">, type: "reply" | "forward"): string {
  const page = new DOMParser().parseFromString(body, "text/html");
  const quoted = page.importNode(quotedBody(opened), true);
  if (type === "reply") {
    quotePlace(page).replaceChildren(quoted);
  } else {
    const container = page.querySelector(".moz-forward-container") ?? page.body;
    const table = container.querySelector(".moz-email-headers-table");
    for (const cell of table?.querySelectorAll("td") ?? []) {
      if (/^\[[^\]]+\] sealed mail$/.test(cell.textContent?.trim() ?? ""))
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
