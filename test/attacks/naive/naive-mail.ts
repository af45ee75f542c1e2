/**
 * A mail program that opens whatever it finds, wherever it stands, and shows it together with what stands around it; and a list server that
 * passes a mail on as it came, with other sealed parts.
 */
import PostalMime, { type Address } from "postal-mime";
import { parseAddress } from "../../../src/mail/mailbox.js";
import { partTypes } from "../../../src/mail/part-types.js";
import { fromParts, writeSubmission } from "../../../src/mail/sealed-mail.js";
import { type MemberKeys, openPost, type SealedMessage } from "../../../src/protocol/index.js";
import type { ClaimedAuthor } from "../../../src/protocol/open-post.js";

interface FoundPart {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** File names that it takes for a media type. */
const typeOfName: Readonly<Record<string, string>> = {
  "sealed-key.pgp": partTypes.key,
  "sealed-body.pgp": partTypes.body,
  "sealed-message.pgp": partTypes.message,
};

const ARMOR = /-----BEGIN PGP MESSAGE-----\s+([A-Za-z0-9+/=\s]+)-----END PGP MESSAGE-----/g;

/** The sealed parts of `raw`: by media type, by file name, in attached mails, and armored in any text, shown or hidden. */
export async function partsAnywhere(raw: Uint8Array): Promise<readonly FoundPart[]> {
  const mail = await PostalMime.parse(raw, {
    forceRfc822Attachments: true,
    attachmentEncoding: "arraybuffer",
  });
  const found: FoundPart[] = [];
  for (const { mimeType, filename, content } of mail.attachments) {
    if (typeof content === "string") continue;
    const bytes = new Uint8Array(content);
    if (mimeType === "message/rfc822") found.push(...(await partsAnywhere(bytes)));
    else found.push({ type: typeOfName[filename ?? ""] ?? mimeType, bytes });
  }
  for (const text of [mail.text ?? "", mail.html ?? ""]) {
    for (const [, base64 = ""] of text.matchAll(ARMOR)) {
      found.push({ type: partTypes.message, bytes: new Uint8Array(Buffer.from(base64, "base64")) });
    }
  }
  return found;
}

/** The first sealed message of which all parts are found; of parts that are there twice, the first. */
export async function sealedAnywhere(raw: Uint8Array): Promise<SealedMessage> {
  const firsts = new Map((await partsAnywhere(raw)).toReversed().map((part) => [part.type, part]));
  const sealed = fromParts([...firsts.values()]);
  if ("kind" in sealed) throw new Error("nothing sealed");
  return sealed;
}

/** What its reply quotes: the mail's text, and below it what it opened. The recipient of the reply is the attacker. */
export async function quoteAnywhere(
  raw: Uint8Array,
  keys: MemberKeys,
  identify: (payload: Uint8Array) => Promise<ClaimedAuthor>,
): Promise<string> {
  const { text = "" } = await PostalMime.parse(raw);
  const opened = await openPost(await sealedAnywhere(raw), keys, identify);
  if (opened.kind !== "opened") throw new Error("not opened");
  return `${text}\n${new TextDecoder().decode(opened.payload)}`.replace(/^/gm, "> ");
}

/** One page made of all parts of a mail in their order: HTML as it is, a sealed part as what was inside it. */
export async function onePage(
  raw: Uint8Array,
  keys: MemberKeys,
  identify: (payload: Uint8Array) => Promise<ClaimedAuthor>,
): Promise<string> {
  const opened = await openPost(await sealedAnywhere(raw), keys, identify);
  if (opened.kind !== "opened") throw new Error("not opened");
  const [, boundary = ""] = /boundary=([^\s;]+)/.exec(Buffer.from(raw).toString("latin1")) ?? [];
  const parts = Buffer.from(raw).toString("latin1").split(`\r\n--${boundary}`).slice(1, -1);
  const shown = parts.map((part) => {
    if (part.includes(partTypes.body)) return new TextDecoder().decode(opened.payload);
    if (!part.includes("text/html")) return "";
    return Buffer.from(part.slice(part.indexOf("\r\n\r\n")), "base64").toString();
  });
  return shown.join("");
}

/** The header section and what follows it, each field in one string with its folded lines. */
function halves(raw: Uint8Array): { readonly fields: readonly string[]; readonly body: string } {
  const text = Buffer.from(raw).toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  return { fields: text.slice(0, end).split(/\r\n(?![ \t])/), body: text.slice(end) };
}

/** The copy of a list server that puts resealed parts into the mail that it was sent, and keeps all that it does not replace. */
export function passedOn(submission: Uint8Array, resealed: SealedMessage, list: string): Uint8Array {
  const own = halves(
    writeSubmission({
      from: { address: parseAddress(list) },
      list: parseAddress(list),
      date: new Date(),
      messageId: "<unused@lists.example>",
      references: [],
      sealed: resealed,
    }),
  );
  const replaced = /^(content-type|from):/i;
  const fields = [
    ...halves(submission).fields.filter((field) => !replaced.test(field)),
    ...own.fields.filter((field) => replaced.test(field)),
  ];
  return Buffer.from(fields.join("\r\n") + own.body, "latin1");
}

/** Where a mail program sends an answer (RFC 5322, 3.6.2). */
export async function answersGoTo(raw: Uint8Array): Promise<readonly string[]> {
  const { replyTo, from } = await PostalMime.parse(raw);
  const named: readonly Address[] = replyTo ?? (from === undefined ? [] : [from]);
  return named.flatMap(({ address }) => address ?? []);
}
