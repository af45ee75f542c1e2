import type { CalendarEntry } from "../../mail/calendar-entry.js";
import type { UnprovedReason } from "../../protocol/message.js";
import type { KnownDelivery } from "../member/delivery-record.js";
import type { InvitationUse } from "../member/used-invitations.js";
import type { ErrorCode } from "../platform/errors.js";
import type { Incoming } from "../requests/incoming.js";
import type { SecurityImage } from "../ui/security-image.js";
import type { AuthorTrust } from "../worker/jobs.js";
import type { UnderDeletedKey } from "../worker/open.js";

/** What a mail is, to those who show it: data to show, no keys, no attachment bytes. */
export type DisplayAnswer =
  /** Not sealed, or not one single mail: the display script leaves it alone. */
  | { readonly kind: "ordinary" }
  | OpenedView
  | PrivateView
  | IncomingView
  /** An ordinary mail with an invitation to a list attached. */
  | FoundInvitation
  /** A sealed part in a shell that neither a list server nor the add-on makes: named, and opened by a click. */
  | { readonly kind: "elsewhere" }
  /** The key is locked by a passphrase. */
  | { readonly kind: "locked" }
  /** Sealed for a key that is not here. `list`: what the mail says it was sent to. */
  | { readonly kind: "not-for-me"; readonly list: string | null }
  /** Sealed to a list key that the person has deleted here. */
  | UnderDeletedKey
  | { readonly kind: "refused"; readonly code: ErrorCode };

/** An invitation, and what it has come to here; `used` is null while it was not used. */
export interface FoundInvitation {
  readonly kind: "invitation";
  readonly used: InvitationUse | null;
}

/** Answers that leave the mail where it is. */
export type UnopenedAnswer = Extract<
  DisplayAnswer,
  { readonly kind: "ordinary" | "invitation" | "elsewhere" }
>;

/**
 * What the display script shows, and where.
 *
 * Attack: a sender's style sheet with a font from their server for each range of characters tells them which ones are shown. So the
 * person's mark goes to pages of our own alone, and never into a document that the sender has a hand in.
 */
export type Displayed =
  /** In a few words above the mail, in the sender's document. */
  | { readonly where: "above"; readonly answer: UnopenedAnswer }
  /** In a page of our own, in the place of the sender's document. The mark is null where nobody was there to say it. */
  | {
      readonly where: "instead";
      readonly answer: Exclude<DisplayAnswer, UnopenedAnswer>;
      readonly mark: SecurityImage | null;
    };

/** An answer, notice or receipt: no mail to read, but something that was done. */
export interface IncomingView {
  readonly kind: "arrived";
  readonly arrived: Incoming;
}

export interface PersonView {
  readonly name: string | null;
  readonly address: string;
}

export interface AttachmentView {
  /** Its number in the letter, or after those if it is in a mail inside: what `save` asks for. */
  readonly number: number;
  readonly name: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
}

/** Words of a mail: text, HTML, or the same as both. */
export interface WordsView {
  readonly text: string | null;
  readonly html: string | null;
  /** Content id, then a `data:` address. Only images. */
  readonly inline: Readonly<Record<string, string>>;
  /** Its language, as far as it is known. */
  readonly lang?: string;
}

/** What is shown of a mail in one place of it. */
export type ViewPiece =
  | (WordsView & { readonly kind: "words" })
  | { readonly kind: "picture"; readonly name: string; readonly address: string }
  | {
      readonly kind: "text-file";
      readonly name: string;
      readonly text: string;
      readonly fold: "open" | "folded";
    }
  | { readonly kind: "entry"; readonly entry: CalendarEntry }
  | { readonly kind: "mail"; readonly mail: MailInside };

/** The pieces of a mail; the whole of it, where it is one text. */
export function piecesOfView({ pieces, text, html, inline, lang }: OpenedView): readonly ViewPiece[] {
  return pieces ?? [{ kind: "words", text, html, inline, ...(lang === undefined ? {} : { lang }) }];
}

/** Whether HTML is shown, or the same as text. */
export type BodyStyle = "formatted" | "plain";
/** Of plain text: every letter as wide as the other, so that columns stay in line, or not. */
export type PlainFont = "fixed" | "variable";

/** How the person wants to see mails. */
export interface MailLook {
  readonly style: BodyStyle;
  readonly font: PlainFont;
}

/** A mail inside the mail, by its own words alone. */
export interface MailInside {
  readonly from: readonly PersonView[];
  readonly to: readonly PersonView[];
  readonly subject: string;
  readonly date: string | null;
  readonly pieces: readonly ViewPiece[];
  readonly files: readonly AttachmentView[];
}

