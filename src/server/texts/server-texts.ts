/**
 * What the server itself writes to people: the shape that every language fills, so that a text which one of them lacks does not
 * compile. What programs read (Subjects that the add-on looks for, codes, the SMTP dialogue) is not here, and is the same in
 * every language.
 */

/** Why a member's post was refused, where there is more to say than that it was. */
export const namedRefusals = [
  "too-old",
  "from-the-future",
  "replayed",
  "message-id-reused",
  "binding-missing",
  "binding-mismatch",
  "not-allowed",
  "malformed-key-packet",
  "unsupported-version",
] as const;

export type NamedRefusal = (typeof namedRefusals)[number];

/** A mail in plain text. */
export interface MailText {
  /** Without the list's name. */
  readonly subject: string;
  /** Each is wrapped by itself. */
  readonly paragraphs: readonly string[];
}

/** A page of the web. */
export interface PageText {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** Everything, in one language. A list is named by its address, a member by their number, which their owner asks the operator about. */
export interface ServerTexts {
  readonly refusals: Readonly<Record<NamedRefusal, string>>;
  readonly otherRefusal: string;
  /** @param reason of {@link refusals} @param clock date and time of the server, UTC */
  refusedPost(list: string, reason: string, clock: string): MailText;
  /** A post under a former list key. The add-on knows the mail by its Subject, so that is not here. */
  formerKey(list: string): Pick<MailText, "paragraphs">;
  noUsableKey(list: string): MailText;
  copiesPaused(list: string): MailText;
  /** To owners. */
  memberWithoutKey(list: string, member: string): MailText;
  /** To owners. @param members numbers, in one string @param isMore there are others */
  membersPaused(list: string, count: number, members: string, isMore: boolean): MailText;
  /** To owners. */
  manyBounced(list: string): MailText;
  /** To owners. */
  memberLeft(list: string, member: string): MailText;
  /** To somebody who is to own a new list, with its server card. @param expires a date, as in ISO 8601 */
  serverCard(name: string, list: string, expires: string): MailText;
  /** What the link in List-Unsubscribe leads to. */
  readonly leaving: {
    readonly question: PageText;
    readonly button: string;
    readonly left: PageText;
    readonly lastOwner: PageText;
    readonly unknown: PageText;
  };
  /** What the SMTP dialogue says to whoever was refused (receive/reply.ts), at length. */
  readonly refused: PageText;
}
