import { hasOwnImage, type LetterBody, namesAttachment, ownWords } from "./attachment-hint.js";
import type { GuardName, GuardSwitches, Question } from "./guard-names.js";
import type { MailRecipients } from "./recipients.js";

/**
 * What a person is asked before a mail leaves. Pure: this file decides, the popup asks, `send.ts` waits.
 *
 * Each guard is one question about one slip; its first answer leaves the mail here. None of them is what keeps a sealed
 * mail sealed: a mail to a list that is not sealed is refused by the list's server, whatever was answered here.
 */

/** What is about to be sent. */
export interface MailBeforeSending {
  readonly recipients: MailRecipients;
  /** Whether the mail is going to be sealed. */
  readonly sealing: "off" | "on";
  /** It quotes or forwards what came sealed. */
  readonly quotesSealed: boolean;
  /** The list whose mail that is; null where it is not known, or nothing of it is quoted. */
  readonly quotedList: string | null;
  readonly body: LetterBody;
  readonly attachments: number;
}

/**
 * The questions that stand between this mail and its sending, in the order in which they are asked.
 * @param switches  guards that are switched off ask nothing
 * @param answered  guards to which the person has said, for this very window: send it so
 */
export function questionsAbout(
  mail: MailBeforeSending,
  switches: GuardSwitches,
  answered: readonly GuardName[],
): readonly Question[] {
  const all = mail.sealing === "on" ? aboutSealed(mail) : aboutClear(mail);
  return all.filter(({ kind }) => switches[kind] && !answered.includes(kind));
}

function aboutSealed(mail: MailBeforeSending): readonly Question[] {
  const { list, others, bcc } = mail.recipients;
  const { quotedList } = mail;
  const seen = others.filter((one) => !bcc.includes(one));
  const bare = mail.attachments === 0 && !hasOwnImage(mail.body);
  const word = bare ? namesAttachment(ownWords(mail.body)) : null;
  return [
    ...(seen.length > 0 ? [{ kind: "other-recipients", others } as const] : []),
    // those in Bcc stand in the question before already
    ...(seen.length === 0 && bcc.length > 0 && list !== undefined
      ? [{ kind: "bcc", others: bcc } as const]
      : []),
    ...(quotedList !== null && list !== undefined && quotedList !== list.address
      ? [{ kind: "other-list-quote", from: quotedList } as const]
      : []),
    ...(word === null ? [] : [{ kind: "missing-attachment", word } as const]),
  ];
}

function aboutClear({ recipients, quotesSealed }: MailBeforeSending): readonly Question[] {
  if (recipients.none) return [];
  const { list, near, groups } = recipients;
  return [
    ...(list === undefined ? [] : [{ kind: "clear-to-list" } as const]),
    ...(near === null ? [] : [{ kind: "almost-list", ...near } as const]),
    ...(groups.length === 0 ? [] : [{ kind: "address-book-list", others: groups } as const]),
    ...(quotesSealed ? [{ kind: "sealed-quote" } as const] : []),
  ];
}
