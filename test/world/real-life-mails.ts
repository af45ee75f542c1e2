import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type HeaderField, writeFields } from "../../src/mail/mime.js";

/** Mails as the mail programs of other people write them, without the fields that are of one sending alone. Made for this. */
const FOLDER = fileURLToPath(new URL("../mails/", import.meta.url));

/** Their names. */
export const realLifeMails: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".eml"))
  .map((file) => file.slice(0, -".eml".length))
  .toSorted();

/** Octets as characters: a mail may hold any. */
const ofOctets = (octets: string): Uint8Array => new Uint8Array(Buffer.from(octets, "latin1"));

/** One of them, its lines as on the wire: its header and its body. */
function read(name: string): { readonly header: string; readonly body: string } {
  const mail = readFileSync(`${FOLDER}${name}.eml`, "latin1").replace(/\r?\n/g, "\r\n");
  const end = mail.indexOf("\r\n\r\n");
  return { header: mail.slice(0, end + 2), body: mail.slice(end + 4) };
}

/** The mail as it goes out in clear. @param fields From, To, Date and Message-ID */
export function clearMail(name: string, fields: readonly HeaderField[]): Uint8Array {
  const { header, body } = read(name);
  return ofOctets(`${octetsOf(fields)}${header}\r\n${body}`);
}

const octetsOf = (fields: readonly HeaderField[]) => Buffer.from(writeFields(fields)).toString("latin1");

/**
 * The mail as a payload: its parts, untouched, beside its author's certificate.
 * @param fields From, To, Date and Message-ID, and the HP-Outer fields
 */
export function payloadOf(name: string, fields: readonly HeaderField[], certificate: Uint8Array): Uint8Array {
  const { header, body } = read(name);
  const isOfPart = (field: string) => /^(?:content-|mime-version:)/i.test(field);
  const lines = header.split(/\r\n(?![ \t])/).filter((field) => field !== "");
  const of = (some: readonly string[]) => some.map((field) => `${field}\r\n`).join("");
  const boundary = `payload-${name}`;
  return ofOctets(
    `${octetsOf(fields)}${of(lines.filter((field) => !isOfPart(field)))}MIME-Version: 1.0\r\n` +
      `Content-Type: multipart/mixed; hp="cipher"; boundary="${boundary}"\r\n\r\n` +
      `--${boundary}\r\n${of(lines.filter(isOfPart))}\r\n${body}\r\n` +
      `--${boundary}\r\nContent-Type: application/vnd.listseal.author\r\nContent-Disposition: inline\r\n` +
      `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from(certificate).toString("base64")}\r\n--${boundary}--\r\n`,
  );
}
