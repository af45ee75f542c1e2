/** Mails of 50 MiB that were made to keep parsers busy, for any address of a list. */
import { MAX_LINES, MAX_MAIL_BYTES } from "../../src/server/base/limits.js";

const HEADER = `From: alice@people.test\r\nMIME-Version: 1.0\r\n`;
/** As many octets as are taken, dots and the end included. */
const ROOM = MAX_MAIL_BYTES - 4096;
/** Lines as short as they may be, if there are as many as fit. */
const SHORTEST = Math.ceil(ROOM / (MAX_LINES - 100));

const filled = (head: string, line: string) =>
  Buffer.from(`${HEADER}${head}\r\n\r\n${line.repeat(Math.floor(ROOM / line.length))}`, "latin1");
const lineOf = (text: string) => `${text.repeat(Math.ceil(SHORTEST / text.length))}\r\n`;
const coded = (coding: string) => `Content-Type: text/plain\r\nContent-Transfer-Encoding: ${coding}`;

/** As many lines of quoted-printable as may be. */
export const quotedPrintable = () => filled(coded("quoted-printable"), lineOf("=3D"));

/** What they are, and how each is made: from `alice@people.test`, in CR LF lines. */
export const hostileMails: readonly (readonly [name: string, make: () => Buffer])[] = [
  ["nothing but line ends", () => filled("Content-Type: text/plain", "\r\n")],
  ["as many lines of text as may be", () => filled("Content-Type: text/plain", lineOf("a "))],
  ["as many lines of quoted-printable", quotedPrintable],
  ["as many lines of base64", () => filled(coded("base64"), lineOf("QUJD"))],
  [
    "base64 that is none at its end",
    () => Buffer.concat([filled(coded("base64"), lineOf("QUJD")), Buffer.from("!")]),
  ],
  ["HTML of opened tags", () => filled("Content-Type: text/html", lineOf("<"))],
  ["one line", () => filled("Content-Type: text/html", "<".repeat(ROOM))],
  ["lines with hyphens", () => filled("Content-Type: text/plain", lineOf("-a"))],
  ["parts of a few octets", () => filled('Content-Type: multipart/mixed; boundary="b"', "--b\r\n\r\na\r\n")],
  ["a mail in a mail", () => filled("Content-Type: message/rfc822", lineOf("A: b"))],
];
