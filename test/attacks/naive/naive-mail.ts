/** A mail program that opens whatever it finds, wherever it stands, and shows it together with what stands around it. */
import PostalMime from "postal-mime";
import { partTypes } from "../../../src/mail/part-types.js";
import { fromParts } from "../../../src/mail/sealed-mail.js";
import { type MemberKeys, openPost, type SealedMessage } from "../../../src/protocol/index.js";
import type { ClaimedAuthor } from "../../../src/protocol/open.js";

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
