/**
 * Inflating (RFC 1951) in WebAssembly, for browsers: their `DecompressionStream` gives 16 kB at a time, and handing these on takes
 * longer than making them where JavaScript is not compiled (Debian's Thunderbird).
 *
 * What the program is and what it holds against hostile input: `scripts/wasm/inflate.ts`.
 */
import { nodeCrypto } from "./digest.js";
import { inflateCode } from "./inflate-module.js";
import { WasmModule } from "./wasm.js";

/** Where the program has its state, as words, and its pieces of input and output. */
const STATE = 20_904;
const word = { at: STATE, out: STATE + 4, step: STATE + 16, lowest: STATE + 24 } as const;
const STEP = { done: 3, broken: 4 } as const;
const INPUT = 24_576;
const PIECE = 65_536;
/** The program wants so many octets behind what it reads, and stops where there are fewer. */
const MARGIN = 640;
const WINDOW = 32_768;
const OUTPUT = INPUT + PIECE + 2 * MARGIN + WINDOW;

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly run: (end: number) => void;
}

function isProgram(exports: object): exports is Program {
  return "memory" in exports && "run" in exports;
}

const module = new WasmModule(inflateCode);

/**
 * Inflates what is in `pieces`.
 *
 * @param append gets what comes out, 128 kB or less at a time: a view that is good until it returns. It may throw, to end it
 * @throws Error if it is not one deflated stream from beginning to end
 */
export type Inflate = (pieces: Iterable<Uint8Array>, append: (piece: Uint8Array) => void) => void;

/** This module's, or undefined where it can't work, and in Node: a server must not stand still meanwhile. */
export function wasmInflate(): Inflate | undefined {
  const exports = nodeCrypto() === undefined ? module.exports() : {};
  return isProgram(exports) ? (pieces, append) => inflate(exports, pieces, append) : undefined;
}

function inflate(
  { memory, run }: Program,
  pieces: Iterable<Uint8Array>,
  append: (piece: Uint8Array) => void,
) {
  const octets = new Uint8Array(memory.buffer);
  const state = new DataView(memory.buffer);
  const get = (place: number) => state.getUint32(place, true);
  const set = (place: number, value: number) => state.setUint32(place, value, true);
  set(word.at, INPUT);
  set(word.out, OUTPUT);
  set(word.lowest, OUTPUT);

  /** Runs until it wants more than there is before `end`. */
  const runTo = (end: number) => {
    for (let isFull = true; isFull; ) {
      run(end);
      const out = get(word.out);
      if (get(word.step) === STEP.broken) throw new Error("not deflated");
      append(octets.subarray(OUTPUT, out));
      // what may be copied from later on moves in front of the next
      octets.copyWithin(OUTPUT - WINDOW, out - WINDOW, out);
      set(word.out, OUTPUT);
      set(word.lowest, Math.max(OUTPUT - WINDOW, get(word.lowest) - (out - OUTPUT)));
      isFull = get(word.step) !== STEP.done && get(word.at) < end - MARGIN;
    }
  };

  try {
    let end = INPUT;
    for (const piece of pieces) {
      for (let from = 0; from < piece.length; ) {
        // the program takes nothing any more: without this the next ones would never end
        if (get(word.step) === STEP.done) throw new Error("more behind the end");
        const taken = piece.subarray(from, from + INPUT + PIECE - end);
        octets.set(taken, end);
        from += taken.length;
        end += taken.length;
        runTo(end);
        octets.copyWithin(INPUT, get(word.at), end);
        end -= get(word.at) - INPUT;
        set(word.at, INPUT);
      }
    }
    // the rest is too short for the program to look at: something behind it that it may look at and must not take
    octets.fill(0, end, end + 2 * MARGIN);
    if (get(word.step) !== STEP.done) runTo(end + 2 * MARGIN);
    if (get(word.step) !== STEP.done || get(word.at) !== end) throw new Error("cut short, or too long");
  } finally {
    octets.fill(0);
  }
}
