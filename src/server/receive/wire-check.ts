/**
 * Looks at a mail as bytes before any parser does: what no honest mail program sends is refused here.
 *
 * One look at each octet, while they arrive: at no moment is more than what one read of a socket brought looked at in one go,
 * so that nobody else waits for it, and what is refused is not kept.
 */
import {
  MAX_HEADER_BYTES,
  MAX_HEADER_LINES,
  MAX_HYPHEN_LINES,
  MAX_LINES,
  MAX_RECEIVED,
} from "../base/limits.js";
import { barelyEnded, loop, malformed, type Reply, tooManyHeaders, tooManyLines } from "./reply.js";

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;
const HYPHEN = 0x2d;
const receivedField = /^received[ \t:]/i;
const NAME_OCTETS = "received:".length;

/**
 * Counts what a mail is made of.
 *
 * - NUL octets: parsers in C end a string there, so two readers see two mails (RFC 5321, 4.5.2 note).
 * - CR or LF alone: SMTP smuggling; where one server sees a line end and the next does not, a second mail hides.
 * - Headers without end, `Received` without end, lines and boundaries without end: limits.ts.
 */
export class WireCheck {
  #fault: Reply | undefined;
  /** The octet before. */
  #before = NUL;
  /** Octets of the line so far, its end not among them. */
  #length = 0;
  /** The line begins with so many hyphens, as far as two. */
  #hyphens = 0;
  #lines = 0;
  #hyphenLines = 0;
  #inHeader = true;
  #headerOctets = 0;
  #received = 0;
  /** What the line begins with, in the header: the name of a field, if it is one that is counted. */
  #name = "";

  /** The reply that refuses what came so far, or `undefined` if its form is good. */
  get fault(): Reply | undefined {
    return this.#fault;
  }

  /** Looks at the next octets. */
  add(octets: Uint8Array): void {
    if (this.#fault !== undefined) return;
    let before = this.#before;
    for (let at = 0; at < octets.length; at++) {
      const octet = octets[at] ?? NUL;
      if (before === CR ? octet !== LF : octet === LF) this.#fault ??= barelyEnded;
      if (octet === NUL) this.#fault ??= malformed;
      before = octet;
      if (octet === LF) this.#endLine();
      else if (octet !== CR) this.#length += 1;
      if (octet === HYPHEN && this.#length <= 2 && this.#hyphens === this.#length - 1) this.#hyphens += 1;
      if (this.#inHeader) this.#takeInHeader(octet);
      if (this.#fault !== undefined) return;
    }
    this.#before = before;
  }

  /** Says that there are no more. */
  end(): Reply | undefined {
    if (this.#before === CR) this.#fault ??= barelyEnded;
    return this.#fault;
  }

  #takeInHeader(octet: number): void {
    this.#headerOctets += 1;
    if (this.#headerOctets > MAX_HEADER_BYTES) this.#fault ??= tooManyHeaders;
    if (octet !== LF && octet !== CR && this.#name.length < NAME_OCTETS) {
      this.#name += String.fromCharCode(octet);
    }
  }

  #endLine(): void {
    this.#lines += 1;
    if (this.#hyphens === 2) this.#hyphenLines += 1;
    if (this.#inHeader) {
      if (receivedField.test(this.#name)) this.#received += 1;
      if (this.#length === 0) this.#inHeader = false;
      else if (this.#lines > MAX_HEADER_LINES) this.#fault ??= tooManyHeaders;
      if (this.#received > MAX_RECEIVED) this.#fault ??= loop;
    }
    if (this.#lines > MAX_LINES || this.#hyphenLines > MAX_HYPHEN_LINES) this.#fault ??= tooManyLines;
    this.#name = "";
    this.#length = 0;
    this.#hyphens = 0;
  }
}
