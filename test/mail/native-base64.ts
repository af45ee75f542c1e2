/**
 * `Uint8Array.prototype.setFromBase64` as ECMA-262 describes it (FromBase64, with "stop-before-partial"), for Node 20, which has
 * none. Slow and close to the text; `test/e2e/reader.test.ts` compares it with those of the real browsers.
 */

const whiteSpace = /[\t\n\f\r ]/;
const alphabet = /[A-Za-z0-9+/]/;

/** What it read and wrote. */
export interface Decoded {
  readonly read: number;
  readonly written: number;
}

/** Decodes `text` into `target`. @throws SyntaxError for what is no base64 */
export function setFromBase64(target: Uint8Array, text: string): Decoded {
  let [read, written, at] = [0, 0, 0];
  let group = "";
  const skip = () => {
    while (whiteSpace.test(text.charAt(at))) at += 1;
  };
  const put = () => {
    const octets = Buffer.from(group, "base64");
    target.set(octets, written);
    written += octets.length;
    group = "";
  };
  while (written < target.length) {
    skip();
    if (at === text.length) return { read: group === "" ? at : read, written };
    const character = text.charAt(at);
    at += 1;
    if (character === "=") {
      if (group.length < 2) throw new SyntaxError("padding too early");
      skip();
      if (group.length === 2) {
        if (at === text.length) return { read, written };
        if (text.charAt(at) === "=") {
          at += 1;
          skip();
        }
      }
      if (at < text.length) throw new SyntaxError("something behind the padding");
      put();
      return { read: at, written };
    }
    if (!alphabet.test(character)) throw new SyntaxError("no base64");
    const room = target.length - written;
    if ((room === 1 && group.length === 2) || (room === 2 && group.length === 3)) return { read, written };
    group += character;
    if (group.length < 4) continue;
    put();
    read = at;
  }
  return { read, written };
}

/** Texts to compare decoders with: every short one of a few characters of each kind. */
export function shortTexts(): readonly string[] {
  const characters = ["A", "9", "/", "=", " ", "\n", "!", "\u20ac"];
  const texts = [""];
  for (let from = 0, length = 0; length < 5; length++) {
    const end = texts.length;
    for (; from < end; from++) texts.push(...characters.map((one) => (texts[from] ?? "") + one));
  }
  return texts;
}
