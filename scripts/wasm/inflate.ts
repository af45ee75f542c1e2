/**
 * Inflating (RFC 1951), as a program for the assembler beside it. `make.ts` writes the module into the source tree.
 *
 * Two steps. `inflate-codes.ts` makes tables of a block's codes; here they are used. Where the next bits are two literals, one
 * look into the table gives both: base64 consists of nothing else.
 *
 * It takes a piece of input and gives a piece of output at a time. Nothing that the input says is trusted: a table is made
 * only of a set of codes that is one, a distance may not reach before the beginning, and no loop runs longer than there is
 * input and room. The memory holds nothing but this.
 */
import {
  add,
  and,
  assemble,
  type Code,
  call,
  constant,
  equal,
  get,
  type Local,
  lengthened,
  less,
  load8,
  load32,
  load64,
  lowerHalf,
  more,
  notEqual,
  or,
  orLong,
  repeatWhile,
  set,
  shiftLeft,
  shiftLongLeft,
  shiftLongRight,
  shiftRight,
  store8,
  store16,
  store32,
  subtract,
  when,
  xor,
} from "./assembler.js";
import {
  buildCodes,
  CODES,
  COUNTS_BYTES,
  codeSets,
  countOf,
  lengthOf,
  MAX_CODE,
  PAIR,
} from "./inflate-codes.js";

const local = (number: number): Local => ({ local: number });

/** What is kept from piece to piece, as words; `src/protocol/inflate.ts` knows these numbers. */
const STATE = CODES.end;
const kept = { at: STATE, out: STATE + 4, held: STATE + 8, bits: STATE + 12, step: STATE + 16 } as const;
const keptInside = { left: STATE + 20, lowest: STATE + 24, last: STATE + 28 } as const;
const STEPS = { header: 0, codes: 1, stored: 2, done: 3, broken: 4 } as const;

/** Base and extra bits (shifted by 16) of lengths and distances (RFC 1951, 3.2.5), and the order of 3.2.7. */
const LENGTHS = STATE + 32;
const DISTANCES = LENGTHS + 29 * 4;
const ORDER = DISTANCES + 30 * 4;
const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const INPUT = 24_576;
/** Octets of input that have to be there: more than the longest description of a block's codes, 570. */
const MARGIN = 640;
const INPUT_BYTES = 65_536 + 2 * MARGIN;
const WINDOW = 32_768;
const OUTPUT = INPUT + INPUT_BYTES + WINDOW;
/** From here on there is no room for what one turn can write: eight literals, and a match of 258. */
const OUTPUT_FULL = OUTPUT + 131_072;
const PAGES = 4;

function based(first: number, extras: readonly number[]): readonly number[] {
  const words: number[] = [];
  let base = first;
  for (const extra of extras) {
    words.push(base | (extra << 16));
    base += 2 ** extra;
  }
  return words;
}

const extra = (count: number, steps: number) =>
  Array.from({ length: count }, (_, i) => Math.max(0, Math.floor(i / steps) - 1));

/** Lengths 3 to 257 in 28 codes, and 258, which has one of its own. */
const lengthWords = [...based(3, extra(28, 4)), 258];
const distanceWords = based(1, extra(30, 2));

const [end, at, out, bits, step, left] = [local(0), local(1), local(2), local(3), local(4), local(5)];
const [entry, symbol, length, i, literals, distances] = [
  local(6),
  local(7),
  local(8),
  local(9),
  local(10),
  local(11),
];
const [code, first, index, size, lowest, last, isGoing, all] = [
  local(12),
  local(13),
  local(14),
  local(15),
  local(16),
  local(17),
  local(18),
  local(19),
];
/** Bits that were taken from the input and are not used yet; `bits` of them are sure to be there. */
const held = local(20);

const increase = (counter: Local, by: Code = constant(1)) => set(counter, add(get(counter), by));
const goTo = (where: keyof typeof STEPS) => set(step, constant(STEPS[where]));
const isAt = (where: keyof typeof STEPS) => equal(get(step), constant(STEPS[where]));

