/**
 * AES in CFB mode, decryption only (FIPS 197; NIST SP 800-38A, 6.3, with a segment of a whole block), as a program for the
 * assembler beside it. `make.ts` writes the module into the source tree.
 *
 * CFB decryption enciphers: each block of key stream is AES of the sealed block before it. So the inverse cipher is not
 * here, and the blocks don't wait for each other.
 *
 * The rounds are looked up in four tables of 1 kB (SubBytes, ShiftRows and MixColumns in one; FIPS 197 allows it, every fast
 * AES without hardware does it). What an index is can be seen by whoever measures our processor's cache during the lookups:
 * a program on the same machine, at a moment of its choosing, many times under one key. Here a key seals one message and is
 * used once in the reader's own process; nobody outside can ask for another run. openpgp.js has such tables too.
 */
import {
  add,
  and,
  assemble,
  type Code,
  constant,
  equal,
  get,
  type Local,
  less,
  load8,
  load32,
  more,
  or,
  remainder,
  repeatWhile,
  rotateLeft,
  rotateRight,
  set,
  shiftLeft,
  shiftRight,
  store32,
  subtract,
  times,
  when,
  xor,
} from "./assembler.js";

/** Where things are in the one page of memory. */
const TABLES = 0;
const TABLE_BYTES = 1024;
const SBOX = 4 * TABLE_BYTES;
const ROUND_KEYS = SBOX + 256;
/** Most round keys: 15 of 16 octets (AES-256). */
const LAST_ROUND_KEY = ROUND_KEYS + 15 * 16;
const FEEDBACK = LAST_ROUND_KEY + 16;
/** `key` finds the key here, `decrypt` a piece of data. `src/protocol/cfb/aes-cfb.ts` knows this number. */
const DATA = 8192;

/** x times 2 in AES's field (FIPS 197, 4.2.1). */
const double = (x: number) => ((x << 1) ^ (x & 0x80 ? 0x11b : 0)) & 0xff;

/** FIPS 197, 5.1.1: the inverse in the field, then an affine map. */
function sbox(): Code {
  const product = (x: number, y: number): number =>
    y === 0 ? 0 : (y & 1 ? x : 0) ^ product(double(x), y >> 1);
  const octets = Array.from({ length: 256 }, (_, i) => i);
  return octets.map((x) => {
    const inverse = octets.find((y) => product(x, y) === 1) ?? 0;
    const turned = [0, 1, 2, 3, 4].map((n) => ((inverse << n) | (inverse >> (8 - n))) & 0xff);
    return turned.reduce((sum, each) => sum ^ each, 0x63);
  });
}

const local = (number: number): Local => ({ local: number });
/** The octet of a word with this number; the lowest is 0. */
function octetOf(word: Code, number: number): Code {
  const shifted = number === 0 ? word : shiftRight(word, constant(8 * number));
  return number === 3 ? shifted : and(shifted, constant(255));
}
const substitute = (octet: Code) => load8(octet, SBOX);

/** The octets of `words`, one of each, through the S-box: SubBytes and ShiftRows of one column. */
const substituted = (words: readonly Code[]) =>
  words
    .map((word, row) => shiftLeft(substitute(octetOf(word, row)), constant(8 * row)))
    .reduce((sum, each) => or(sum, each));

/** Fills the four tables from the S-box when the module starts. Table n is table 0 turned by n octets. */
function makeTables(): readonly Code[] {
  const [x, s, s2, word] = [local(0), local(1), local(2), local(3)];
  const at = shiftLeft(get(x), constant(2));
  return [
    repeatWhile(less(get(x), constant(256)), [
      set(s, substitute(get(x))),
      set(s2, xor(shiftLeft(get(s), constant(1)), times(shiftRight(get(s), constant(7)), constant(0x11b)))),
      set(
        word,
        xor(get(s2), times(get(s), constant(0x010100)), shiftLeft(xor(get(s), get(s2)), constant(24))),
      ),
      ...[0, 1, 2, 3].map((n) =>
        store32(at, TABLES + n * TABLE_BYTES, rotateLeft(get(word), constant(8 * n))),
      ),
      set(x, add(get(x), constant(1))),
    ]),
  ];
}

