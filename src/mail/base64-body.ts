/**
 * Decodes the base64 body of a MIME part (RFC 2045, 6.8) by what the engine has: `Buffer` in Node, `setFromBase64` in browsers.
 * That wants a text, which costs as much as the decoding: 25 MB take 100 ms in Debian's Thunderbird. A WebAssembly decoder of our
 * own, which took 40 ms, was not worth keeping for that.
 *
 * Strict where a MIME parser is lenient: what is not plain base64 from beginning to end is nothing for this file. Whoever
 * calls it has the parser for that.
 */
import { nodeCrypto } from "../openpgp/digest.js";

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;
const whiteSpace = /[\t\n\f\r ]+/g;

const latin1 = new TextDecoder("latin1");

/** Octets of base64 that are a text at one time. */
const SLICE = 65_536;
/** Lines without padding: what mail programs write, but for the last line. A pattern that counts to four takes ten times as long. */
const plainLines = /^[A-Za-z0-9+/\r\n]*$/;
/** A rest that is no base64. */
const NOT_BASE64 = "=";

/**
 * The octets of a base64 body, or undefined if it is not base64 in full groups with nothing but white space between.
 * The result is a view on a slightly larger buffer: how many line ends there are is known only in the end.
 */
export function decodeBase64Body(body: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(Math.ceil(body.length / 4) * 3);
  const { rest, written } = nodeCrypto() === undefined ? natively(body, out) : byBuffer(body, out);
  const last = rest.replace(whiteSpace, "");
  if (last.length % 4 !== 0 || !alphabet.test(last)) return undefined;
  const decoded = Uint8Array.from(atob(last), (character) => character.charCodeAt(0));
  out.set(decoded, written);
  return out.subarray(0, written + decoded.length);
}

/** What could not be decoded, and the octets of what could. */
interface Begun {
  readonly rest: string;
  readonly written: number;
}

/** What browsers have since 2025 (ECMA-262, Uint8Array to and from base64). */
interface NativeTarget {
  /** Reads whole groups; white space counts as read. @throws SyntaxError for what is no base64 */
  setFromBase64(
    text: string,
    options: { readonly lastChunkHandling: "stop-before-partial" },
  ): { readonly read: number; readonly written: number };
}

function isNative(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> & NativeTarget {
  return "setFromBase64" in bytes;
}

function natively(body: Uint8Array, out: Uint8Array): Begun {
  let written = 0;
  let rest = "";
  for (let from = 0; from < body.length; from += SLICE) {
    const text = rest + latin1.decode(body.subarray(from, from + SLICE));
    // a padded group is the last: behind it there may be white space
    if (written % 3 !== 0) {
      if (text.replace(whiteSpace, "") !== "") return { rest: NOT_BASE64, written };
      continue;
    }
    const target = out.subarray(written);
    // an older browser: all of it is the rest
    if (!isNative(target)) return { rest: latin1.decode(body), written: 0 };
    try {
      const begun = target.setFromBase64(text, { lastChunkHandling: "stop-before-partial" });
      written += begun.written;
      // a group of which there is a part, without the white space in it, of which there may be megabytes
      rest = text.slice(begun.read).replace(whiteSpace, "");
    } catch {
      return { rest: NOT_BASE64, written };
    }
  }
  return { rest, written };
}

/** Without those that end lines. */
function charactersIn(lines: string): number {
  let count = lines.length;
  for (let at = lines.indexOf("\n"); at >= 0; at = lines.indexOf("\n", at + 1)) count -= 1;
  for (let at = lines.indexOf("\r"); at >= 0; at = lines.indexOf("\r", at + 1)) count -= 1;
  return count;
}

/** `Buffer` is lenient, so what it gets is looked at before. */
function byBuffer(body: Uint8Array, out: Uint8Array): Begun {
  const source = Buffer.from(body.buffer, body.byteOffset, body.length);
  const target = Buffer.from(out.buffer, out.byteOffset, out.length);
  let written = 0;
  let rest = "";
  for (let from = 0; from < body.length; from += SLICE) {
    const text = rest + source.toString("latin1", from, from + SLICE);
    const lines = text.slice(0, text.lastIndexOf("\n") + 1);
    if (plainLines.test(lines) && charactersIn(lines) % 4 === 0) {
      written += target.write(lines, written, "base64");
      rest = text.slice(lines.length);
      continue;
    }
    const characters = text.replace(whiteSpace, "");
    // the last group stays: it may be padded
    const groups = characters.slice(0, Math.max(0, 4 * Math.ceil(characters.length / 4 - 1)));
    if (!alphabet.test(groups) || groups.endsWith("=")) return { rest: NOT_BASE64, written };
    written += target.write(groups, written, "base64");
    rest = characters.slice(groups.length);
  }
  return { rest, written };
}