/** Takes whole octets until there are at least 56 bits. */
const refill: readonly Code[] = [
  set(held, orLong(get(held), shiftLongLeft(load64(get(at)), lengthened(get(bits))))),
  increase(at, shiftRight(subtract(constant(63), get(bits)), constant(3))),
  set(bits, or(get(bits), constant(56))),
];
const drop = (count: Code): readonly Code[] => [
  set(held, shiftLongRight(get(held), lengthened(count))),
  set(bits, subtract(get(bits), count)),
];
const next = (count: number) => and(lowerHalf(get(held)), constant(2 ** count - 1));
/** As many bits as a local says, fewer than 16. */
const nextOf = (count: Code) =>
  and(lowerHalf(get(held)), subtract(shiftLeft(constant(1), count), constant(1)));

/** Reads a symbol of one of the sets of codes into `symbol`: by its table, or bit by bit where its code is longer. */
function readSymbol(set_: keyof typeof codeSets): readonly Code[] {
  const { table, tableBits, counts } = codeSets[set_];
  return [
    set(entry, load32(shiftLeft(next(tableBits), constant(2)), table)),
    set(symbol, and(get(entry), constant(0xffff))),
    set(size, shiftRight(get(entry), constant(24))),
    when(equal(get(size), constant(0)), readLong(counts)),
    ...drop(get(size)),
  ];
}

/** A code that the table has not: the codes of each length are numbers in a row (RFC 1951, 3.2.2). */
function readLong(counts: number): readonly Code[] {
  const countAt = load32(shiftLeft(get(size), constant(2)), counts);
  const isFound = less(subtract(get(code), get(first)), get(all));
  return [
    set(code, constant(0)),
    set(first, constant(0)),
    set(index, constant(0)),
    set(all, constant(0)),
    repeatWhile(and(xor(isFound, constant(1)), less(get(size), constant(MAX_CODE + 1))), [
      // what the length before had is passed over
      increase(index, get(all)),
      set(first, shiftLeft(add(get(first), get(all)), constant(1))),
      set(
        code,
        or(
          shiftLeft(get(code), constant(1)),
          and(lowerHalf(shiftLongRight(get(held), lengthened(get(size)))), constant(1)),
        ),
      ),
      increase(size),
      set(all, countAt),
    ]),
    when(more(get(size), constant(MAX_CODE)), [goTo("broken"), set(symbol, constant(0))]),
    when(less(get(size), constant(MAX_CODE + 1)), [
      set(
        symbol,
        load32(
          shiftLeft(add(get(index), subtract(get(code), get(first))), constant(2)),
          counts + COUNTS_BYTES,
        ),
      ),
    ]),
  ];
}

/** Builds a set of codes from `count` lengths at `lengths`; broken if they are none. */
function build(set_: keyof typeof codeSets, lengths: Code, count: Code): readonly Code[] {
  const { table, tableBits, counts, literals: limit, mayBeIncomplete } = codeSets[set_];
  const isWrong = load32(constant(CODES.result), mayBeIncomplete ? 4 : 0);
  return [
    call(0, lengths, count, constant(table), constant(tableBits), constant(counts), constant(limit)),
    when(notEqual(isWrong, constant(0)), [goTo("broken")]),
  ];
}

const fill = (from: number, to: number, value: number): readonly Code[] => [
  set(i, constant(from)),
  repeatWhile(less(get(i), constant(to)), [store8(get(i), CODES.lengths, constant(value)), increase(i)]),
];

const fixedCodes: readonly Code[] = [
  ...fill(0, 144, 8),
  ...fill(144, 256, 9),
  ...fill(256, 280, 7),
  ...fill(280, 288, 8),
  // two more of each than there are symbols, or the codes would not be a whole set
  ...fill(288, 320, 5),
  set(literals, constant(288)),
  set(distances, constant(32)),
];

