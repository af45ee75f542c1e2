/**
 * Base64 of `own || shared`, where `own` is a few octets that differ from copy to copy and `shared` is large and the same.
 *
 * Base64 takes three octets at a time, so the large part's text depends on the length of what is before it, modulo
 * three. Up to two octets of the large part are moved to the small one, so that the rest begins a group of its own; the
 * rest is encoded once for each of the three alignments that is asked for (one, nearly always: a key packet's length is
 * that of its algorithm). The small part ends its line early, which base64 in mail allows (RFC 2045, 6.8: lines of AT MOST
 * 76 characters).
 */
import { base64Lines, type SplitEncoding } from "./mime.js";

/** A large part that many copies share; its base64 is made when it is first asked for, and kept. */
export class SharedBase64 {
  readonly #shared: Uint8Array;
  readonly #encode: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly #encoded: (Promise<Uint8Array> | undefined)[] = [];

  /** @param encode as `base64Lines`, for the large part: whoever has others waiting does it in turns */
  constructor(shared: Uint8Array, encode: (bytes: Uint8Array) => Promise<Uint8Array>) {
    this.#shared = shared;
    this.#encode = encode;
  }

  /** The base64 of `own` followed by the shared part. */
  async after(own: Uint8Array): Promise<SplitEncoding> {
    const moved = Math.min((3 - (own.length % 3)) % 3, this.#shared.length);
    const small = new Uint8Array(own.length + moved);
    small.set(own);
    small.set(this.#shared.subarray(0, moved), own.length);
    const shared = this.#encoded[moved] ?? this.#encode(this.#shared.subarray(moved));
    this.#encoded[moved] = shared;
    return { own: base64Lines(small), shared: await shared };
  }
}
