/**
 * A small assembler for WebAssembly 1.0: as much of it as the programs beside it need.
 *
 * Everything is a 32-bit integer, unless its name says that it is a vector (128 bits). An expression is its instructions as
 * bytes (operands first, then the operation), so that the program reads like arithmetic: `xor(load32(at, 0), get(key))`.
 */

/** Instructions as bytes. */
export type Code = readonly number[];

/** Unsigned LEB128, the number format of WebAssembly. */
function unsigned(value: number): Code {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
}

/** Signed LEB128, for constants. */
function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];

export const equal = binary(0x46);
export const notEqual = binary(0x47);
export const less = binary(0x49);
export const more = binary(0x4b);
export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const times = binary(0x6c);
export const remainder = binary(0x70);
export const and = binary(0x71);
export const or = binary(0x72);
const xorTwo = binary(0x73);
export const shiftLeft = binary(0x74);
export const shiftRight = binary(0x76);
export const rotateRight = binary(0x78);

export function xor(first: Code, ...others: readonly Code[]): Code {
  return others.reduce((sum, each) => xorTwo(sum, each), first);
}

export function constant(value: number): Code {
  return [0x41, ...signed(value)];
}

/** A local variable or parameter, by its number. */
export type Local = { readonly local: number };

export const local = (number: number): Local => ({ local: number });

export function get({ local }: Local): Code {
  return [0x20, ...unsigned(local)];
}

export function set({ local }: Local, value: Code): Code {
  return [...value, 0x21, ...unsigned(local)];
}

/** The octet at `at + offset`. */
export function load8(at: Code, offset: number): Code {
  return [...at, 0x2d, 0, ...unsigned(offset)];
}

/** The little-endian word at `at + offset`. */
export function load32(at: Code, offset: number): Code {
  return [...at, 0x28, 2, ...unsigned(offset)];
}

export function store32(at: Code, offset: number, value: Code): Code {
  return [...at, ...value, 0x36, 2, ...unsigned(offset)];
}

const NO_RESULT = 0x40;
const END = 0x0b;

/** Runs `body` once, and again as long as `condition` holds after it. */
export function repeatWhile(condition: Code, body: readonly Code[]): Code {
  return [0x03, NO_RESULT, ...body.flat(), ...condition, 0x0d, 0, END];
}

export function when(condition: Code, body: readonly Code[]): Code {
  return [...condition, 0x04, NO_RESULT, ...body.flat(), END];
}

const vectorOperation = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const binaryVector =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...vectorOperation(opcode)];

export function loadVector(at: Code, offset: number): Code {
  return [...at, ...vectorOperation(0x00), 0, ...unsigned(offset)];
}

export function storeVector(at: Code, offset: number, value: Code): Code {
  return [...at, ...value, ...vectorOperation(0x0b), 0, ...unsigned(offset)];
}

/** A vector of this octet, sixteen times. */
export function everywhere(octet: number): Code {
  return [...vectorOperation(0x0c), ...Array<number>(16).fill(octet)];
}

/** The octets of a vector in another order: the one at each place is the one that stood at `places[place]`. */
export function rearranged(vector: Code, places: readonly number[]): Code {
  return [...vector, ...vector, ...vectorOperation(0x0d), ...places];
}

export const andVector = binaryVector(0x4e);
const xorTwoVectors = binaryVector(0x51);
export function xorVector(first: Code, ...others: readonly Code[]): Code {
  return others.reduce((sum, each) => xorTwoVectors(sum, each), first);
}
/** Each octet shifted; to the right with its highest bit filled in. */
export const shiftOctetsLeft = binaryVector(0x6b);
export const shiftOctetsRight = binaryVector(0x6c);
/** Each half shifted. */
export const shiftHalvesLeft = binaryVector(0xcb);
export const shiftHalvesRight = binaryVector(0xcd);

/** A function without a result. */
export interface Routine {
  /** The name under which it is exported; without one it runs when the module is instantiated. */
  readonly name?: string;
  readonly parameters: number;
  /** Locals besides the parameters. */
  readonly locals: number;
  /** Vector locals, whose numbers follow. */
  readonly vectors?: number;
  readonly body: readonly Code[];
}

const I32 = 0x7f;
const V128 = 0x7b;
const encoder = new TextEncoder();

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, content: Code): Code => [id, ...sized(content)];
const text = (value: string): Code => sized([...encoder.encode(value)]);

/** A module with so many pages of memory, which can't grow, exported as `memory`, with `data` written to its address. */
export function assemble(
  routines: readonly Routine[],
  data: { readonly at: number; readonly octets: Code },
  pages = 1,
): Uint8Array<ArrayBuffer> {
  const types = routines.map(({ parameters }) => [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [I32])),
    ...vector([]),
  ]);
  const bodies = routines.map(({ locals, vectors = 0, body }) =>
    sized([
      ...vector([[...unsigned(locals), I32], ...(vectors === 0 ? [] : [[...unsigned(vectors), V128]])]),
      ...body.flat(),
      END,
    ]),
  );
  const named = routines.flatMap(({ name }, i) =>
    name === undefined ? [] : [[...text(name), 0, ...unsigned(i)]],
  );
  const start = routines.findIndex(({ name }) => name === undefined);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(3, vector(routines.map((_, i) => unsigned(i)))),
    ...section(5, vector([[1, ...unsigned(pages), ...unsigned(pages)]])),
    ...section(7, vector([[...text("memory"), 2, 0], ...named])),
    ...(start < 0 ? [] : section(8, unsigned(start))),
    ...section(10, vector(bodies)),
    ...section(11, vector([[0, ...constant(data.at), END, ...sized(data.octets)]])),
  ]);
}
