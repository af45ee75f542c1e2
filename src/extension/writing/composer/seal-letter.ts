import type { Letter } from "../../../mail/payload.js";
import type { MailPart } from "../../../mail/sealed-mail.js";
import { ProtocolError } from "../../../openpgp/errors.js";
import type { Mode } from "../../../protocol/message.js";
import { AddonError } from "../../platform/errors.js";
import { load } from "../../records/storage.js";
import { runJob } from "../../worker/client.js";
import type { SealedLetter } from "../../worker/jobs.js";
import { authorFor, type LetterAuthor } from "../author.js";
import type { Question } from "../guard-names.js";
import { loadGuards } from "../guard-switches.js";
import { questionsAbout } from "../guards.js";
import { bytesOf, letterOf, type Thread } from "../letter.js";

/** From what a person has written to what leaves. Nothing is kept: it lives in the page, and goes with it. */

/** What is in the composer. */
export interface WrittenLetter {
  /** Address of the list. */
  readonly list: string;
  readonly subject: string;
  readonly thread: Thread;
  /** The list whose mail it quotes; null where it quotes none. */
  readonly quotedList: string | null;
  /** HTML, or plain text. `plain`: the text alone, of either. */
  readonly body: { readonly kind: "html" | "text"; readonly content: string; readonly plain: string };
  readonly files: readonly File[];
}

/** A letter that is ready to be sealed. */
export interface ReadyLetter {
  readonly author: LetterAuthor;
  readonly letter: Omit<Letter, "author">;
}

/** What a list takes, in octets (docs/FORMAT.md, 6.1). A test holds it to the limit of the protocol, which brings OpenPGP along. */
export const LETTER_LIMIT = 100 * 1024 * 1024;

/** MIME writes files in base64, in lines: 78 characters hold 57 octets. */
const ENCODED = 78 / 57;

/** The question to ask before sealing, or null. @param answered those to which the person has said: seal it so */
export async function questionBefore(
  { body, files, quotedList, list }: WrittenLetter,
  answered: readonly Question["kind"][],
): Promise<Question | null> {
  const [question] = questionsAbout(
    {
      recipients: {
        list: (await load()).lists[list],
        ...{ others: [], bcc: [], near: null, groups: [], none: false },
      },
      sealing: "on",
      quotesSealed: quotedList !== null,
      quotedList,
      body: { kind: body.kind, content: body.content },
      attachments: files.length,
    },
    await loadGuards(),
    answered,
  );
  return question ?? null;
}

/**
 * Reads the files and makes the letter. Its Message-ID is fixed here: however often it is sealed, it is one letter to the server.
 * @throws Hindered if the key is locked; ListSealError `no-such-list`, `no-member-key`, `left-list`, `too-large`
 */
export async function readyLetter({
  list: address,
  subject,
  thread,
  body,
  files,
}: WrittenLetter): Promise<ReadyLetter> {
  const list = (await load()).lists[address];
  if (list === undefined) throw new AddonError("no-such-list", "no such list is here");
  const size = files.reduce((sum, file) => sum + file.size, 0) * ENCODED + body.content.length * 2;
  if (size > LETTER_LIMIT) throw new ProtocolError("too-large", "more than a list takes");
  const author = await authorFor(list);
  const letter = letterOf(
    {
      from: author.key.userId,
      subject,
      isPlainText: body.kind === "text",
      body: body.content,
      plainTextBody: body.plain,
    },
    await Promise.all(files.map(bytesOf)),
    author.list,
    thread,
    new Date(),
  );
  return { author, letter };
}

/** The sealed parts. @param mode `whole` gives one file, whatever the list's mode is: the server takes both */
export function sealLetter(
  { author, letter }: ReadyLetter,
  mode: Mode = author.list.mode,
): Promise<SealedLetter> {
  return runJob("seal", { ...author, list: { ...author.list, mode }, letter });
}

/** The one file that somebody attaches by hand. */
export async function sealedFile(ready: ReadyLetter): Promise<MailPart> {
  const [part] = (await sealLetter(ready, "whole")).parts;
  if (part === undefined) throw new ProtocolError("not-sealed", "sealing made no sealed part");
  return part;
}

/** The whole mail, as a file. */
export async function sealedMail({ author, letter }: ReadyLetter): Promise<Uint8Array> {
  return (await runJob("seal-mail", { ...author, letter })).mail;
}
