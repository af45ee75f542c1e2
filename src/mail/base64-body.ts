/**
 * Decodes the base64 body of a MIME part (RFC 2045, 6.8) by native means, in slices.
 *
 * Strict where a MIME parser is lenient: what is not plain base64 from beginning to end is nothing for this file. Whoever
 * calls it has the parser for that.
 */

/** Octets of base64 that are text at one time. */
const SLICE = 1 << 20;

/** What engines since 2025 have (ECMA-262, Uint8Array from base64); Node 20 doesn't. */
interface NativeTarget {
  setFromBase64(
    text: string,
    options: { readonly lastChunkHandling: "strict" | "stop-before-partial" },
  ): { readonly read: number; readonly written: number };
}

function isNative(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> & NativeTarget {
  return "setFromBase64" in bytes;
}

/** Decodes as much of `text` as makes whole groups into `target`. Throws for what is not base64. */
type Decode = (
  text: string,
  target: Uint8Array<ArrayBuffer>,
  last: boolean,
) => { readonly rest: string; readonly written: number };

const decodeNatively: Decode = (text, target, last) => {
  if (!isNative(target)) throw new Error("no native base64");
  const { read, written } = target.setFromBase64(text, {
    lastChunkHandling: last ? "strict" : "stop-before-partial",
  });
  return { rest: text.slice(read), written };
};

const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/** With `Buffer` where it is, or `atob`: neither is strict in all points. */
const decodeOtherwise: Decode = (text, target, last) => {
  const all = text.replace(/[\t\n\f\r ]+/g, "");
  const whole = all.slice(0, all.length - (all.length % 4));
  if (!alphabet.test(whole) || (last && whole !== all)) throw new Error("not base64");
  const bytes =
    typeof Buffer === "undefined"
      ? Uint8Array.from(atob(whole), (character) => character.charCodeAt(0))
      : Buffer.from(whole, "base64");
  target.set(bytes);
  const rest = all.slice(whole.length);
  // padding ends the text; whatever follows it is another
  if (whole.endsWith("=") && rest !== "") throw new Error("base64 after its padding");
  return { rest, written: bytes.length };
};

/**
 * The octets of a base64 body, or undefined if it is not base64 in full groups with nothing but white space between.
 * The result is a view on a slightly larger buffer: how many line ends there are is known only in the end.
 */
export function decodeBase64Body(body: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const decoder = new TextDecoder("latin1");
  const out = new Uint8Array(Math.ceil(body.length / 4) * 3);
  const decode = isNative(out) ? decodeNatively : decodeOtherwise;
  let written = 0;
  let rest = "";
  let padded = false;
  for (let from = 0; from < body.length; from += SLICE) {
    const slice = rest + decoder.decode(body.subarray(from, from + SLICE));
    const last = from + SLICE >= body.length;
    if (padded && slice.trim() !== "") return undefined;
    try {
      const done = decode(slice, out.subarray(written), last);
      padded ||= done.rest.trim() === "" && slice.trimEnd().endsWith("=");
      rest = done.rest;
      written += done.written;
    } catch {
      return undefined;
    }
  }
  return out.subarray(0, written);
}
