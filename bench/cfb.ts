/**
 * AES-CFB in WebAssembly: the module that we have, beside the one that our own assembler made before it. In Node, and in a
 * worker of Thunderbird, which does not compile JavaScript; so nothing here is specific to Node.
 */
import { aesModule } from "../src/openpgp/cfb/aes-module.js";
import { aesModuleBefore } from "./aes-module-before.js";
import { type Contender, type Limits, measure } from "./measure.js";
import { compare, type Row } from "./row.js";

/** Where the modules have their data, and all that fits there (`src/openpgp/cfb/aes-cfb.ts`). */
const DATA = 8192;
const PIECE = 57_344;
/** Bytes of a message: 2 ms, so that few turns are interrupted. */
const SIZE = 8 * PIECE;
/** As many as are 25 MB. */
const UNITS = SIZE / 25_000_000;
const LIMITS: Limits = { seconds: 8, rounds: 100, turn: 0 };

/** Against the module of before. */
const GOAL = 1.1;

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly key: (bytes: number) => void;
  readonly decrypt: (bytes: number) => void;
}

function isProgram(exports: object): exports is Program {
  return "memory" in exports && "key" in exports && "decrypt" in exports;
}

async function contender(
  name: string,
  base64: string,
  sealed: Uint8Array,
  key: Uint8Array,
): Promise<Contender> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(bytes));
  if (!isProgram(exports)) throw new Error("another module");
  const memory = new Uint8Array(exports.memory.buffer);
  const plain = new Uint8Array(sealed.length);
  const run = () => {
    memory.set(key, DATA);
    exports.key(key.length);
    for (let at = 0; at < sealed.length; at += PIECE) {
      memory.set(sealed.subarray(at, at + PIECE), DATA);
      exports.decrypt(PIECE);
      plain.set(memory.subarray(DATA, DATA + PIECE), at);
    }
  };
  return { name, units: UNITS, run };
}

/** Something else to do with the same bytes. */
export interface Other {
  readonly name: string;
  readonly run: (sealed: Uint8Array<ArrayBuffer>, key: Uint8Array) => unknown;
}

/** Milliseconds for 25 MB, in messages of half a MB with a key of 256 bits: `now`, `before`, and those of the others by their names. */
export async function measureCfb(others: readonly Other[]): Promise<ReadonlyMap<string, number>> {
  const sealed = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += PIECE) crypto.getRandomValues(sealed.subarray(at, at + PIECE));
  const key = crypto.getRandomValues(new Uint8Array(32));
  return measure(
    [
      await contender("now", aesModule, sealed, key),
      await contender("before", aesModuleBefore, sealed, key),
      ...others.map(({ name, run }) => ({ name, units: UNITS, run: () => run(sealed, key) })),
    ],
    LIMITS,
  );
}

/** The rows of what {@link measureCfb} found, against the module of before and against each of the others. */
export function cfbRows(where: string, times: ReadonlyMap<string, number>): readonly Row[] {
  const { now = Number.NaN, before, ...others } = Object.fromEntries(times);
  return compare(`decipher 25 MB with AES-CFB in WebAssembly, in pieces, in ${where}`, "ms", now, [
    { name: "the module before", value: before, goal: GOAL },
    ...Object.entries(others).map(([name, value]) => ({ name, value })),
  ]);
}