/** The lengths of a block's codes are themselves in a code (RFC 1951, 3.2.7). */
const ownCodes: readonly Code[] = [
  ...refill,
  set(literals, add(next(5), constant(257))),
  ...drop(constant(5)),
  set(distances, add(next(5), constant(1))),
  ...drop(constant(5)),
  set(length, add(next(4), constant(4))),
  ...drop(constant(4)),
  when(or(more(get(literals), constant(286)), more(get(distances), constant(30))), [goTo("broken")]),
  ...fill(0, 19, 0),
  set(i, constant(0)),
  repeatWhile(less(get(i), get(length)), [
    ...refill,
    store8(load8(get(i), ORDER), CODES.lengths, next(3)),
    ...drop(constant(3)),
    increase(i),
  ]),
  ...build("lengths", constant(CODES.lengths), constant(19)),
  set(left, add(get(literals), get(distances))),
  set(i, constant(0)),
  when(isAt("codes"), [
    repeatWhile(and(less(get(i), get(left)), isAt("codes")), [
      ...refill,
      ...readSymbol("lengths"),
      when(less(get(symbol), constant(16)), [store8(get(i), CODES.lengths, get(symbol)), increase(i)]),
      when(more(get(symbol), constant(15)), [
        // 16: the one before, 3 to 6 times; 17 and 18: zeros, 3 to 10 and 11 to 138 times
        set(code, constant(0)),
        set(size, constant(3)),
        when(equal(get(symbol), constant(16)), [
          set(size, constant(2)),
          when(equal(get(i), constant(0)), [goTo("broken")]),
          // at the first of all this reads an octet that is not used: it is broken already
          set(code, load8(get(i), CODES.lengths - 1)),
        ]),
        when(equal(get(symbol), constant(18)), [set(size, constant(7))]),
        set(length, add(nextOf(get(size)), constant(3))),
        ...drop(get(size)),
        when(equal(get(symbol), constant(18)), [increase(length, constant(8))]),
        when(more(add(get(i), get(length)), get(left)), [goTo("broken"), set(length, constant(0))]),
        when(notEqual(get(length), constant(0)), [
          repeatWhile(notEqual(get(length), constant(0)), [
            store8(get(i), CODES.lengths, get(code)),
            increase(i),
            set(length, subtract(get(length), constant(1))),
          ]),
        ]),
      ]),
    ]),
  ]),
  // without it the block would have no end
  when(equal(load8(constant(256), CODES.lengths), constant(0)), [goTo("broken")]),
];

const buildBoth: readonly Code[] = [
  ...build("literals", constant(CODES.lengths), get(literals)),
  ...build("distances", add(constant(CODES.lengths), get(literals)), get(distances)),
];

/** Back to whole octets: what is left of the last one is not used. */
const toOctets: readonly Code[] = [
  set(at, subtract(get(at), shiftRight(get(bits), constant(3)))),
  set(bits, and(get(bits), constant(7))),
];

const storedHeader: readonly Code[] = [
  ...drop(and(get(bits), constant(7))),
  ...toOctets,
  set(held, lengthened(constant(0))),
  set(left, and(load32(get(at), 0), constant(0xffff))),
  when(notEqual(shiftRight(load32(get(at), 0), constant(16)), xor(get(left), constant(0xffff))), [
    goTo("broken"),
  ]),
  increase(at, constant(4)),
];

const header: readonly Code[] = [
  when(get(last), [goTo("done")]),
  when(isAt("header"), [
    ...refill,
    set(last, next(1)),
    ...drop(constant(1)),
    set(symbol, next(2)),
    ...drop(constant(2)),
    when(equal(get(symbol), constant(3)), [goTo("broken")]),
    when(equal(get(symbol), constant(0)), [goTo("stored"), ...storedHeader]),
    when(equal(get(symbol), constant(1)), [goTo("codes"), ...fixedCodes, ...buildBoth]),
    when(equal(get(symbol), constant(2)), [goTo("codes"), ...ownCodes, when(isAt("codes"), buildBoth)]),
  ]),
];

const stored: readonly Code[] = [
  set(length, get(left)),
  when(more(get(length), subtract(get(end), get(at))), [set(length, subtract(get(end), get(at)))]),
  // there is room for one at least, as there is before every turn
  when(more(get(length), subtract(constant(OUTPUT_FULL + 1), get(out))), [
    set(length, subtract(constant(OUTPUT_FULL + 1), get(out))),
  ]),
  set(left, subtract(get(left), get(length))),
  when(notEqual(get(length), constant(0)), [
    repeatWhile(notEqual(get(length), constant(0)), [
      store8(get(out), 0, load8(get(at), 0)),
      increase(at),
      increase(out),
      set(length, subtract(get(length), constant(1))),
    ]),
  ]),
  when(equal(get(left), constant(0)), [goTo("header")]),
];

