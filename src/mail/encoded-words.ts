/** Text outside ASCII in header fields: encoded-words (RFC 2047), written as UTF-8 and read in any charset. */
import { octetOfForeign, withForeignLetters } from "./foreign-octets.js";

/**
 * RFC 2047, 2: an encoded-word has at most 75 characters, and a line with one at most 76, the field's name included.
 * `=?UTF-8?B?` and `?=` take 12 and 39 bytes make 52, which leaves room for `Subject: `.
 */
const ENCODED_WORD_BYTES = 39;

/**
 * Text as encoded-words of UTF-8 in base64, separated by spaces so that a header writer can fold there (RFC 2047).
 * ASCII on one line; characters are never split over two words.
 */
export function encodeWords(text: string): string {
  const encoder = new TextEncoder();
  const words: string[] = [];
  let chunk = "";
  const flush = () => {
    if (chunk !== "") words.push(`=?UTF-8?B?${btoa(String.fromCharCode(...encoder.encode(chunk)))}?=`);
    chunk = "";
  };
  // RFC 2047, 5: a character is never split over two words
  for (const character of text) {
    if (encoder.encode(chunk + character).length > ENCODED_WORD_BYTES) flush();
    chunk += character;
  }
  flush();
  return words.join(" ");
}

function bytesOfWord(encoding: string, data: string): readonly number[] | undefined {
  if (encoding === "b") {
    try {
      return Array.from(atob(data), (c) => c.charCodeAt(0));
    } catch {
      return undefined;
    }
  }
  return (data.match(/=[0-9A-Fa-f]{2}|./gsu) ?? []).flatMap((piece) => {
    if (piece === "_") return [0x20];
    if (piece.length === 3 && piece.startsWith("=")) return [Number.parseInt(piece.slice(1), 16)];
    // QUIRK: writers leave octets outside ASCII as they are, in the word's charset
    const octet = octetOfForeign(piece);
    return octet === undefined ? [...new TextEncoder().encode(piece)] : [octet];
  });
}

/**
 * Text with its encoded-words read (RFC 2047; the language suffix of RFC 2231, 5 is dropped). A word that can't
 * be read stays as it is.
 *
 * QUIRK: many writers split a character over two words of one charset (seen with ISO-2022-JP and UTF-8), so the
 * bytes of neighbours are joined before they are decoded.
 */
export function decodeWords(text: string): string {
  const run = /=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=(?:\s+=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=)*/g;
  // a word can hold the very characters that stand for octets: only what is around them is changed
  const bare = text.split(run).map(withForeignLetters);
  const words = text.match(run) ?? [];
  return bare.map((piece, at) => piece + readWords(words[at] ?? "")).join("");
}

/** Neighbouring encoded-words; as they stand there if they can't be read. */
function readWords(words: string): string {
  if (words === "") return "";
  const runs: { readonly charset: string; readonly words: (readonly number[])[] }[] = [];
  for (const word of words.split(/\s+/)) {
    const [, label = "", encoding = "", data = ""] = word.split("?");
    const charset = label.replace(/\*.*$/, "").toLowerCase();
    const bytes = bytesOfWord(encoding.toLowerCase(), data);
    if (bytes === undefined) return withForeignLetters(words);
    const last = runs.at(-1);
    if (last?.charset === charset) last.words.push(bytes);
    else runs.push({ charset, words: [bytes] });
  }
  try {
    return runs.map((run) => decodeRun(run.charset, run.words)).join("");
  } catch {
    return withForeignLetters(words); // TextDecoder doesn't know the charset
  }
}

/**
 * Words of one charset, together; apart, if they are each whole.
 * QUIRK: ISO-2022-JP goes back to ASCII at the end of a word and out of it again at the start of the next, which is an error to a
 * TextDecoder (WHATWG Encoding, 12.2.1).
 */
function decodeRun(charset: string, words: readonly (readonly number[])[]): string {
  const decode = (bytes: readonly number[]) => new TextDecoder(charset).decode(Uint8Array.from(bytes));
  const together = decode(words.flat());
  if (!together.includes("\ufffd")) return together;
  const apart = words.map(decode).join("");
  return apart.includes("\ufffd") ? together : apart;
}
