/**
 * AES in CFB mode, decryption only (FIPS 197; NIST SP 800-38A, 6.3, with a segment of a whole block), as a program for the
 * assembler beside it. `make.ts` writes the module into the source tree.
 *
 * CFB decryption enciphers: each block of key stream is AES of the sealed block before it. So the inverse cipher is not
 * here, and the blocks don't wait for each other: eight are enciphered at a time (`aes-planes.ts`), without lookups.
 *
 * Only the round keys are made with a table, of 256 octets: once a message, and of the key alone. Whoever could measure our
 * processor's cache at that very moment would see a few lines of it, once; a key seals one message.
 */

import { KEY_PLANES, round, storeKeyPlanes, transpose, WORK_LOCALS } from "./aes-planes.js";
import {
  add,
  and,
  assemble,
  type Code,
  constant,
  equal,
  everywhere,
  get,
  type Local,
  less,
  load8,
  load32,
  loadVector,
  local,
  more,
  or,
  remainder,
  repeatWhile,
  rotateRight,
  set,
  shiftLeft,
  shiftRight,
  store32,
  storeVector,
  subtract,
  times,
  when,
  xor,
  xorVector,
} from "./assembler.js";

/** Where things are in the one page of memory. */
const SBOX = 0;
const ROUND_KEYS = SBOX + 256;
/** Most round keys: 15 of 16 octets (AES-256). */
const PLANES = ROUND_KEYS + 15 * 16;
const LAST_PLANES = PLANES + 15 * KEY_PLANES;
const FEEDBACK = LAST_PLANES + 16;
/** `key` finds the key here, `decrypt` a piece of data. `src/openpgp/cfb/aes-cfb.ts` knows this number, and the next. */
const DATA = 8192;
/** Blocks at a time: the data is deciphered up to the next multiple. */
const BLOCKS = 8;

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

/** KeyExpansion (FIPS 197, 5.2) of the key of `octets` octets at DATA, in planes; then the feedback register is zero. */
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
    ...storeAllPlanes(end),
    storeVector(constant(FEEDBACK), 0, everywhere(0)),
  ];
}

/** The planes of all round keys. @param words how many words they are; counted down */
function storeAllPlanes(words: Local): readonly Code[] {
  const [at, planes, key] = [local(4), local(5), local(7)];
  return [
    set(at, constant(ROUND_KEYS)),
    set(planes, constant(PLANES)),
    set(key, loadVector(get(at), 0)),
    ...storeKeyPlanes(key, get(planes), true),
    repeatWhile(more(get(words), constant(4)), [
      set(at, add(get(at), constant(16))),
      set(planes, add(get(planes), constant(KEY_PLANES))),
      set(key, loadVector(get(at), 0)),
      ...storeKeyPlanes(key, get(planes), false),
      set(words, subtract(get(words), constant(4))),
    ]),
    store32(constant(LAST_PLANES), 0, get(planes)),
  ];
}

/** Deciphers the `octets` octets at DATA where they are; every piece but the last is of whole groups of blocks. */
function decrypt(): readonly Code[] {
  const [octets, at, end, key, last] = [local(0), local(1), local(2), local(3), local(4)];
  const feedback = local(5);
  const planes = Array.from({ length: BLOCKS }, (_, n) => local(6 + n));
  const work = 6 + BLOCKS;
  const addKey = planes.map((plane, bit) =>
    set(plane, xorVector(get(plane), loadVector(get(key), 16 * bit))),
  );
  return [
    set(at, constant(DATA)),
    set(end, add(constant(DATA), get(octets))),
    set(last, load32(constant(LAST_PLANES), 0)),
    set(feedback, loadVector(constant(FEEDBACK), 0)),
    repeatWhile(less(get(at), get(end)), [
      ...planes.map((plane, n) => set(plane, n === 0 ? get(feedback) : loadVector(get(at), 16 * (n - 1)))),
      ...transpose(planes, local(work)),
      set(key, constant(PLANES)),
      ...addKey,
      set(key, add(get(key), constant(KEY_PLANES))),
      repeatWhile(less(get(key), get(last)), [
        ...round(planes, work, false),
        ...addKey,
        set(key, add(get(key), constant(KEY_PLANES))),
      ]),
      ...round(planes, work, true),
      ...addKey,
      ...transpose(planes, local(work)),
      set(feedback, loadVector(get(at), 16 * (BLOCKS - 1))),
      ...planes.map((plane, n) =>
        storeVector(get(at), 16 * n, xorVector(get(plane), loadVector(get(at), 16 * n))),
      ),
      set(at, add(get(at), constant(16 * BLOCKS))),
    ]),
    storeVector(constant(FEEDBACK), 0, get(feedback)),
  ];
}

/** The module's bytes. The same on every machine: nothing but these files and the assembler goes into them. */
export function aesCfbModule(): Uint8Array<ArrayBuffer> {
  return assemble(
    [
      { name: "key", parameters: 1, locals: 6, vectors: 1, body: expandKey() },
      {
        name: "decrypt",
        parameters: 1,
        locals: 4,
        vectors: 1 + BLOCKS + WORK_LOCALS,
        body: decrypt(),
      },
    ],
    { at: SBOX, octets: sbox() },
  );
}
