/** Opens a mail or reads a letter with the product's own code. */

import { readMail } from "../../src/extension/worker/read-mail.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { remarksOn } from "../../src/mail/outer-header.js";
import { type Letter, readPayload } from "../../src/mail/payload.js";
import { partsOfMail, readReceived } from "../../src/mail/received.js";
import { draftType } from "../../src/mail/sealed-draft.js";
import { fromParts, readSealedMail } from "../../src/mail/sealed-mail.js";
import { authorOfLetter } from "../../src/membership/introduction/letter-author.js";
import { ListSealError, type Profile } from "../../src/protocol/index.js";
import { openOwn } from "../../src/protocol/own-seal.js";
import { LIST, NOW } from "./cast.js";
import type { Facts } from "./mail-format.js";
import { type About, castOf, openForReader, openVector, originOf } from "./open-vector.js";

const profileOf = (facts: Facts): Profile => (facts["profile"] === "rfc9580" ? "rfc9580" : "compatible");

/** Who opens a mail, and with what. */
export const aboutOf = (facts: Facts, role: About["role"]): About => ({
  role,
  profile: profileOf(facts),
  ...(facts["shared"] === undefined ? {} : { shared: facts["shared"] }),
  ...(facts["keys"] === undefined ? {} : { keys: facts["keys"] }),
});

/** A refusal as its code. */
export async function coded(work: () => Promise<Facts>): Promise<Facts> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ListSealError) return { expect: error.code };
    throw error;
  }
}

/** What comes of a mail that the server gets, or a reader, or that lies among an author's drafts. */
export function openMail(facts: Facts, raw: Uint8Array): Promise<Facts> {
  return coded(async () => {
    if (facts["role"] === "server") return atServer(facts, raw);
    if (facts["role"] === "draft") return asDraft(facts, raw);
    return byReader(facts, raw);
  });
}

async function atServer(facts: Facts, raw: Uint8Array): Promise<Facts> {
  const read = await readSealedMail(raw);
  if (read.kind === "not-sealed") return { expect: "not-sealed" };
  const { result } = await openVector(aboutOf(facts, "server"), read.sealed);
  if (result !== "opened") return { expect: result };
  return {
    expect: result,
    sender: read.from.address,
    mode: read.sealed.mode,
    ...(read.inReplyTo === undefined ? {} : { "in-reply-to": read.inReplyTo }),
    ...(read.references.length === 0 ? {} : { references: read.references.join(" ") }),
    ...(read.author === undefined ? {} : { certificate: "yes" }),
  };
}

async function byReader(facts: Facts, raw: Uint8Array): Promise<Facts> {
  const read = await readMail({ raw });
  if (read.kind !== "sealed") return { expect: "not-sealed" };
  const { shell } = read;
  try {
    const sealed = fromParts(read.parts);
    if ("kind" in sealed) return { expect: "not-sealed" };
    const opened = await openForReader(aboutOf(facts, "member"), sealed);
    if (opened.kind === "not-for-me") return { expect: "not-for-me", shell };
    const letter = await readPayload(opened.payload);
    const { passage } = opened;
    const outer = read.outer ?? { subject: null, from: null, date: null, received: null };
    const remarks = remarksOn(outer, {
      list: parseAddress(LIST),
      author: letter.from.address,
      names: [letter.from.name ?? ""],
      subject: letter.subject,
      signedAt: "roster" in passage ? passage.signedAt : opened.signedAt,
    });
    return {
      expect: "opened",
      // a list signature beside a message that has its own is a part that the seals don't need
      shell: opened.hasStraySignature ? "elsewhere" : shell,
      origin: originOf(opened),
      // in a foreign shell nothing else is to be expected, and that is said already
      ...(remarks.length === 0 || shell === "elsewhere" ? {} : { remarks: remarks.join(" ") }),
    };
  } catch (error) {
    if (error instanceof ListSealError) return { expect: error.code, shell };
    throw error;
  }
}

async function asDraft(facts: Facts, raw: Uint8Array): Promise<Facts> {
  const [part, another] = partsOfMail(await readReceived(raw, 16)).filter(({ type }) => type === draftType);
  if (part === undefined || another !== undefined) return { expect: "not-sealed" };
  const { alice } = await castOf(aboutOf(facts, "author"));
  const payload = await openOwn("draft", part.bytes, [alice], NOW);
  if (payload === "not-for-me") return { expect: "not-for-me" };
  const letter = await readPayload(payload);
  return { expect: "opened", subject: letter.subject };
}

const addresses = (mailboxes: Letter["to"]) => mailboxes.map(({ address }) => address).join(" ");

/** What comes of reading a letter: its header fields, its text, and whether it may be from whom it says. */
export function openLetter(about: Facts, raw: Uint8Array): Promise<Facts> {
  return coded(async () => {
    const letter = await readPayload(raw);
    const author = await authorOfLetter(letter);
    const facts: Readonly<Record<string, string | undefined>> = {
      author:
        author.fingerprint === (await castOf(aboutOf(about, "author"))).alice.fingerprint
          ? "alice"
          : "somebody",
      name: letter.from.name,
      to: addresses(letter.to),
      cc: addresses(letter.cc),
      subject: letter.subject,
      date: letter.date.toISOString(),
      "message-id": letter.messageId,
      "in-reply-to": letter.inReplyTo,
      references: letter.references.join(" "),
      text: letter.text === undefined ? undefined : JSON.stringify(letter.text.replaceAll("\r\n", "\n")),
      html: letter.html === undefined ? undefined : JSON.stringify(letter.html),
      attachments: letter.attachments
        .map(({ name, type, bytes }) => `${type} ${bytes.length} ${name}`)
        .join("; "),
    };
    const said = Object.entries(facts).filter(([, value]) => value !== undefined && value !== "");
    return { expect: "opened", ...Object.fromEntries(said) };
  });
}
