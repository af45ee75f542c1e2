/**
 * Parses a mail with large base64 parts without taking them through the parser.
 *
 * postal-mime (4.0.0) makes strings and copies of every line: for 25 MB five times that, and a second. So long runs of
 * base64 lines are cut out, a line of random octets stands for each while the parser works, and where it turns up in a
 * decoded part, the run, decoded straight into one buffer, takes its place.
 *
 * The result is the parser's own in every case: a run is cut out only if it consists of whole lines of base64 characters,
 * which no structure of a mail does, and if its stand-in does not turn up decoded, exactly once (the lines were no
 * base64 part, or their groups of four began elsewhere), the whole mail is parsed as it came.
 */
import PostalMime, { type Email, type PostalMimeOptions } from "postal-mime";

const CR = 0x0d;
const LF = 0x0a;
/** Runs shorter than this are the parser's. */
const MIN_RUN_OCTETS = 256 * 1024;
/** As many as a line of base64 holds (RFC 2045, 6.8). 456 random bits are in no mail by chance. */
const STAND_IN_OCTETS = 57;
const NOT_BASE64 = 0x80;

const values = new Uint8Array(256).fill(NOT_BASE64);
for (const [value, character] of [
  ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
].entries()) {
  values[character.charCodeAt(0)] = value;
}

/** Whole lines of one length, from `start` to before `end`, CR LF included. */
interface Run {
  readonly start: number;
  readonly end: number;
  /** Characters of a line, a multiple of four. */
  readonly width: number;
}

/** A run that was cut out. */
interface Cut extends Run {
  readonly standIn: Uint8Array;
}

/** As `PostalMime.parse`, with attachments as octets. @throws what postal-mime throws */
export async function parseMail(
  raw: Uint8Array,
  options: Omit<PostalMimeOptions, "attachmentEncoding">,
): Promise<Email> {
  const all: PostalMimeOptions = { ...options, attachmentEncoding: "arraybuffer" };
  const cuts = runsOf(raw).map((run): Cut => ({ ...run, standIn: randomLine() }));
  if (cuts.length > 0) {
    const email = await PostalMime.parse(without(raw, cuts), all);
    if (putBack(email, raw, cuts)) return email;
  }
  return PostalMime.parse(raw, all);
}

const randomLine = (): Uint8Array => crypto.getRandomValues(new Uint8Array(STAND_IN_OCTETS));

/** Long sequences of lines of one length that could be base64. What is in them is looked at when they are decoded. */
function runsOf(raw: Uint8Array): readonly Run[] {
  const runs: Run[] = [];
  let start = 0;
  let width = -1;
  let line = 0;
  const close = () => {
    if (line - start >= MIN_RUN_OCTETS && width > 0 && width % 4 === 0)
      runs.push({ start, end: line, width });
  };
  for (let end = raw.indexOf(LF); end !== -1; end = raw.indexOf(LF, line)) {
    const characters = raw[end - 1] === CR ? end - 1 - line : -1;
    if (characters !== width) {
      close();
      start = line;
      width = characters;
    }
    line = end + 1;
  }
  close();
  return runs;
}

/** The mail with a line in place of each cut. */
function without(raw: Uint8Array, cuts: readonly Cut[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, standIn } of cuts) {
    const line = `${btoa(String.fromCharCode(...standIn))}\r\n`;
    pieces.push(raw.subarray(at, start), new TextEncoder().encode(line));
    at = end;
  }
  return joined([...pieces, raw.subarray(at)]);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Puts every cut into the one attachment that holds its stand-in. False if that can't be done; then nothing counts. */
function putBack(email: Email, raw: Uint8Array, cuts: readonly Cut[]): boolean {
  let left = cuts;
  for (const attachment of email.attachments) {
    const { content } = attachment;
    if (typeof content === "string") continue;
    const small = new Uint8Array(content);
    const here = left
      .map((cut) => ({ cut, at: find(small, cut.standIn) }))
      .filter(({ at }) => at !== -1)
      .sort((one, other) => one.at - other.at);
    if (here.length === 0) continue;
    const whole = new Uint8Array(
      here.reduce((sum, { cut }) => sum + octetsIn(cut) - STAND_IN_OCTETS, small.length),
    );
    let from = 0;
    let to = 0;
    for (const { cut, at } of here) {
      whole.set(small.subarray(from, at), to);
      to += at - from;
      if (!decode(raw, cut, whole, to)) return false;
      to += octetsIn(cut);
      from = at + STAND_IN_OCTETS;
    }
    whole.set(small.subarray(from), to);
    attachment.content = whole.buffer;
    left = left.filter((cut) => !here.some((found) => found.cut === cut));
  }
  return left.length === 0;
}

const octetsIn = ({ start, end, width }: Run): number => ((end - start) / (width + 2)) * (width / 4) * 3;

/** Decodes a run into `out`. False if a character is none of base64. */
function decode(raw: Uint8Array, { start, end, width }: Run, out: Uint8Array, to: number): boolean {
  const value = (at: number): number => values[raw[at] ?? 0] ?? NOT_BASE64;
  let write = to;
  let seen = 0;
  for (let line = start; line < end; line += width + 2) {
    for (let at = line; at < line + width; at += 4) {
      const [a, b, c, d] = [value(at), value(at + 1), value(at + 2), value(at + 3)];
      seen |= a | b | c | d;
      out[write] = (a << 2) | (b >> 4);
      out[write + 1] = (b << 4) | (c >> 2);
      out[write + 2] = (c << 6) | d;
      write += 3;
    }
  }
  return (seen & NOT_BASE64) === 0;
}

/** Where `part` begins in `whole`, or -1. */
function find(whole: Uint8Array, part: Uint8Array): number {
  const first = part[0] ?? 0;
  for (let at = whole.indexOf(first); at !== -1; at = whole.indexOf(first, at + 1)) {
    if (part.every((octet, i) => whole[at + i] === octet)) return at;
  }
  return -1;
}
