/**
 * Decodes the base64 body of a MIME part (RFC 2045, 6.8): in browsers in WebAssembly, since JavaScript may not be compiled there,
 * and their own `setFromBase64` wants a text, which takes as long to make as to decode. In Node by `Buffer`: the memory of a
 * WebAssembly module reserves gigabytes of addresses, with which every core dump of the server is filled.
 *
 * Strict where a MIME parser is lenient: what is not plain base64 from beginning to end is nothing for this file. Whoever
 * calls it has the parser for that.
 */
import { nodeCrypto } from "../openpgp/digest.js";
import { WasmModule } from "../openpgp/wasm.js";
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
const whiteSpace = /[\t\n\f\r ]+/g;

/** Octets of base64 that are a text at one time, where it is decoded by `Buffer`. */
const SLICE = 65_536;
/** Lines of whole groups without padding: what mail programs write, but for the last line. */
const wholeLines = /^(?:(?:[A-Za-z0-9+/]{4})+\r?\n)+$/;
/** A rest that is no base64. */
const NOT_BASE64 = "=";

/**
 * The octets of a base64 body, or undefined if it is not base64 in full groups with nothing but white space between.
 * The result is a view on a slightly larger buffer: how many line ends there are is known only in the end.
 */
export function decodeBase64Body(body: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const out = new Uint8Array(Math.ceil(body.length / 4) * 3);
  const { rest, written } = nodeCrypto() === undefined ? inBrowser(body, out) : byBuffer(body, out);
  const last = rest.replace(whiteSpace, "");
  if (last.length % 4 !== 0 || !alphabet.test(last)) return undefined;
  const decoded = Uint8Array.from(atob(last), (character) => character.charCodeAt(0));
  out.set(decoded, written);
  return out.subarray(0, written + decoded.length);
}

/** What could not be decoded, and the octets of what could. */
interface Begun {
  readonly rest: string;
  readonly written: number;
}

function inBrowser(body: Uint8Array, out: Uint8Array): Begun {
  const exports = module.exports();
  return isProgram(exports)
    ? wholeGroups(exports, body, out)
    : { rest: new TextDecoder("latin1").decode(body), written: 0 };
}

/** As {@link wholeGroups}. `Buffer` is lenient, so what it gets is looked at before. */
function byBuffer(body: Uint8Array, out: Uint8Array): Begun {
  const source = Buffer.from(body.buffer, body.byteOffset, body.length);
  const target = Buffer.from(out.buffer, out.byteOffset, out.length);
  let written = 0;
  let rest = "";
  for (let from = 0; from < body.length; from += SLICE) {
    const text = rest + source.toString("latin1", from, from + SLICE);
    const lines = text.slice(0, text.lastIndexOf("\n") + 1);
    if (wholeLines.test(lines)) {
      written += target.write(lines, written, "base64");
      rest = text.slice(lines.length);
      continue;
    }
    const characters = text.replace(whiteSpace, "");
    // the last group stays: it may be padded
    const groups = characters.slice(0, Math.max(0, 4 * Math.ceil(characters.length / 4 - 1)));
    if (!alphabet.test(groups) || groups.endsWith("=")) return { rest: NOT_BASE64, written };
    written += target.write(groups, written, "base64");
    rest = characters.slice(groups.length);
  }
  return { rest, written };
}

/** Decodes into `out` up to the last group, which may be padded, or to what is no base64. That is the `rest`. */
function wholeGroups({ memory, decode }: Program, body: Uint8Array, out: Uint8Array): Begun {
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
  const rest = held > MAX_REST ? NOT_BASE64 : String.fromCharCode(...octets.subarray(TEXT, TEXT + held));
  return { rest, written };
}
