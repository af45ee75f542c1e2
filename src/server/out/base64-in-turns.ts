/**
 * Base64 of a large part, a megabyte at a time: 36 MB in one go are 0.1 to 0.2 s in which nobody else is answered.
 */
import { setImmediate as others } from "node:timers/promises";
import { base64Length, base64Lines, LINE_OCTETS } from "../../mail/mime.js";
import { Garbage } from "../kept/dead-buffers.js";

/** Octets between two turns, in whole lines: 3 to 5 ms. */
const TURN = 16_384 * LINE_OCTETS;

/** As `base64Lines`; everybody else has a turn after each megabyte. */
export async function base64InTurns(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes.length <= TURN) return base64Lines(bytes);
  const out = new Uint8Array(base64Length(bytes.length));
  const garbage = new Garbage();
  let at = 0;
  for (let from = 0; from < bytes.length; from += TURN) {
    if (from > 0) await others();
    const piece = base64Lines(bytes.subarray(from, from + TURN));
    out.set(piece, at);
    at += piece.length;
    garbage.add(piece.length);
  }
  return out;
}
