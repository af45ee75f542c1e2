/** Changes that need not know what an input is. */
import type { Random } from "./random.js";

/** No input is longer: what is superlinear shows itself below. */
export const MAX_INPUT = 256 * 1024;

const encoder = new TextEncoder();

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

interface Slice {
  readonly from: number;
  readonly to: number;
}

function sliceOf(input: Uint8Array, random: Random): Slice {
  const from = random.below(input.length + 1);
  return { from, to: from + random.below(Math.min(input.length - from, random.pick([4, 64, 4096])) + 1) };
}

/** From the beginning of a line to the end of one. */
function linesOf(input: Uint8Array, random: Random): Slice {
  const from = input.lastIndexOf(10, random.below(input.length + 1)) + 1;
  let to = from;
  for (let lines = 1 + random.below(4); lines > 0; lines -= 1) {
    const end = input.indexOf(10, to);
    if (end < 0) break;
    to = end + 1;
  }
  return { from, to };
}

type Change = (input: Uint8Array, random: Random, words: readonly string[], other: Uint8Array) => Uint8Array;

const replaced = (input: Uint8Array, { from, to }: Slice, piece: Uint8Array) =>
  joined(input.subarray(0, from), piece, input.subarray(to));

const at = (from: number): Slice => ({ from, to: from });
const odd = [0, 9, 10, 13, 32, 34, 40, 45, 58, 59, 61, 92, 127, 128, 194, 255] as const;

const changes: readonly Change[] = [
  (input, random) => {
    const out = input.slice();
    for (let left = 1 + random.below(4); left > 0 && out.length > 0; left -= 1) {
      const where = random.below(out.length);
      out[where] = (out[where] ?? 0) ^ (1 << random.below(8));
    }
    return out;
  },
  (input, random) => {
    const out = input.slice();
    if (out.length > 0) out[random.below(out.length)] = random.pick(odd);
    return out;
  },
  (input, random) => replaced(input, sliceOf(input, random), new Uint8Array()),
  (input, random) => replaced(input, linesOf(input, random), new Uint8Array()),
  (input, random) => input.subarray(0, random.below(input.length + 1)),
  (input, random, words) =>
    words.length === 0
      ? input
      : replaced(
          input,
          random.once(2) ? at(random.below(input.length + 1)) : sliceOf(input, random),
          encoder.encode(random.pick(words)),
        ),
  (input, random) => {
    const { from, to } = random.once(2) ? sliceOf(input, random) : linesOf(input, random);
    return replaced(input, at(random.below(input.length + 1)), input.subarray(from, to));
  },
  (input, random) => {
    const { from, to } = linesOf(input, random);
    return replaced(input, at(linesOf(input, random).from), input.subarray(from, to));
  },
  (input, random, _words, other) => {
    const piece = sliceOf(other, random);
    return replaced(input, sliceOf(input, random), other.subarray(piece.from, piece.to));
  },
  // work that grows faster than its input shows itself where one piece comes again and again
  (input, random, words) => {
    const { from, to } = random.once(2) ? sliceOf(input, random) : linesOf(input, random);
    const piece =
      words.length > 0 && random.once(3) ? encoder.encode(random.pick(words)) : input.subarray(from, to);
    if (piece.length === 0) return input;
    const times = Math.min(1 << random.below(16), Math.floor(MAX_INPUT / 2 / piece.length));
    const swollen = new Uint8Array(piece.length * times);
    for (let i = 0; i < times; i += 1) swollen.set(piece, i * piece.length);
    return replaced(input, at(from), swollen);
  },
];

/** The input after one to five changes. */
export function varied(
  seed: Uint8Array,
  random: Random,
  words: readonly string[],
  seeds: readonly Uint8Array[],
): Uint8Array {
  let out = seed;
  for (let left = 1 + random.below(5); left > 0; left -= 1)
    out = random.pick(changes)(out, random, words, random.pick(seeds)).subarray(0, MAX_INPUT);
  return out;
}
