/**
 * Decoding of base64 (RFC 4648, 4) with white space in it, as a program for the assembler beside it. `make.ts` writes the
 * module into the source tree.
 *
 * A group of four characters is three octets. What each character adds to them is looked up in a table of its place in the
 * group; the sum is a word whose lowest three octets are the decoded ones, in their order. Characters that are none of the
 * alphabet have a bit above these, so that one comparison tells of all four.
 */
import {
  add,
  and,
  assemble,
  type Code,
  constant,
  equal,
  get,
  less,
  load8,
  load32,
  local,
  notEqual,
  or,
  repeatWhile,
  set,
  shiftLeft,
  shiftRight,
  store32,
  subtract,
  when,
} from "./assembler.js";

const TABLES = 0;
const TABLE_BYTES = 1024;
/** How many characters were taken, and how many octets made of them, as two words. */
const RESULT = 4096;
/** The text. `src/mail/base64-body.ts` knows these numbers. */
const TEXT = 8192;
const TEXT_BYTES = 65_536;
/** Behind the text are four octets that end it. */
const DECODED = TEXT + TEXT_BYTES + 16;
const PAGES = 2;

const WHITE = 1 << 24;
const OTHER = 1 << 25;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const white = "\t\n\f\r ";

/** Of each character: its six bits, or that it is white space or another. */
const SIX = RESULT + 16;
const NO_SIX = { white: 64, other: 128 } as const;

function sixes(): Code {
  return Array.from({ length: 256 }, (_, code) => {
    const character = String.fromCharCode(code);
    const six = alphabet.indexOf(character);
    return six >= 0 ? six : white.includes(character) ? NO_SIX.white : NO_SIX.other;
  });
}

/** Fills the four tables when the module starts. */
function makeTables(): readonly Code[] {
  const [character, six] = [local(0), local(1)];
  const at = shiftLeft(get(character), constant(2));
  const bits = (from: number, mask: number, to: number) =>
    shiftLeft(and(shiftRight(get(six), constant(from)), constant(mask)), constant(to));
  /** What six bits add to the octets of their group, by their place in it. */
  const places = [
    bits(0, 63, 2),
    or(bits(4, 3, 0), bits(0, 15, 12)),
    or(bits(2, 15, 8), bits(0, 3, 22)),
    bits(0, 63, 16),
  ];
  const inAll = (word: (place: number) => Code) =>
    places.map((_, place) => store32(at, TABLES + place * TABLE_BYTES, word(place)));
  return [
    repeatWhile(less(get(character), constant(256)), [
      set(six, load8(get(character), SIX)),
      ...inAll((place) => places[place] ?? constant(OTHER)),
      when(
        equal(get(six), constant(NO_SIX.white)),
        inAll(() => constant(WHITE)),
      ),
      when(
        equal(get(six), constant(NO_SIX.other)),
        inAll(() => constant(OTHER)),
      ),
      set(character, add(get(character), constant(1))),
    ]),
  ];
}

/**
 * Decodes as many whole groups as there are in the `octets` characters at TEXT, up to the first character that is neither of
 * the alphabet nor white space. What is left begins with the white space before an unfinished group.
 */
function decode(): readonly Code[] {
  const [octets, at, out, word] = [local(0), local(1), local(2), local(3)];
  const [next, table, entry, kind] = [local(4), local(5), local(6), local(7)];
  const lookedUp = (place: number) =>
    load32(shiftLeft(load8(get(at), place), constant(2)), TABLES + place * TABLE_BYTES);
  const group = or(or(lookedUp(0), lookedUp(1)), or(lookedUp(2), lookedUp(3)));
  const put = [store32(get(out), 0, get(word)), set(out, add(get(out), constant(3)))];
  return [
    set(at, constant(TEXT)),
    set(out, constant(DECODED)),
    // a zero is none of the alphabet: neither loop needs to look where the text ends
    store32(add(get(octets), constant(TEXT)), 0, constant(0)),
    repeatWhile(notEqual(get(kind), constant(OTHER)), [
      set(word, group),
      when(less(get(word), constant(WHITE)), [
        repeatWhile(less(get(word), constant(WHITE)), [
          ...put,
          set(at, add(get(at), constant(4))),
          set(word, group),
        ]),
      ]),
      // a group with something before or in it: character by character
      set(next, get(at)),
      set(table, constant(TABLES)),
      set(word, constant(0)),
      repeatWhile(
        and(notEqual(get(kind), constant(OTHER)), less(get(table), constant(TABLES + 4 * TABLE_BYTES))),
        [
          set(entry, shiftLeft(load8(get(next), 0), constant(2))),
          set(kind, and(load32(get(entry), TABLES), constant(WHITE | OTHER))),
          when(equal(get(kind), constant(0)), [
            set(word, or(get(word), load32(add(get(table), get(entry)), 0))),
            set(table, add(get(table), constant(TABLE_BYTES))),
          ]),
          set(next, add(get(next), constant(1))),
        ],
      ),
      when(notEqual(get(kind), constant(OTHER)), [...put, set(at, get(next))]),
    ]),
    store32(constant(RESULT), 0, subtract(get(at), constant(TEXT))),
    store32(constant(RESULT), 4, subtract(get(out), constant(DECODED))),
  ];
}

/** The module's bytes. The same on every machine: nothing but this file and the assembler goes into them. */
export function base64Module(): Uint8Array<ArrayBuffer> {
  return assemble(
    [
      { parameters: 0, locals: 2, body: makeTables() },
      { name: "decode", parameters: 1, locals: 7, body: decode() },
    ],
    { at: SIX, octets: sixes() },
    PAGES,
  );
}
