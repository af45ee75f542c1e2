/**
 * Octets of no known charset in header fields, kept until it is known which charset they are in.
 *
 * postal-mime decodes header lines as UTF-8, and what is not becomes U+FFFD: which octet it was, nobody can say any more. In an
 * encoded word in ISO 8859-1 it is a letter: `=?iso-8859-1?Q?Fr\xf6sche?=`. So such octets pass through it as characters that no
 * mail has, and become letters where words are decoded. As before, none of them is ever part of an address, which is ASCII.
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The characters that stand for octets: those of the encoding x-user-defined (WHATWG Encoding, 14.5). */
const FOREIGN = 0xf700;
const foreignCharacter = /[\uf780-\uf7ff]/g;

/** A header line; if it is not UTF-8, with each octet outside ASCII as the character that stands for it. */
export function withForeignOctets(line: Uint8Array): Uint8Array {
  try {
    strict.decode(line);
    return line;
  } catch {
    const text = Array.from(line, (octet) => String.fromCharCode(octet < 0x80 ? octet : FOREIGN + octet));
    return new TextEncoder().encode(text.join(""));
  }
}

/** The octet that a character stands for; undefined for a character that is none of these. */
export function octetOfForeign(character: string): number | undefined {
  const code = character.charCodeAt(0);
  return code >= FOREIGN + 0x80 && code <= FOREIGN + 0xff ? code - FOREIGN : undefined;
}

/** A header field of no known charset, as most programs write it that write one. */
const western = new TextDecoder("windows-1252");

/** A text with letters for such octets. */
export function withForeignLetters(text: string): string {
  return text.replace(foreignCharacter, (character) => {
    const octet = octetOfForeign(character);
    return octet === undefined ? character : western.decode(Uint8Array.of(octet));
  });
}
