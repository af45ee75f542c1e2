import { messageIdsIn } from "../../../mail/payload.js";
import { type ComposeDetails, type CustomHeader, thunderbird } from "../../platform/thunderbird.js";
import { readMessage } from "../../reading/read-message.js";
import { noThread, type Thread, threadAfter, threadAfterLetter, threadOfDraft } from "../letter.js";
import { headersOf, openedDraft } from "./opened-draft.js";

/**
 * A field of the composer, and so of its draft, that never leaves: the mail answers or forwards what came sealed, and
 * these are the ids inside that seal, the newest last. A draft that is opened after a crash, on this computer, still
 * knows by it where it belongs and what it quotes.
 */
const CONTINUED = "X-Listseal-Thread";
/** The field's value where there is no conversation to go on with: a forward. */
const NOTHING = "none";
/** Its companion: the list whose mail is quoted. */
const QUOTED = "X-Listseal-Quotes";

const is = (field: string) => (header: CustomHeader) => header.name.toLowerCase() === field.toLowerCase();
const isContinuing = is(CONTINUED);
const isQuoting = is(QUOTED);
const isOurs = (header: CustomHeader) => isContinuing(header) || isQuoting(header);

/** Whether the mail in the composer says that it answers or forwards what came sealed. */
export function isContinued({ customHeaders = [] }: ComposeDetails): boolean {
  return customHeaders.some(isContinuing);
}

/** The list whose mail the composer says that it quotes; null where it does not say. */
export function quotedIn({ customHeaders = [] }: ComposeDetails): string | null {
  return customHeaders.find(isQuoting)?.value ?? null;
}

/** The composer's own fields, without those that never leave. */
export function withoutContinued({ customHeaders = [] }: ComposeDetails): readonly CustomHeader[] {
  return customHeaders.filter((field) => !isOurs(field));
}

/** The composer's own fields, with those that say what it answers or forwards, and of which list. */
export function withContinued(
  details: ComposeDetails,
  { references }: Thread,
  list: string | null,
): readonly CustomHeader[] {
  const value = references.length === 0 ? NOTHING : references.join(" ");
  const quoted = list === null ? [] : [{ name: QUOTED, value: list }];
  return [...withoutContinued(details), { name: CONTINUED, value }, ...quoted];
}

/** The conversation that such a field names; undefined where there is no such field. */
function continuedBy(value: string | undefined): Thread | undefined {
  if (value === undefined) return undefined;
  const references = messageIdsIn(value);
  const inReplyTo = references.at(-1);
  return inReplyTo === undefined ? noThread : { inReplyTo, references };
}

/** What a saved draft or template quotes. */
export interface ContinuedThread {
  readonly thread: Thread;
  readonly list: string | null;
}

/** The fields as a draft or a template has them; undefined where it quotes nothing that came sealed. */
export async function continuedInDraft(messageId: number): Promise<ContinuedThread | undefined> {
  const headers = await headersOf(messageId);
  const thread = continuedBy(headers[CONTINUED.toLowerCase()]?.[0]);
  return thread === undefined ? undefined : { thread, list: headers[QUOTED.toLowerCase()]?.[0] ?? null };
}

/** The conversation that an answer to a mail continues, by what is outside: what is inside did not open. */
export async function threadOutside(messageId: number): Promise<Thread> {
  try {
    return threadAfter(await headersOf(messageId));
  } catch {
    return noThread;
  }
}

/**
 * The conversation that the mail in the composer belongs to. An answer to a sealed mail goes by the ids inside its
 * seal: one's own copy in Sent has an outer id of Thunderbird's that no other member ever sees.
 * A message that is gone meanwhile gives no thread and stops nobody from sending.
 */
export async function threadOf(details: ComposeDetails): Promise<Thread> {
  const { relatedMessageId, type } = details;
  const continued = continuedBy(details.customHeaders?.find(isContinuing)?.value);
  if (continued !== undefined) return continued;
  if (relatedMessageId === undefined || type === "new" || type === "redirect") return noThread;
  try {
    const { messages } = thunderbird();
    if (type === "reply") {
      const reading = await readMessage(await messages.get(relatedMessageId), "in-its-own-shell");
      if (reading.kind === "opened") {
        return threadAfterLetter(reading.opened.letter.letter);
      }
    }
    const draft = await openedDraft(details);
    const headers = await headersOf(draft ?? relatedMessageId);
    const kept = continuedBy(headers[CONTINUED.toLowerCase()]?.[0]);
    if (kept !== undefined) return kept;
    if (type !== "draft" && type !== "reply") return noThread;
    return draft === null ? threadAfter(headers) : threadOfDraft(headers);
  } catch {
    return noThread;
  }
}
