import { fromBase64, toBase64 } from "../../../mail/base64.js";
import { type Check, type Checked, listOf, object, orNull, text } from "../../../membership/file/check.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";
import type { OpenedMail } from "../../reading/opening.js";
import { t } from "../../ui/i18n.js";
import type { Correspondent } from "../../worker/jobs.js";
import { noThread, type Thread, threadAfterLetter } from "../letter.js";
import { quotedBody, subjectOf } from "../quoted-text.js";

/** A letter that is begun. */
export type ReplyDraft = ListDraft | PrivateDraft;

/** A letter to a list: which one, what it answers, and what is in it already. */
export interface ListDraft {
  readonly kind: "list";
  /** Address of the list; null where the person is to choose. */
  readonly list: string | null;
  readonly subject: string;
  readonly thread: Thread;
  /** What is quoted, as HTML that was cleaned; empty for nothing. */
  readonly quote: string;
}

/** An answer to one member alone. It quotes nothing. */
export interface PrivateDraft {
  readonly kind: "private";
  readonly to: Correspondent;
  readonly subject: string;
}

/** Nothing is begun but, perhaps, the list. */
export function emptyLetter(list: string | null): ListDraft {
  return { kind: "list", list, subject: "", thread: noThread, quote: "" };
}

/** Where an answer waits for the composer's page: in memory, under a name of its own. */
const waiting = { list: "begun-answer-", private: "begun-private-answer-" } as const;
/** Behind the address of that page: which answer of which kind. */
const asked = { list: "answer", private: "private" } as const;

const answerRecord: Check<{
  readonly list: string;
  readonly subject: string;
  readonly quote: string;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
}> = object({ list: text, subject: text, quote: text, inReplyTo: orNull(text), references: listOf(text) });

/** As {@link Correspondent}, with its octets in base64. */
const correspondentRecord = object({
  ...{ list: text, name: orNull(text), address: text, fingerprint: text, certificate: text },
  ...{ introduction: orNull(text), signedAt: text, subject: text, messageId: text, references: listOf(text) },
});

/** Quotes up to here wait with their pictures; a longer one without. `storage.session` holds 10 MB in all. */
const QUOTE_LIMIT = 900_000;

/** What an answer to an opened mail begins with: to its list, in its conversation, quoting it. */
export function answerTo({ letter, view }: OpenedMail): ListDraft {
  const { subject } = letter.letter;
  return {
    kind: "list",
    list: letter.list,
    subject: subjectOf("reply", subject),
    thread: threadAfterLetter(letter.letter),
    quote: quoteOf({ view }),
  };
}

/** What an answer to one member alone begins with. */
export function privateAnswerTo(to: Correspondent): PrivateDraft {
  return { kind: "private", to, subject: subjectOf("reply", to.subject) };
}

/** What an answer to a mail begins with of which its subject and its place in a conversation alone are known: nothing is quoted. */
export function answerToIndexed({ list, subject, messageId, references }: IndexedThread): ListDraft {
  const thread = { messageId: `<${messageId}>`, references: references.map((id) => `<${id}>`) };
  return {
    kind: "list",
    ...{ list, subject: subjectOf("reply", subject), thread: threadAfterLetter(thread), quote: "" },
  };
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
  const record = begun.kind === "list" ? listRecordOf(begun) : correspondentRecordOf(begun.to);
  await browser.storage.session.set({ [`${waiting[begun.kind]}${id}`]: record });
  return browser.runtime.getURL(`app/browser/composer.html?${asked[begun.kind]}=${id}`);
}

const listRecordOf = ({ list, subject, quote, thread }: ListDraft) => ({
  ...{ list, subject, quote },
  inReplyTo: thread.inReplyTo ?? null,
  references: thread.references,
});

const correspondentRecordOf = ({
  certificate,
  introduction,
  ...to
}: Correspondent): Checked<typeof correspondentRecord> => ({
  ...to,
  certificate: toBase64(certificate),
  introduction: introduction === undefined ? null : toBase64(introduction),
});

function correspondentIn(record: unknown): Correspondent {
  const { certificate, introduction, ...to } = correspondentRecord(record);
  const proof = introduction === null ? {} : { introduction: fromBase64(introduction) };
  return { ...to, certificate: fromBase64(certificate), ...proof };
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

/** Takes what waits for the page under this name, once. */
async function taken(name: string): Promise<unknown> {
  const found = (await browser.storage.session.get(name))[name];
  await browser.storage.session.remove(name);
  return found;
}

/**
 * What the composer's page begins with, by its own address: `?answer=` and `?private=` take an answer that waits, `?to=` names a list.
 * An address may be made by anybody's link or menu: it chooses a list and puts in no word.
 *
 * An answer to one member that waits no longer, as after the page was loaded again, becomes no letter to a list: whoever goes on
 * writing would tell everybody.
 * @throws ListSealError `message-gone` for such an answer
 */
export async function begunFor(search: string): Promise<ReplyDraft> {
  const query = new URLSearchParams(search);
  const alone = query.get(asked.private);
  if (alone !== null) {
    const found = await taken(`${waiting.private}${alone}`);
    if (found === undefined) throw new AddonError("message-gone", "the answer waits no longer");
    return privateAnswerTo(correspondentIn(found));
  }
  const id = query.get(asked.list);
  if (id === null) return emptyLetter(listIn(query.get("to")));
  const found = await taken(`${waiting.list}${id}`);
  if (found === undefined) return emptyLetter(null);
  const { list, subject, quote, inReplyTo, references } = answerRecord(found);
  const thread = inReplyTo === null ? { references } : { inReplyTo, references };
  return { kind: "list", list, subject, quote, thread };
}