/** KeyExpansion (FIPS 197, 5.2) of the key of `octets` octets at DATA; then the feedback register is zero. */
function expandKey(): readonly Code[] {
  const [octets, words, i, word, rcon, at, end] = [
    local(0),
    local(1),
    local(2),
    local(3),
    local(4),
    local(5),
    local(6),
  ];
  const wordAt = (n: Code) => add(constant(ROUND_KEYS), shiftLeft(n, constant(2)));
  const place = remainder(get(i), get(words));
  const substitutedWord = substituted([get(word), get(word), get(word), get(word)]);
  return [
    set(words, shiftRight(get(octets), constant(2))),
    // rounds are words + 6; a round key is four words, and there is one more than rounds
    set(end, shiftLeft(add(get(words), constant(7)), constant(2))),
    store32(constant(LAST_ROUND_KEY), 0, wordAt(subtract(get(end), constant(4)))),
    set(rcon, constant(1)),
    repeatWhile(less(get(i), get(words)), [
      store32(wordAt(get(i)), 0, load32(shiftLeft(get(i), constant(2)), DATA)),
      set(i, add(get(i), constant(1))),
    ]),
    repeatWhile(less(get(i), get(end)), [
      set(at, wordAt(get(i))),
      set(word, load32(subtract(get(at), constant(4)), 0)),
      when(equal(place, constant(0)), [
        set(word, rotateRight(get(word), constant(8))),
        set(word, xor(substitutedWord, get(rcon))),
        set(
          rcon,
          xor(shiftLeft(get(rcon), constant(1)), times(shiftRight(get(rcon), constant(7)), constant(0x11b))),
        ),
      ]),
      when(and(more(get(words), constant(6)), equal(place, constant(4))), [set(word, substitutedWord)]),
      store32(get(at), 0, xor(load32(wordAt(subtract(get(i), get(words))), 0), get(word))),
      set(i, add(get(i), constant(1))),
    ]),
    ...[0, 4, 8, 12].map((n) => store32(constant(FEEDBACK), n, constant(0))),
  ];
}

const columns = [0, 1, 2, 3] as const;

/** Deciphers the `octets` octets at DATA where they are; every piece but the last is of whole blocks. */
function decrypt(): readonly Code[] {
  const octets = local(0);
  const state = columns.map((c) => local(1 + c));
  const next = columns.map((c) => local(5 + c));
  const feedback = columns.map((c) => local(9 + c));
  const [at, end, key] = [local(13), local(14), local(15)];
  const lastKey = load32(constant(LAST_ROUND_KEY), 0);
  /** ShiftRows: row r of column c comes from column c + r. */
  const shifted = (c: number) => columns.map((row) => get(state[(c + row) % 4] ?? octets));
  /** Where the octet of a word that is row `row` stands in a table of words. */
  const index = (word: Code, row: number) => shiftLeft(octetOf(word, row), constant(2));
  const lookedUp = (c: number) =>
    shifted(c).map((word, row) => load32(index(word, row), TABLES + row * TABLE_BYTES));
  return [
    set(at, constant(DATA)),
    set(end, add(constant(DATA), get(octets))),
    ...feedback.map((each, c) => set(each, load32(constant(FEEDBACK), 4 * c))),
    repeatWhile(less(get(at), get(end)), [
      set(key, constant(ROUND_KEYS)),
      ...columns.map((c) => set(local(1 + c), xor(get(local(9 + c)), load32(get(key), 4 * c)))),
      set(key, add(get(key), constant(16))),
      repeatWhile(less(get(key), lastKey), [
        ...next.map((each, c) => set(each, xor(load32(get(key), 4 * c), ...lookedUp(c)))),
        ...state.map((each, c) => set(each, get(local(5 + c)))),
        set(key, add(get(key), constant(16))),
      ]),
      ...feedback.flatMap((each, c) => [
        set(each, load32(get(at), 4 * c)),
        store32(get(at), 4 * c, xor(get(each), substituted(shifted(c)), load32(get(key), 4 * c))),
      ]),
      set(at, add(get(at), constant(16))),
    ]),
    ...feedback.map((each, c) => store32(constant(FEEDBACK), 4 * c, get(each))),
  ];
}

/** The module's bytes. The same on every machine: nothing but this file and the assembler goes into them. */
export function aesCfbModule(): Uint8Array<ArrayBuffer> {
  return assemble(
    [
      { parameters: 0, locals: 4, body: makeTables() },
      { name: "key", parameters: 1, locals: 6, body: expandKey() },
      { name: "decrypt", parameters: 1, locals: 15, body: decrypt() },
    ],
    { at: SBOX, octets: sbox() },
  );
}
