/** Text outside ASCII in header fields: encoded-words (RFC 2047), written as UTF-8 and read in any charset. */

/** RFC 2047, 2: an encoded-word has at most 75 characters. `=?UTF-8?B?` and `?=` take 12; 45 bytes make 60. */
const ENCODED_WORD_BYTES = 45;

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

function bytesOfWord(encoding: string, data: string): Uint8Array | undefined {
  if (encoding === "b") {
    try {
      return Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    } catch {
      return undefined;
    }
  }
  const raw = data
    .replace(/_/g, " ")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
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
  return text.replace(run, (words) => {
    let out = "";
    let pending: { charset: string; bytes: number[] } | undefined;
    const flush = () => {
      if (pending !== undefined) {
        out += new TextDecoder(pending.charset).decode(Uint8Array.from(pending.bytes));
      }
      pending = undefined;
    };
    try {
      for (const word of words.split(/\s+/)) {
        const [, label = "", encoding = "", data = ""] = word.split("?");
        const charset = label.replace(/\*.*$/, "").toLowerCase();
        const bytes = bytesOfWord(encoding.toLowerCase(), data);
        if (bytes === undefined) return words;
        if (pending !== undefined && pending.charset !== charset) flush();
        pending ??= { charset, bytes: [] };
        for (const byte of bytes) pending.bytes.push(byte);
      }
      flush();
      return out;
    } catch {
      return words; // TextDecoder doesn't know the charset
    }
  });
}
