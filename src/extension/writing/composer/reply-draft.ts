import { type Check, listOf, object, orNull, text } from "../../../membership/file/check.js";
import { browser } from "../../platform/browser.js";
import type { OpenedMail } from "../../reading/opening.js";
import { t } from "../../ui/i18n.js";
import { noThread, type Thread, threadAfterLetter } from "../letter.js";
import { quotedBody, subjectOf } from "../quoted-text.js";

/** A letter that is begun: which list it is for, what it answers, and what is in it already. */
export interface ReplyDraft {
  /** Address of the list; null where the person is to choose. */
  readonly list: string | null;
  readonly subject: string;
  readonly thread: Thread;
  /** What is quoted, as HTML that was cleaned; empty for nothing. */
  readonly quote: string;
}

/** Nothing is begun but, perhaps, the list. */
export function emptyLetter(list: string | null): ReplyDraft {
  return { list, subject: "", thread: noThread, quote: "" };
}

/** Where an answer waits for the composer's page: in memory, under a name of its own. */
const ANSWER = "begun-answer-";

const answerRecord: Check<{
  readonly list: string;
  readonly subject: string;
  readonly quote: string;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}> = object({ list: text, subject: text, quote: text, inReplyTo: orNull(text), references: listOf(text) });

/** Quotes up to here wait with their pictures; a longer one without. `storage.session` holds 10 MB in all. */
const QUOTE_LIMIT = 900_000;

/** What an answer to an opened mail begins with: to its list, in its conversation, quoting it. */
export function answerTo({ letter, view }: OpenedMail): ReplyDraft {
  const { subject } = letter.letter;
  return {
    list: letter.list,
    subject: subjectOf("reply", subject),
    thread: threadAfterLetter(letter.letter),
    quote: quoteOf({ view }),
  };
}

/** What an answer to a mail begins with of which its subject and its place in a conversation alone are known: nothing is quoted. */
export function answerToIndexed({ list, subject, messageId, references }: IndexedThread): ReplyDraft {
  const thread = { messageId: `<${messageId}>`, references: references.map((id) => `<${id}>`) };
  return { list, subject: subjectOf("reply", subject), thread: threadAfterLetter(thread), quote: "" };
}

/** A mail as an index knows it; ids are without angle brackets. */
interface IndexedThread {
  readonly list: string;
  readonly subject: string;
  readonly messageId: string;
  readonly references: readonly string[];
}

/** The quote under a line that says whose it is, marked as Thunderbird marks its own: what was written here is told by it. */
function quoteOf(opened: Pick<OpenedMail, "view">): string {
  const page = document.implementation.createHTMLDocument("");
  const { author, date } = opened.view;
  const when = new Date(date).toLocaleString(t("lang"), { dateStyle: "long", timeStyle: "short" });
  const who = page.createElement("p");
  who.className = "moz-cite-prefix";
  who.textContent = t("composer_wrote", when, author.name ?? author.address);
  const quote = page.createElement("blockquote");
  quote.setAttribute("type", "cite");
  quote.append(page.importNode(quotedBody(opened), true));
  page.body.append(who, quote);
  if (page.body.innerHTML.length > QUOTE_LIMIT)
    for (const image of page.querySelectorAll("img")) image.remove();
  return page.body.innerHTML.length > QUOTE_LIMIT ? "" : page.body.innerHTML;
}

/** Has an answer wait for the composer's page. @returns the address of that page, which takes it once */
export async function pageForAnswer(begun: ReplyDraft): Promise<string> {
  const id = crypto.randomUUID();
  const { list, subject, quote, thread } = begun;
  const record = {
    ...{ list, subject, quote },
    inReplyTo: thread.inReplyTo ?? null,
    references: thread.references,
  };
  await browser.storage.session.set({ [`${ANSWER}${id}`]: record });
  return browser.runtime.getURL(`app/browser/composer.html?answer=${id}`);
}

/** The address in `to`: as it is, or as a link writes it (RFC 6068); of such a link the address alone counts. */
function listIn(to: string | null): string | null {
  const [address = ""] = (to ?? "").replace(/^mailto:/i, "").split("?", 1);
  try {
    return decodeURIComponent(address).trim().toLowerCase() || null;
  } catch {
    return null;
  }
}

/**
 * What the composer's page begins with, by its own address: `?answer=` takes an answer that waits, `?to=` names a list.
 * An address may be made by anybody's link or menu: it chooses a list and puts in no word.
 */
export async function begunFor(search: string): Promise<ReplyDraft> {
  const asked = new URLSearchParams(search);
  const id = asked.get("answer");
  if (id === null) return emptyLetter(listIn(asked.get("to")));
  const name = `${ANSWER}${id}`;
  const found = (await browser.storage.session.get(name))[name];
  await browser.storage.session.remove(name);
  if (found === undefined) return emptyLetter(null);
  const { list, subject, quote, inReplyTo, references } = answerRecord(found);
  const thread = inReplyTo === null ? { references } : { inReplyTo, references };
  return { list, subject, quote, thread };
}