/** An opened and verified mail. */
export interface OpenedView extends WordsView {
  readonly kind: "opened";
  readonly list: { readonly name: string; readonly address: string; readonly fingerprint: string };
  readonly subject: string;
  readonly author: PersonView & { readonly fingerprint: string; readonly standing: AuthorTrust };
  readonly to: readonly PersonView[];
  readonly cc: readonly PersonView[];
  /** ISO 8601: the protected Date, and the date of the signature. */
  readonly date: string;
  readonly signedAt: string;
  /** What is where; left out of a mail that is one text: {@link WordsView}. */
  readonly pieces?: readonly ViewPiece[];
  /** Formatted, and plain text in a fixed font, if it is left out. */
  readonly look?: MailLook;
  readonly attachments: readonly AttachmentView[];
  readonly passage:
    | { readonly via: "list" | "list-from-nonmember"; readonly roster: number }
    | { readonly via: "own-copy" }
    | { readonly via: "unproved"; readonly reason: UnprovedReason | "message-id-reused" };
  /** ISO 8601: when one's own key for the list runs out, if that is soon or over; null otherwise. */
  readonly ownKeyEnds: string | null;
  /** Sealed with a list key that was not to be used any more. */
  readonly underOldKey: boolean;
  /** `elsewhere`: the mail around the sealed part was not made by the list. */
  readonly shell: "own" | "elsewhere";
  /** Of one's own post: how it was delivered, as far as that is known. Left out of anybody else's. */
  readonly delivery?: KnownDelivery;
  /** What else has to be said; nothing if it is left out. */
  readonly remarks?: readonly Remark[];
}

/** An opened and verified letter from one member to another, past the list. */
export interface PrivateView {
  readonly kind: "private";
  /** The list by which the two know each other. */
  readonly list: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly author: PersonView & { readonly fingerprint: string; readonly standing: AuthorTrust };
  readonly to: PersonView;
  /** ISO 8601: the protected Date. */
  readonly date: string;
  readonly text: string;
  readonly remarks: readonly Remark[];
  /** Whether its author may be answered alone. */
  readonly mayReply: boolean;
}

/** What does not fit around an opened mail. */
export type Remark =
  /** Subject or sender of the outer mail are neither the list's nor what is inside. */
  | { readonly kind: "outer-subject" | "outer-from" }
  /** An old mail that somebody has sent again. */
  | { readonly kind: "sent-again" }
  /** Somebody else, at this address, goes by the same name, or by one that looks the same. */
  | { readonly kind: "same-name"; readonly address: string };

/** What the buttons do. Each resolves when it is done, and rejects if it could not be. */
export interface MailActions {
  /** Opens a sealed part that is in a foreign shell; null where the banner only says where that is done. */
  readonly openElsewhere: (() => Promise<DisplayAnswer | null>) | null;
  /** Saves an attachment, by its number. */
  readonly save: (attachment: number) => Promise<unknown>;
  /** Shows an attachment that was saved in its folder; null where the program shows what it has saved by itself. */
  readonly showSaved: ((attachment: number) => Promise<unknown>) | null;
  readonly saveAll: () => Promise<unknown>;
  /** Saves the whole mail as readable text for other programs. */
  readonly saveMail: () => Promise<unknown>;
  /** An attachment as a picture: a `data:` address. */
  readonly preview: (attachment: number) => Promise<{ readonly address: string }>;
  /** Opens the page where the key of the mail's author is compared. */
  readonly compare: () => Promise<unknown>;
  /** Shows the invitation that came with the mail to the page that asks for its code; null as above. */
  readonly join: (() => Promise<unknown>) | null;
  /** Unlocks whatever key this passphrase fits; null where nothing secret may be typed: in the page of a webmail. */
  readonly unlock: ((passphrase: string) => Promise<unknown>) | null;
  /** Opens the page where a key is unlocked. */
  readonly settings: () => Promise<unknown>;
  /** Remembers how mails are shown from now on. */
  readonly showAs: (style: BodyStyle) => Promise<unknown>;
  /** Asks the list's server how one's own post was delivered. */
  readonly askDelivery: () => Promise<unknown>;
  /** Opens the page where the author is answered alone, past the list; null where nothing can be sent from. */
  readonly replyAlone: (() => Promise<unknown>) | null;
  /** Answers the mail; null where the program has its own button for that. */
  readonly reply: (() => Promise<unknown>) | null;
}
