/** Tables of Huffman codes (RFC 1951, 3.2.2), for the program in `inflate.ts`. */
import {
  add,
  and,
  type Code,
  constant,
  equal,
  get,
  type Local,
  less,
  load8,
  load32,
  more,
  notEqual,
  or,
  type Routine,
  repeatWhile,
  set,
  shiftLeft,
  shiftRight,
  store32,
  subtract,
  when,
} from "./assembler.js";

export const MAX_CODE = 15;
/** How many codes of each length there are, as words; the symbols in the order of their codes follow. */
export const COUNTS_BYTES = (MAX_CODE + 1) * 4;

/** An entry of a table: a symbol or up to two literals, how many literals (shifted by 16), bits of all (shifted by 24). */
export const PAIR = 3 << 16;
export const countOf = (entry: Code) => and(shiftRight(entry, constant(16)), constant(3));
export const lengthOf = (entry: Code) => shiftRight(entry, constant(24));

const LITERAL_BITS = 12;
const DISTANCE_BITS = 9;
const LENGTH_BITS = 7;
const LITERALS = 0;
const DISTANCES = LITERALS + 4 * 2 ** LITERAL_BITS;
const CODE_LENGTHS = DISTANCES + 4 * 2 ** DISTANCE_BITS;
const LITERAL_COUNTS = CODE_LENGTHS + 4 * 2 ** LENGTH_BITS;
const DISTANCE_COUNTS = LITERAL_COUNTS + COUNTS_BYTES + 288 * 4;
const LENGTH_COUNTS = DISTANCE_COUNTS + COUNTS_BYTES + 32 * 4;

/** The three sets of codes of a block: where their tables are, and how many bits these look at. */
export const codeSets = {
  literals: {
    table: LITERALS,
    tableBits: LITERAL_BITS,
    counts: LITERAL_COUNTS,
    literals: 256,
    mayBeIncomplete: true,
  },
  distances: {
    table: DISTANCES,
    tableBits: DISTANCE_BITS,
    counts: DISTANCE_COUNTS,
    literals: 0,
    mayBeIncomplete: true,
  },
  lengths: {
    table: CODE_LENGTHS,
    tableBits: LENGTH_BITS,
    counts: LENGTH_COUNTS,
    literals: 0,
    mayBeIncomplete: false,
  },
} as const;

const SORTED_AT = LENGTH_COUNTS + COUNTS_BYTES + 20 * 4;
const LENGTHS_AT = SORTED_AT + COUNTS_BYTES;
const RESULT = LENGTHS_AT + 336;

export const CODES = {
  /** Lengths of codes, an octet each: 286 and 30 at most, or 288 and 30. */
  lengths: LENGTHS_AT,
  /**
   * Two words about what was built: not zero if the set is not complete; not zero if, besides, it may not be used at all. One code
   * of one bit, or none, may be (RFC 1951, 3.2.7; zlib takes both).
   */
  result: RESULT,
  end: RESULT + 8,
} as const;

const local = (number: number): Local => ({ local: number });
const [lengths, count, table, tableBits, counts, limit] = [
  local(0),
  local(1),
  local(2),
  local(3),
  local(4),
  local(5),
];
const [i, length, left, next, code, step, entry, longest] = [
  local(6),
  local(7),
  local(8),
  local(9),
  local(10),
  local(11),
  local(12),
  local(13),
];
const [pair, end] = [local(14), local(15)];

const increase = (counter: Local, by: Code = constant(1)) => set(counter, add(get(counter), by));
const word = (base: Code, number: Code) => add(base, shiftLeft(number, constant(2)));

/** `counts`, `SORTED_AT` (where the symbols of each length begin), and the two words of the result. */
const countLengths: readonly Code[] = [
  set(i, constant(0)),
  repeatWhile(less(get(i), constant(MAX_CODE + 1)), [
    store32(word(get(counts), get(i)), 0, constant(0)),
    increase(i),
  ]),
  set(i, constant(0)),
  repeatWhile(less(get(i), get(count)), [
    set(entry, word(get(counts), load8(add(get(lengths), get(i)), 0))),
    store32(get(entry), 0, add(load32(get(entry), 0), constant(1))),
    increase(i),
  ]),
  store32(get(counts), 0, constant(0)),
  set(left, constant(1)),
  set(length, constant(1)),
  set(next, constant(0)),
  store32(constant(CODES.result), 4, constant(0)),
  repeatWhile(less(get(length), constant(MAX_CODE + 1)), [
    set(entry, load32(word(get(counts), get(length)), 0)),
    store32(word(constant(SORTED_AT), get(length)), 0, get(next)),
    increase(next, get(entry)),
    when(get(entry), [set(longest, get(length))]),
    // more codes of this length than are left: not a set of codes
    set(left, shiftLeft(get(left), constant(1))),
    when(more(get(entry), get(left)), [
      store32(constant(CODES.result), 4, constant(1)),
      set(left, get(entry)),
    ]),
    set(left, subtract(get(left), get(entry))),
    increase(length),
  ]),
  store32(constant(CODES.result), 0, or(get(left), load32(constant(CODES.result), 4))),
  when(and(notEqual(get(left), constant(0)), more(get(longest), constant(1))), [
    store32(constant(CODES.result), 4, constant(1)),
  ]),
];

