/**
 * Base64 of a large part, a quarter of a megabyte at a time: 36 MB in one go are 0.1 to 0.2 s in which nobody else is answered.
 */
import { setImmediate as others } from "node:timers/promises";
import { base64Length, base64Lines, LINE_OCTETS } from "../../mail/mime.js";
import { BufferCollector } from "../base/force-gc.js";

/** Octets between two turns, in whole lines: 1 ms, and 5 to 10 ms until V8 has compiled it. */
const TURN = 4_096 * LINE_OCTETS;

/** As `base64Lines`; everybody else has a turn before each quarter of a megabyte. */
export async function base64InTurns(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length <= TURN) return base64Lines(bytes);
  const out = new Uint8Array(base64Length(bytes.length));
  const garbage = new BufferCollector();
  let at = 0;
  for (let from = 0; from < bytes.length; from += TURN) {
    await others();
    const piece = base64Lines(bytes.subarray(from, from + TURN));
    out.set(piece, at);
    at += piece.length;
    garbage.add(piece.length);
  }
  return out;
}
