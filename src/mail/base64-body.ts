/**
 * Decodes the base64 body of a MIME part (RFC 2045, 6.8) in WebAssembly, where JavaScript may not be compiled. A browser's own
 * `setFromBase64` wants a text: making that takes as long as decoding it.
 *
 * Strict where a MIME parser is lenient: what is not plain base64 from beginning to end is nothing for this file. Whoever
 * calls it has the parser for that.
 */
import { WasmModule } from "../protocol/wasm.js";
import { base64Module } from "./base64-module.js";

/** Where the program has its text, how much of it fits, where the octets and the two numbers are that it gives. */
const TEXT = 8192;
const PIECE = 65_536;
const DECODED = TEXT + PIECE + 16;
const RESULT = 4096;
/** Characters of an unfinished group with the white space in it; more is not plain base64. */
const MAX_REST = 1024;

interface Program {
  readonly memory: WebAssembly.Memory;
  readonly decode: (octets: number) => void;
}

function isProgram(exports: object): exports is Program {
  return "memory" in exports && "decode" in exports;
}

const module = new WasmModule(base64Module);
const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;

/**
 * The octets of a base64 body, or undefined if it is not base64 in full groups with nothing but white space between.
 * The result is a view on a slightly larger buffer: how many line ends there are is known only in the end.
 */
export function decodeBase64Body(body: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(Math.ceil(body.length / 4) * 3);
  const exports = module.exports();
  const { rest, written } = isProgram(exports)
    ? wholeGroups(exports, body, out)
    : { rest: new TextDecoder("latin1").decode(body), written: 0 };
  const last = rest.replace(/[\t\n\f\r ]+/g, "");
  if (last.length % 4 !== 0 || !alphabet.test(last)) return undefined;
  const decoded = Uint8Array.from(atob(last), (character) => character.charCodeAt(0));
  out.set(decoded, written);
  return out.subarray(0, written + decoded.length);
}

/** Decodes into `out` up to the last group, which may be padded, or to what is no base64. That is the `rest`. */
function wholeGroups({ memory, decode }: Program, body: Uint8Array, out: Uint8Array) {
  const octets = new Uint8Array(memory.buffer);
  const result = new DataView(memory.buffer, RESULT);
  let written = 0;
  /** Characters at TEXT that are not decoded. */
  let held = 0;
  for (let from = 0; from < body.length && held <= MAX_REST; ) {
    const taken = body.subarray(from, from + PIECE - held);
    octets.set(taken, TEXT + held);
    from += taken.length;
    held += taken.length;
    decode(held);
    const [read, made] = [result.getUint32(0, true), result.getUint32(4, true)];
    out.set(octets.subarray(DECODED, DECODED + made), written);
    written += made;
    octets.copyWithin(TEXT, TEXT + read, TEXT + held);
    held -= read;
  }
  const rest = held > MAX_REST ? "=" : String.fromCharCode(...octets.subarray(TEXT, TEXT + held));
  return { rest, written };
}
