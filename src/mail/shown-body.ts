/**
 * What of a letter is read in its place: words, pictures, patches, forwarded mails, entries for a calendar. Other files are only
 * listed.
 *
 * A forwarded mail is no more than its forwarder's claim: nothing says that it was ever sent. Whoever shows it, shows that it is
 * a mail inside the mail.
 */
import { type CalendarEntry, readCalendarEntry } from "./calendar-entry.js";
import { decodeWords } from "./encoded-words.js";
import { type Attachment, type BodyPiece, calendarTypes, type EntityBody, readBody } from "./letter-body.js";
import type { Mailbox } from "./mailbox.js";
import { fieldValues, lenientMailboxes, readEntity } from "./payload.js";

/** A piece as it is shown. A number is that of an attachment. */
export type ShownPiece =
  | Exclude<BodyPiece, { readonly kind: "file" }>
  /** Perhaps a picture: a file that its writer has put into the text. */
  | { readonly kind: "picture"; readonly attachment: number }
  | { readonly kind: "entry"; readonly attachment: number; readonly entry: CalendarEntry }
  | { readonly kind: "mail"; readonly attachment: number; readonly mail: AttachedMail };

/** A mail inside a mail, by its own words. */
export interface AttachedMail {
  readonly from: readonly Mailbox[];
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly subject: string;
  /** ISO 8601; null if it has none that can be read. */
  readonly date: string | null;
  readonly pieces: readonly ShownPiece[];
  readonly files: readonly Attachment[];
}

/** Mails within mails that are opened. Attack: one in the other, fifty times. */
const MAX_DEPTH = 4;
/** Mails that are opened in all. Attack: hundreds beside each other, each parsed and shown. */
const MAX_MAILS = 20;

/** What is shown of a letter, in its order. Never throws: a mail inside that can't be read is a file. */
export function shownBody(body: Pick<EntityBody, "pieces" | "attachments">): Promise<readonly ShownPiece[]> {
  return new Shown().piecesOf(body, 0);
}

/** The files of all mails inside, in their order: those of a mail before those of the mails in it. */
export function filesInside(pieces: readonly ShownPiece[]): readonly Attachment[] {
  return pieces.flatMap((piece) =>
    piece.kind === "mail" ? [...piece.mail.files, ...filesInside(piece.mail.pieces)] : [],
  );
}

class Shown {
  #mails = 0;
  readonly #events = new Set<string>();

  async piecesOf(
    { pieces, attachments }: Pick<EntityBody, "pieces" | "attachments">,
    depth: number,
  ): Promise<readonly ShownPiece[]> {
    const shown: ShownPiece[] = [];
    for (const piece of pieces) {
      const made = piece.kind === "file" ? await this.#file(piece, attachments, depth) : piece;
      if (made !== undefined) shown.push(made);
    }
    return shown;
  }

  async #file(
    { attachment, fold }: Extract<BodyPiece, { readonly kind: "file" }>,
    attachments: readonly Attachment[],
    depth: number,
  ): Promise<ShownPiece | undefined> {
    const file = attachments[attachment];
    if (file === undefined) return undefined;
    if (calendarTypes.includes(file.type)) return this.#entry(attachment, file);
    if (file.type === "message/rfc822" && depth < MAX_DEPTH && this.#mails < MAX_MAILS) {
      this.#mails += 1;
      const mail = await this.#mail(file.bytes, depth + 1);
      return mail === undefined ? undefined : { kind: "mail", attachment, mail };
    }
    return fold === "open" && file.type.startsWith("image/") ? { kind: "picture", attachment } : undefined;
  }

  /** An invitation that is in a mail twice is shown once. */
  #entry(attachment: number, { bytes }: Attachment): ShownPiece | undefined {
    const entry = readCalendarEntry(bytes);
    const events = entry?.events.filter(({ id }) => !this.#events.has(id)) ?? [];
    if (entry === undefined || events.length === 0) return undefined;
    for (const { id } of events) this.#events.add(id);
    return { kind: "entry", attachment, entry: { ...entry, events } };
  }

  async #mail(bytes: Uint8Array, depth: number): Promise<AttachedMail | undefined> {
    try {
      const { email, root } = await readEntity(bytes);
      const first = (key: string) => fieldValues(email, key)[0];
      const { author: _, ...body } = readBody(root);
      const date = new Date(first("date") ?? "");
      return {
        from: lenientMailboxes(first("from")),
        to: lenientMailboxes(first("to")),
        cc: lenientMailboxes(first("cc")),
        subject: decodeWords(first("subject") ?? ""),
        date: Number.isNaN(date.getTime()) ? null : date.toISOString(),
        pieces: await this.piecesOf(body, depth),
        files: body.attachments,
      };
    } catch {
      return undefined;
    }
  }
}
