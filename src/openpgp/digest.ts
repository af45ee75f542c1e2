/**
 * Hashes of octets that lie in pieces: by OpenSSL where Node is, which takes them one after the other, and by WebCrypto
 * elsewhere, which wants one buffer.
 *
 * Not by import: the same files make the add-on, whose browser has no `node:crypto`.
 */

/** A hash that signatures and packets of this format use. */
export type HashName = "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";

const nodeNames = { "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" } as const;

/**
 * Octets hashed before everybody else gets a turn: 10 to 20 ms. The server hashes posts of up to 100 MB on the one thread
 * that answers all its connections.
 */
const TURN = 4 * 1024 * 1024;

/** The hash of `pieces`, in their order. Where Node is, nothing is copied: a post of 25 MB is hashed four times on its way. */
export async function digest(
  name: HashName,
  pieces: readonly Uint8Array[],
): Promise<Uint8Array<ArrayBuffer>> {
  const native = nodeCrypto();
  if (native !== undefined) {
    const hash = native.createHash(nodeNames[name]);
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += TURN) {
        if (at > 0) await othersTurn();
        hash.update(piece.subarray(at, at + TURN));
      }
    }
    return new Uint8Array(hash.digest());
  }
  return new Uint8Array(await digestInOne(name, pieces));
}

/** From this size on a copy costs more than {@link around} it. */
const LARGE = 1024 * 1024;

/**
 * WebCrypto copies what it is given before the call returns (Web Cryptography, `digest`, "a copy of the bytes"), so that
 * a large piece can be hashed where it is, with the others around it for the length of the call.
 */
function digestInOne(name: HashName, pieces: readonly Uint8Array[]): Promise<ArrayBuffer> {
  const room = around(pieces);
  if (room === undefined) return crypto.subtle.digest(name, inOne(pieces));
  const { before, after, whole } = room;
  const ends = [whole.subarray(0, before.length), whole.subarray(whole.length - after.length)] as const;
  const kept = ends.map((end) => end.slice());
  ends[0].set(before);
  ends[1].set(after);
  try {
    return crypto.subtle.digest(name, whole);
  } finally {
    ends.forEach((end, i) => {
      end.set(kept[i] ?? []);
    });
  }
}

/** The first large piece with room around it for what is before and after it; undefined if there is none. */
function around(pieces: readonly Uint8Array[]) {
  const at = pieces.findIndex(({ length }) => length >= LARGE);
  const large = pieces[at];
  if (large === undefined || pieces.length === 1 || !(large.buffer instanceof ArrayBuffer)) return undefined;
  const [before, after] = [inOne(pieces.slice(0, at)), inOne(pieces.slice(at + 1))];
  const start = large.byteOffset - before.length;
  const length = before.length + large.length + after.length;
  if (start < 0 || start + length > large.buffer.byteLength) return undefined;
  return { before, after, whole: new Uint8Array(large.buffer, start, length) };
}

/** Node's own, or undefined where it can't be had: in a browser, and in Node before 20.16. */
export function nodeCrypto() {
  return typeof process === "undefined" || typeof process.getBuiltinModule !== "function"
    ? undefined
    : process.getBuiltinModule("node:crypto");
}

/** Lets everybody else have a turn, where Node is and one thread answers all connections. */
export async function othersTurn(): Promise<void> {
  if (nodeCrypto() === undefined) return;
  await process.getBuiltinModule("node:timers/promises").setImmediate();
}

/** The pieces in one buffer where WebCrypto takes them; a single piece is not copied. */
export function inOne(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return webCryptoView(only);
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The same octets where WebCrypto takes them; only octets in shared memory have to be copied for that. */
export function webCryptoView({ buffer, byteOffset, length }: Uint8Array): Uint8Array<ArrayBuffer> {
  return buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, length)
    : Uint8Array.from(new Uint8Array(buffer, byteOffset, length));
}

/** Lower-case hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 in lower-case hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  return hex(await digest("SHA-256", [bytes]));
}