const match: readonly Code[] = [
  set(symbol, subtract(get(symbol), constant(257))),
  when(more(get(symbol), constant(28)), [goTo("broken"), set(symbol, constant(0))]),
  set(entry, load32(shiftLeft(get(symbol), constant(2)), LENGTHS)),
  set(size, shiftRight(get(entry), constant(16))),
  set(length, add(and(get(entry), constant(0xffff)), nextOf(get(size)))),
  ...drop(get(size)),
  ...readSymbol("distances"),
  when(more(get(symbol), constant(29)), [goTo("broken"), set(symbol, constant(0))]),
  set(entry, load32(shiftLeft(get(symbol), constant(2)), DISTANCES)),
  set(size, shiftRight(get(entry), constant(16))),
  set(index, add(and(get(entry), constant(0xffff)), nextOf(get(size)))),
  ...drop(get(size)),
  // attack: a distance to before the beginning, to be shown what else is in the memory
  when(more(get(index), subtract(get(out), get(lowest))), [goTo("broken")]),
  when(isAt("codes"), [
    repeatWhile(notEqual(get(length), constant(0)), [
      store8(get(out), 0, load8(subtract(get(out), get(index)), 0)),
      increase(out),
      set(length, subtract(get(length), constant(1))),
    ]),
  ]),
];

const other: readonly Code[] = [
  ...refill,
  ...readSymbol("literals"),
  when(isAt("codes"), [
    when(less(get(symbol), constant(256)), [store8(get(out), 0, get(symbol)), increase(out)]),
    when(equal(get(symbol), constant(256)), [goTo("header")]),
    when(more(get(symbol), constant(256)), match),
  ]),
];

const look = set(
  entry,
  load32(shiftLeft(next(codeSets.literals.tableBits), constant(2)), codeSets.literals.table),
);

/** Looks that many times into the table of literals, as long as there are any: each takes one or two. */
function literalsAtOnce(times: number): readonly Code[] {
  if (times === 0) return [];
  return [
    look,
    when(and(get(entry), constant(PAIR)), [
      store16(get(out), 0, get(entry)),
      increase(out, countOf(get(entry))),
      ...drop(lengthOf(get(entry))),
      ...literalsAtOnce(times - 1),
    ]),
  ];
}

const hasInputAndRoom = and(
  less(get(at), subtract(get(end), constant(MARGIN))),
  less(get(out), constant(OUTPUT_FULL)),
);

const codes: readonly Code[] = [
  repeatWhile(and(hasInputAndRoom, isAt("codes")), [
    ...refill,
    ...literalsAtOnce(4),
    when(equal(and(get(entry), constant(PAIR)), constant(0)), other),
  ]),
];

/** Goes on up to `end`, until the output is full, more input is wanted, or it is done or broken. */
function run(): readonly Code[] {
  const words = [
    [at, kept.at],
    [out, kept.out],
    [bits, kept.bits],
    [step, kept.step],
    [left, keptInside.left],
    [lowest, keptInside.lowest],
    [last, keptInside.last],
  ] as const;
  const goesOn = set(isGoing, and(hasInputAndRoom, less(get(step), constant(STEPS.done))));
  return [
    ...words.map(([word, place]) => set(word, load32(constant(place), 0))),
    set(held, lengthened(load32(constant(kept.held), 0))),
    goesOn,
    when(get(isGoing), [
      repeatWhile(get(isGoing), [
        when(isAt("header"), header),
        when(isAt("stored"), stored),
        when(and(isAt("codes"), hasInputAndRoom), codes),
        goesOn,
      ]),
    ]),
    ...toOctets,
    ...words.map(([word, place]) => store32(constant(place), 0, get(word))),
    store32(constant(kept.held), 0, nextOf(get(bits))),
  ];
}

/** The module's bytes. The same on every machine: nothing but these files and the assembler goes into them. */
export function inflateModule(): Uint8Array<ArrayBuffer> {
  const words = [...lengthWords, ...distanceWords];
  const octets = [
    ...words.flatMap((word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255, 0]),
    ...order,
  ];
  return assemble(
    [buildCodes, { name: "run", parameters: 1, locals: 19, longs: 1, body: run() }],
    { at: LENGTHS, octets },
    PAGES,
  );
}
