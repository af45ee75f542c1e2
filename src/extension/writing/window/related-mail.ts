import { browser } from "../../platform/browser.js";
import { type ComposeDetails, type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { areCopiesKept, holdsCopies } from "../../reading/local-copies/keep.js";
import type { OpenedMail } from "../../reading/opening.js";
import { readMessage } from "../../reading/read-message.js";
import type { Thread } from "../letter.js";
import { openedDraft } from "./opened-draft.js";
import { continuedInDraft, isContinued, quotedIn } from "./thread.js";

/**
 * What a compose window has to do with sealed mail. One function answers for every way in which Thunderbird begins a mail, and for
 * windows that go on after a failed sending or a crash: sending, drafts and quotes go by its answer alone.
 *
 * Attack: what Thunderbird quotes is what is selected on the screen, and opened text may be there when our own reading of the mail
 * is not done, has failed, finds the key locked, or was never asked (a foreign shell that a person has opened). So it is asked
 * whether the mail **has sealed parts**, and never how far our reading got; and a mail that can't be looked at counts as having some.
 */
export type RelatedMail =
  /** An ordinary mail, or none. */
  | { readonly kind: "nothing" }
  /** The window itself says that it quotes what came sealed: our quote is there, or a draft that has it was opened. */
  | { readonly kind: "continued"; readonly list: string | null; readonly thread: Thread | null }
  /** A readable copy: what it says came sealed from this list. */
  | { readonly kind: "copy"; readonly list: string | null }
  /** A mail with sealed parts, opened by us, in one of our own shells. */
  | { readonly kind: "opened"; readonly list: string; readonly opened: OpenedMail }
  /** A mail with sealed parts, or one that can't be looked at: nothing of it may be quoted. */
  | { readonly kind: "unopened" };

/** How Thunderbird has begun a mail. */
export type WindowContent =
  | "reply"
  | "forward"
  /** The other mail is attached, and stays as it is. */
  | "forward-attached"
  /** "Edit as New Message", a template. */
  | "again"
  | "draft"
  | "redirect"
  /** An empty window: nothing comes from another mail. */
  | "nothing";

/** How a window was begun. QUIRK: Thunderbird calls "Edit as New Message" new; only an empty window has no mail before it. */
export async function beginningOf(tabId: number, details: ComposeDetails): Promise<WindowContent> {
  const { type, relatedMessageId } = details;
  switch (type) {
    case "forward": {
      const attached = await thunderbird().compose.listAttachments(tabId);
      return attached.some(({ name }) => /\.eml$/i.test(name)) ? "forward-attached" : "forward";
    }
    case "reply":
    case "draft":
    case "redirect":
      return type;
    default:
      return relatedMessageId === undefined ? "nothing" : "again";
  }
}

const nothing: RelatedMail = { kind: "nothing" };

/**
 * Asks what a window has to do with sealed mail.
 * @param foundSealed awaited as soon as it is known that sealed parts are there, before any is opened, which takes its time
 */
export async function relatedTo(
  beginning: WindowContent,
  details: ComposeDetails,
  foundSealed: () => Promise<void>,
): Promise<RelatedMail> {
  const { relatedMessageId } = details;
  if (isContinued(details)) return { kind: "continued", list: quotedIn(details), thread: null };
  if (beginning === "nothing") return nothing;
  if (relatedMessageId === undefined) return relatedToUnknown(beginning, foundSealed);
  const draft = beginning === "again" ? relatedMessageId : await openedDraft(details);
  if (draft !== null) {
    const continued = await continuedInDraft(draft).catch(() => undefined);
    if (continued !== undefined) return { kind: "continued", ...continued };
    // what a draft quoted was settled when it was begun
    if (beginning === "draft") return nothing;
  }
  let header: MessageHeader;
  try {
    header = await thunderbird().messages.get(relatedMessageId);
  } catch {
    // gone meanwhile, and nobody can say any more what it was
    await foundSealed();
    return { kind: "unopened" };
  }
  const related = await relatedToMail(header, foundSealed);
  if (beginning !== "draft" || related.kind === "nothing") return related;
  // the draft itself could not be told from others: what it answers is known
  const list = related.kind === "unopened" ? null : related.list;
  return { kind: "continued", list, thread: null };
}

async function relatedToMail(header: MessageHeader, foundSealed: () => Promise<void>): Promise<RelatedMail> {
  const reading = await readMessage(header, "in-its-own-shell", foundSealed);
  switch (reading.kind) {
    case "other": {
      if (reading.copyOf !== undefined) return { kind: "copy", list: reading.copyOf };
      return holdsCopies(header.folder) ? { kind: "copy", list: null } : nothing;
    }
    case "opened":
      return { kind: "opened", list: reading.opened.letter.list, opened: reading.opened };
    default:
      return { kind: "unopened" };
  }
}

/**
 * Thunderbird does not say which mail is answered where it was opened from a file or from an attachment, or where several are
 * forwarded at once. Whichever of those lie open are looked at, and with none of them open nobody can tell.
 */
async function relatedToUnknown(
  beginning: WindowContent,
  foundSealed: () => Promise<void>,
): Promise<RelatedMail> {
  // sealed mail that is attached stays sealed; a readable copy among them would not be
  if (beginning === "forward-attached")
    return (await areCopiesKept()) ? { kind: "copy", list: null } : nothing;
  const open = await externalMails();
  for (const header of open) {
    const related = await relatedToMail(header, foundSealed);
    if (related.kind !== "nothing") return related.kind === "copy" ? related : { kind: "unopened" };
  }
  if (open.length > 0) return nothing;
  await foundSealed();
  return { kind: "unopened" };
}

/** The mails that are shown now and lie in no folder. */
async function externalMails(): Promise<readonly MessageHeader[]> {
  const shown: MessageHeader[] = [];
  for (const { id } of await browser.tabs.query({})) {
    if (id === undefined) continue;
    const { messages } = await thunderbird()
      .messageDisplay.getDisplayedMessages(id)
      .catch(() => ({ messages: [] }));
    shown.push(...messages.filter(({ external }) => external === true));
  }
  return shown;
}
