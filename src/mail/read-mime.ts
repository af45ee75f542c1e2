/**
 * Reads MIME: postal-mime, without its work on large attachments.
 *
 * postal-mime goes through a mail octet by octet: 4.5 s for 25 MB where JavaScript is not compiled (Debian's Thunderbird).
 * So the large base64 bodies are taken out first and decoded natively, and postal-mime parses the mail with a few random
 * octets in the place of each. What it then says is an attachment of just these octets was that body, whatever stands
 * around it: which part is what stays postal-mime's decision alone. If it finds them anywhere else (the body of a text, a
 * part within an attached mail, another transfer encoding), the mail is parsed again as it came.
 */
import PostalMime, { type Email, type PostalMimeOptions } from "postal-mime";
import { decodeBase64Body } from "./base64-body.js";

/** Bodies below this are left to postal-mime. */
const LARGE = 128 * 1024;
/** Hyphens that are looked at, in search of boundaries. Base64 has none; a mail that is full of them is not hurried. */
const MAX_HYPHENS = 20_000;
/** Within so many octets after a boundary the part's header has to end. */
const MAX_PART_HEADER = 16 * 1024;
const STAND_IN = 48;

const [LF, CR, HYPHEN] = [0x0a, 0x0d, 0x2d];

/** Where a body stands. */
export interface Body {
  readonly start: number;
  /** Just past the line end before the next boundary. */
  readonly end: number;
}

/** Where a large body may be: from an empty line to the line that begins with two hyphens. */
function largeBodies(raw: Uint8Array): readonly Body[] {
  const found: Body[] = [];
  let segment = 0;
  const look = (end: number) => {
    if (end - segment < LARGE) return;
    const start = endOfHeader(raw, segment);
    if (start !== undefined && end - start >= LARGE) found.push({ start, end });
  };
  let hyphen = raw.indexOf(HYPHEN);
  for (let seen = 0; hyphen >= 0 && seen < MAX_HYPHENS; seen++) {
    if (raw[hyphen - 1] === LF && raw[hyphen + 1] === HYPHEN) {
      look(hyphen);
      segment = hyphen;
    }
    hyphen = raw.indexOf(HYPHEN, hyphen + 1);
  }
  if (hyphen < 0) look(raw.length);
  return found;
}

function endOfHeader(raw: Uint8Array, from: number): number | undefined {
  for (let at = raw.indexOf(LF, from); at >= 0 && at - from < MAX_PART_HEADER; at = raw.indexOf(LF, at + 1)) {
    if (raw[at + 1] === LF) return at + 2;
    if (raw[at + 1] === CR && raw[at + 2] === LF) return at + 3;
  }
  return undefined;
}

/** A large body that was taken out. */
export interface Decoded {
  readonly body: Body;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What stands in for the body: random, so that no mail can have it in another place. */
  readonly standIn: Uint8Array;
}

/** The large base64 bodies of a mail, decoded; none of a small mail. */
export function decodeLarge(raw: Uint8Array): readonly Decoded[] {
  if (raw.length < LARGE) return [];
  return largeBodies(raw).flatMap((body) => {
    const bytes = decodeBase64Body(raw.subarray(body.start, body.end));
    const standIn = crypto.getRandomValues(new Uint8Array(STAND_IN));
    return bytes === undefined ? [] : [{ body, bytes, standIn }];
  });
}

/** The mail with stand-ins in the place of those bodies. */
export function hollowed(raw: Uint8Array, decoded: readonly Decoded[]): Uint8Array {
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { body, standIn } of decoded) {
    pieces.push(raw.subarray(at, body.start), encoder.encode(`${btoa(String.fromCharCode(...standIn))}\r\n`));
    at = body.end;
  }
  pieces.push(raw.subarray(at));
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let written = 0;
  for (const piece of pieces) {
    out.set(piece, written);
    written += piece.length;
  }
  return out;
}

/** Whether a part's octets are this stand-in and nothing else. */
export function isStandIn(octets: Uint8Array, standIn: Uint8Array): boolean {
  return octets.length === STAND_IN && standIn.every((octet, i) => octet === octets[i]);
}

/** Puts the bodies into the attachments that hold their stand-ins; false if one has no attachment, or more than one. */
function fill(email: Email, decoded: readonly Decoded[]): boolean {
  return decoded.every(({ bytes, standIn }) => {
    const places = email.attachments.filter(
      ({ content }) => typeof content !== "string" && isStandIn(new Uint8Array(content), standIn),
    );
    const [place, more] = places;
    if (place === undefined || more !== undefined) return false;
    place.content = bytes;
    return true;
  });
}

/**
 * What `PostalMime.parse` gives for `raw`, with `options`; the contents of attachments as octets.
 *
 * @throws what postal-mime throws, for mails beyond the limits in `options`
 */
export async function readMime(
  raw: Uint8Array,
  options: Omit<PostalMimeOptions, "attachmentEncoding">,
): Promise<Email> {
  const all: PostalMimeOptions = { ...options, attachmentEncoding: "arraybuffer" };
  const decoded = decodeLarge(raw);
  if (decoded.length === 0) return PostalMime.parse(raw, all);
  const email = await PostalMime.parse(hollowed(raw, decoded), all);
  return fill(email, decoded) ? email : PostalMime.parse(raw, all);
}
