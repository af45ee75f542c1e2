/**
 * AES-CFB in WebAssembly: the module that we have, beside the one that an assembler of our own made before. In Node, and in a
 * worker of Thunderbird's, whose JavaScript is not compiled; so nothing here is Node's.
 */
import { aesModule } from "../src/openpgp/cfb/aes-module.js";
import { aesModuleBefore } from "./aes-module-before.js";
import { type Contender, measure } from "./measure.js";
import { compare, type Row } from "./row.js";

/** Octets that are deciphered: whole pieces of the module's memory, about 25 MB. */
const SIZE = 436 * 57_344;
/** Where the modules have their data, and all that fits there (`src/openpgp/cfb/aes-cfb.ts`). */
const DATA = 8192;
const PIECE = 57_344;
const SECONDS = 8;
const ROUNDS = 9;

/** Against the module of before. */
const GOAL = 1.1;

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly key: (octets: number) => void;
  readonly decrypt: (octets: number) => void;
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
  return { name, units: 1, run };
}

/** Something else to do with the same octets in the same turns. */
export interface Other {
  readonly name: string;
  readonly run: (sealed: Uint8Array<ArrayBuffer>, key: Uint8Array) => unknown;
}

/** Milliseconds for 25 MB with a key of 256 bits: `now`, `before`, and those of the others by their names. */
export async function measureCfb(others: readonly Other[]): Promise<ReadonlyMap<string, number>> {
  const sealed = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at += PIECE) crypto.getRandomValues(sealed.subarray(at, at + PIECE));
  const key = crypto.getRandomValues(new Uint8Array(32));
  return measure(
    [
      await contender("now", aesModule, sealed, key),
      await contender("before", aesModuleBefore, sealed, key),
      ...others.map(({ name, run }) => ({ name, units: 1, run: () => run(sealed, key) })),
    ],
    { seconds: SECONDS, rounds: ROUNDS },
  );
}

/** The rows of what {@link measureCfb} found, against the module of before and against each of the others. */
export function cfbRows(where: string, times: ReadonlyMap<string, number>): readonly Row[] {
  const { now = Number.NaN, before, ...others } = Object.fromEntries(times);
  return compare(`decipher 25 MB with AES-CFB in WebAssembly, in ${where}`, "ms", now, [
    { name: "the module before", value: before, goal: GOAL },
    ...Object.entries(others).map(([name, value]) => ({ name, value })),
  ]);
}
