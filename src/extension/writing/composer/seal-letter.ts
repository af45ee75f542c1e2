import { outerSubject, privateSubject } from "../../../mail/fixed-texts.js";
import { domainOf, type Mailbox, parseAddress } from "../../../mail/mailbox.js";
import { fileNameOf, partTypes, privateType } from "../../../mail/part-types.js";
import { writePrivateMail } from "../../../mail/private-mail.js";
import { ProtocolError } from "../../../openpgp/errors.js";
import { AddonError } from "../../platform/errors.js";
import { load } from "../../records/storage.js";
import { runJob } from "../../worker/client.js";
import type { Correspondent } from "../../worker/jobs.js";
import { authorFor } from "../author.js";
import type { Question } from "../guard-names.js";
import { loadGuards } from "../guard-switches.js";
import { questionsAbout } from "../guards.js";
import { bytesOf, letterOf, mailboxOf, type Thread, type WrittenBody } from "../letter.js";
import { readyAnswer, sealAnswer } from "../private-answer.js";

/** From what a person has written to what leaves. Nothing is kept: it lives in the page, and goes with it. */

/** What is in the composer, whoever it is for. */
export interface WrittenWords {
  readonly subject: string;
  readonly body: WrittenBody;
  readonly files: readonly File[];
}

/** What is written to a list. */
export interface WrittenLetter extends WrittenWords {
  /** Address of the list. */
  readonly list: string;
  readonly thread: Thread;
  /** The list whose mail it quotes; null where it quotes none. */
  readonly quotedList: string | null;
}

/** A sealed part of a letter, as an attachment. */
interface SealedPart {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** A letter that is ready: what stands outside, and the ways in which it can leave. Each of them seals it anew. */
export interface ReadyLetter {
  /** The address that it has to be sent from. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly fileName: string;
  /** The one file that somebody attaches by hand. */
  readonly file: () => Promise<SealedPart>;
  /** The whole mail, as a file. */
  readonly mail: () => Promise<Uint8Array>;
  /** What is attached, and the text beside it, for whoever puts both into a mail program. */
  readonly parts: () => Promise<{ readonly notice: string; readonly parts: readonly SealedPart[] }>;
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
    mailboxOf(author.list),
    thread,
    new Date(),
  );
  const toSeal = { ...author, letter };
  return {
    from: author.key.address,
    to: address,
    subject: outerSubject(parseAddress(address)),
    fileName: fileNameOf(partTypes.message),
    async file() {
      // one file, whatever the list's mode is: the server takes both
      const { parts } = await runJob("seal", { ...toSeal, list: { ...author.list, mode: "whole" } });
      const [part] = parts;
      if (part === undefined) throw new ProtocolError("not-sealed", "sealing made no sealed part");
      return part;
    },
    mail: async () => (await runJob("seal-mail", toSeal)).mail,
    parts: () => runJob("seal", toSeal),
  };
}

/**
 * The same for an answer to one member alone, which goes past the list.
 * @throws ListSealError what `readyAnswer` throws
 */
export async function readyPrivateLetter(to: Correspondent, written: WrittenWords): Promise<ReadyLetter> {
  const ready = await readyAnswer(to, written);
  const { from } = ready.letter;
  const seal = () => sealAnswer(ready);
  const file = async () => (await seal()).part;
  return {
    from: from.address,
    to: to.address,
    subject: privateSubject(),
    fileName: fileNameOf(privateType),
    file,
    async mail() {
      const { bytes: sealed } = await file();
      const reader = { address: parseAddress(to.address) };
      return writePrivateMail({ from, to: reader, date: new Date(), messageId: outerId(from), sealed });
    },
    async parts() {
      const { part, notice } = await seal();
      return { notice, parts: [part] };
    },
  };
}

/** A Message-ID for outside, of the author's own domain: that inside is nobody's business. */
const outerId = ({ address }: Mailbox) => `<${crypto.randomUUID()}@${domainOf(address)}>`;