const sortSymbols: readonly Code[] = [
  set(i, constant(0)),
  repeatWhile(less(get(i), get(count)), [
    set(length, load8(add(get(lengths), get(i)), 0)),
    when(get(length), [
      set(entry, word(constant(SORTED_AT), get(length))),
      set(next, load32(get(entry), 0)),
      store32(get(entry), 0, add(get(next), constant(1))),
      store32(word(add(get(counts), constant(COUNTS_BYTES)), get(next)), 0, get(i)),
    ]),
    increase(i),
  ]),
];

/** The next code of this length, its bits in the order in which they come: counted up from the highest. */
const nextCode: readonly Code[] = [
  set(step, shiftLeft(constant(1), subtract(get(length), constant(1)))),
  when(and(get(code), get(step)), [
    repeatWhile(and(get(code), get(step)), [set(step, shiftRight(get(step), constant(1)))]),
  ]),
  set(code, add(and(get(code), subtract(get(step), constant(1))), get(step))),
];

/** Every place of the table whose lowest bits are a code tells of it; the others stay zero. */
const fillTable: readonly Code[] = [
  set(end, word(get(table), shiftLeft(constant(1), get(tableBits)))),
  set(i, get(table)),
  repeatWhile(less(get(i), get(end)), [store32(get(i), 0, constant(0)), increase(i, constant(4))]),
  set(next, add(get(counts), constant(COUNTS_BYTES))),
  set(code, constant(0)),
  set(length, constant(1)),
  repeatWhile(
    and(less(get(length), add(get(tableBits), constant(1))), less(get(length), constant(MAX_CODE + 1))),
    [
      set(left, load32(word(get(counts), get(length)), 0)),
      when(get(left), [
        repeatWhile(get(left), [
          set(entry, or(load32(get(next), 0), shiftLeft(get(length), constant(24)))),
          when(less(load32(get(next), 0), get(limit)), [set(entry, or(get(entry), constant(1 << 16)))]),
          set(i, word(get(table), get(code))),
          repeatWhile(less(get(i), get(end)), [
            store32(get(i), 0, get(entry)),
            increase(i, shiftLeft(constant(4), get(length))),
          ]),
          ...nextCode,
          increase(next, constant(4)),
          set(left, subtract(get(left), constant(1))),
        ]),
      ]),
      increase(length),
    ],
  ),
];

/** Where a literal is followed by another one within the bits that the table looks at, its place tells of both. */
const joinPairs: readonly Code[] = [
  // from the end: the entry of what follows is further to the front, and still of one
  repeatWhile(more(get(end), get(table)), [
    set(end, subtract(get(end), constant(4))),
    set(entry, load32(get(end), 0)),
    set(length, lengthOf(get(entry))),
    when(equal(countOf(get(entry)), constant(1)), [
      set(
        pair,
        load32(
          word(get(table), shiftRight(shiftRight(subtract(get(end), get(table)), constant(2)), get(length))),
          0,
        ),
      ),
      when(
        and(
          equal(countOf(get(pair)), constant(1)),
          less(add(get(length), lengthOf(get(pair))), add(get(tableBits), constant(1))),
        ),
        [
          set(
            entry,
            or(and(get(entry), constant(0xff)), shiftLeft(and(get(pair), constant(0xff)), constant(8))),
          ),
          set(entry, or(get(entry), shiftLeft(add(get(length), lengthOf(get(pair))), constant(24)))),
          store32(get(end), 0, or(get(entry), constant(2 << 16))),
        ],
      ),
    ]),
  ]),
];

/**
 * Builds one set of codes. Parameters: where the lengths are and how many, where the table goes and how many bits it looks at,
 * where counts and symbols go, below which number a symbol is a literal.
 */
export const buildCodes: Routine = {
  name: "build",
  parameters: 6,
  locals: 10,
  body: [
    ...countLengths,
    // a set that is none would run over the end of its table
    when(equal(load32(constant(CODES.result), 4), constant(0)), [
      ...sortSymbols,
      ...fillTable,
      when(get(limit), joinPairs),
    ]),
  ],
};
