/**
 * Looks at a mail as bytes before any parser does: what no honest mail program sends is refused here.
 */
import { MAX_HEADER_BYTES, MAX_HEADER_LINES, MAX_RECEIVED } from "../kept/limits.js";
import { barelyEnded, loop, malformed, type Reply, tooManyHeaders } from "./reply.js";

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;

/**
 * The reply that refuses `raw`, or `undefined` if its form is good.
 *
 * - NUL octets: parsers in C end a string there, so two readers see two mails (RFC 5321, 4.5.2 note).
 * - CR or LF alone: SMTP smuggling; where one server sees a line end and the next does not, a second mail hides.
 * - Headers without end, `Received` without end: limits.ts.
 */
export function faultOf(raw: Uint8Array): Reply | undefined {
  if (raw.includes(NUL)) return malformed;
  if (hasBareLineEnd(raw)) return barelyEnded;
  const header = headerSection(raw);
  if (header === undefined) return tooManyHeaders;
  const names = fieldNames(header);
  if (names.length > MAX_HEADER_LINES) return tooManyHeaders;
  if (names.filter((name) => name === "received").length > MAX_RECEIVED) return loop;
  return undefined;
}

function hasBareLineEnd(raw: Uint8Array): boolean {
  // indexOf is native: a body of 50 MB is searched line by line, not octet by octet
  for (let at = raw.indexOf(LF); at !== -1; at = raw.indexOf(LF, at + 1)) {
    if (raw[at - 1] !== CR) return true;
  }
  for (let at = raw.indexOf(CR); at !== -1; at = raw.indexOf(CR, at + 1)) {
    if (raw[at + 1] !== LF) return true;
  }
  return false;
}

/** The header section, up to the empty line; `undefined` if it is longer than a header may be. */
function headerSection(raw: Uint8Array): string | undefined {
  const head = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, MAX_HEADER_BYTES)).toString(
    "latin1",
  );
  if (head.startsWith("\r\n")) return "";
  const end = head.indexOf("\r\n\r\n");
  if (end !== -1) return head.slice(0, end);
  return raw.length > MAX_HEADER_BYTES ? undefined : head;
}

/** One entry a line: the field's name in lower case, or empty for a continuation. */
function fieldNames(header: string): readonly string[] {
  return header.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return colon === -1 || /^[ \t]/.test(line) ? "" : line.slice(0, colon).trim().toLowerCase();
  });
}
