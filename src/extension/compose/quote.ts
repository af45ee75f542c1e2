import { type Opened, read } from "../background/received.js";
import { cleanHtml } from "../display/clean-html.js";
import { plainTextBody } from "../display/plain-text.js";
import { awake } from "../keep-awake.js";
import { thunderbird } from "../platform.js";
import { load } from "../storage.js";
import type { ComposeDetails } from "../thunderbird.js";
import { turnOn } from "./list-mode.js";
import { recipientsOf } from "./recipients.js";
import { changeState } from "./window-state.js";

/**
 * Answers to and forwards of opened mail. Thunderbird quotes what it knows, the notice or nothing; here the opened
 * text takes its place, the true subject replaces the outer one, and sealing is switched on before either, so that no
 * draft with the quote ever reaches the mail server.
 */

/** `Re: ` or `Fwd: ` before the true subject, once. Pure. */
export function subjectOf(kind: "reply" | "forward", subject: string): string {
  const [prefix, known] = kind === "reply" ? ["Re: ", /^re:\s/i] : ["Fwd: ", /^fwd?:\s/i];
  return known.test(subject) ? subject : `${prefix}${subject}`;
}

/** Called for each new compose window; does nothing unless it answers or forwards a mail that opens here. */
export async function quoteOpened(tabId: number): Promise<void> {
  await awake(async () => {
    const { compose, messages } = thunderbird();
    const details = await compose.getComposeDetails(tabId);
    const { type, relatedMessageId } = details;
    if ((type !== "reply" && type !== "forward") || relatedMessageId === undefined) return;
    const reading = await read(await messages.get(relatedMessageId), "in-its-own-shell");
    if (reading.kind !== "opened") return;
    // first of all: whatever happens next, what is quoted here is sealed
    await changeState(tabId, { quotesSealed: true });
    await turnOn(tabId, "recipients");
    // opening takes its time, and the person may have begun to write
    await putQuote(tabId, type, await compose.getComposeDetails(tabId), reading.opened);
  });
}

async function putQuote(
  tabId: number,
  type: "reply" | "forward",
  details: ComposeDetails,
  opened: Opened,
): Promise<void> {
  const { compose } = thunderbird();
  const { letter } = opened.letter;
  const { lists } = await load();
  const toList = type === "reply" && recipientsOf(details, lists).list === undefined;
  await compose.setComposeDetails(tabId, {
    subject: subjectOf(type, letter.subject),
    ...(details.isPlainText === true
      ? { plainTextBody: quoteInText(details.plainTextBody ?? "", textOf(opened), type) }
      : { body: quoteInHtml(details.body ?? "", opened, type) }),
    // an answer goes to the list: only its members can open what it quotes
    ...(toList ? { to: [opened.letter.list], cc: [] } : {}),
    isModified: false,
  });
  if (type !== "forward") return;
  for (const { id, name } of await compose.listAttachments(tabId)) {
    if (/\.pgp$|^Part [\d.]+$/.test(name)) await compose.removeAttachment(tabId, id);
  }
  for (const { name, type: kind, bytes, contentId } of letter.attachments) {
    if (contentId !== undefined) continue;
    await compose.addAttachment(tabId, {
      file: new File([new Uint8Array(bytes)], name, { type: kind }),
      name,
    });
  }
  await compose.setComposeDetails(tabId, { isModified: false });
}

function bodyOf({ view }: Pick<Opened, "view">): DocumentFragment {
  return view.html === null ? textFragment(view.text ?? "") : cleanHtml(view.html, view.inline).fragment;
}

function textFragment(text: string): DocumentFragment {
  const fragment = plainTextBody(text, document);
  for (const block of fragment.querySelectorAll<HTMLElement>("div.text")) {
    block.removeAttribute("class");
    block.style.setProperty("white-space", "pre-wrap");
  }
  return fragment;
}

/** What an opened letter says, as plain text. */
function textOf({ view }: Opened): string {
  if (view.text !== null && view.text.trim() !== "") return view.text;
  return view.html === null ? "" : (cleanHtml(view.html, {}).fragment.textContent ?? "").trim();
}

/** The composer's HTML with the opened mail in place of what Thunderbird quoted. */
export function quoteInHtml(body: string, opened: Pick<Opened, "view">, type: "reply" | "forward"): string {
  const page = new DOMParser().parseFromString(body, "text/html");
  const quoted = page.importNode(bodyOf(opened), true);
  if (type === "reply") {
    const place = page.querySelector("blockquote[type=cite]") ?? page.body.appendChild(emptyQuote(page));
    place.replaceChildren(quoted);
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

function emptyQuote(page: Document): HTMLElement {
  const quote = page.createElement("blockquote");
  quote.setAttribute("type", "cite");
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
  if (first < 0) return [...lines, ...quoted, ""].join("\n");
  const after = lines.findIndex((line, index) => index > first && !line.startsWith(">"));
  return [...lines.slice(0, first), ...quoted, ...(after < 0 ? [""] : lines.slice(after))].join("\n");
}
