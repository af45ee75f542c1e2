/**
 * AES-CFB decryption in WebAssembly: for readers whose JavaScript is not compiled.
 *
 * Why: no browser has CFB in its WebCrypto, so openpgp.js deciphers there in JavaScript. Debian's Thunderbird has the
 * baseline compiler for JavaScript switched off: 8 seconds for 25 MB. WebAssembly is compiled there as everywhere.
 *
 * How it works, and that its timing tells nothing: `aes-cfb.wat`, from which `npm run wasm` makes the module.
 */
import { aesModule } from "./aes-module.js";

/** Where the program has its piece of data: all of the one page of memory from here on, a multiple of its eight blocks. */
const DATA = 8192;
const PAGE = 65_536;
/** Octets deciphered at a time: whole blocks, as much as the page holds. */
const PIECE = PAGE - DATA;

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly key: (octets: number) => void;
  readonly decrypt: (octets: number) => void;
}

let compiling: Promise<WebAssembly.Module> | undefined;

/**
 * The exports of a new instance; the module is compiled once, when it is first asked for, in the background. Where there is no
 * WebAssembly, or a policy forbids it, there are none.
 */
async function instantiate(): Promise<object> {
  let compiled: WebAssembly.Module;
  try {
    compiling ??= WebAssembly.compile(
      Uint8Array.from(atob(aesModule), (character) => character.charCodeAt(0)),
    );
    compiled = await compiling;
  } catch {
    // a CompileError under a content security policy, a ReferenceError without WebAssembly
    return {};
  }
  return (await WebAssembly.instantiate(compiled)).exports;
}

function isProgram(exports: object): exports is Program {
  return "memory" in exports && "key" in exports && "decrypt" in exports;
}

/**
 * Deciphers `sealed` with AES in CFB mode and an initial vector of zeros, as SEIPD version 1 has it (RFC 9580, 5.13.1).
 *
 * What comes out is not authenticated: the caller checks the modification detection code before anybody sees an octet.
 *
 * @param sealed `length` octets in as many pieces as the packet has chunks; never copied but a piece at a time
 * @param key    of 16, 24 or 32 octets
 */
export type DecryptCfb = (
  sealed: Iterable<Uint8Array>,
  length: number,
  key: Uint8Array,
) => Uint8Array<ArrayBuffer>;

/**
 * This module's, or undefined where it can't work; there openpgp.js deciphers. For one packet: ask again for the next.
 * Key, key schedule and last piece are wiped from the module's memory.
 */
export async function wasmCfb(): Promise<DecryptCfb | undefined> {
  const exports = await instantiate();
  return isProgram(exports) ? (sealed, length, key) => decrypt(exports, sealed, length, key) : undefined;
}

function decrypt(
  exports: Program,
  sealed: Iterable<Uint8Array>,
  length: number,
  key: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (![16, 24, 32].includes(key.length)) throw new Error("no AES-CFB for this key");
  const memory = new Uint8Array(exports.memory.buffer);
  try {
    memory.set(key, DATA);
    exports.key(key.length);
    const plain = new Uint8Array(length);
    let at = 0;
    // a piece of the page is filled from one chunk after the other: only the last may end within a block
    let filled = 0;
    for (const chunk of sealed) {
      for (let from = 0; from < chunk.length; ) {
        const taken = chunk.subarray(from, from + PIECE - filled);
        memory.set(taken, DATA + filled);
        from += taken.length;
        filled += taken.length;
        if (filled < PIECE) continue;
        exports.decrypt(filled);
        plain.set(memory.subarray(DATA, DATA + filled), at);
        at += filled;
        filled = 0;
      }
    }
    exports.decrypt(filled);
    plain.set(memory.subarray(DATA, DATA + filled), at);
    return plain;
  } finally {
    memory.fill(0);
  }
}
