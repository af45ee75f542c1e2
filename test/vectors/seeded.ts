/**
 * Randomness that is the same every time, for the program that makes the vectors and for nothing else.
 *
 * openpgp.js takes all of it from the platform's WebCrypto: octets by `getRandomValues`, ephemeral keys by `generateKey`.
 * While a vector is made both come out of SHA-256 over the vector's name and a counter. Octets and keys are counted
 * apart: what openpgp.js does at one time may finish in any order, what it begins does not change.
 */
import { createHash } from "node:crypto";

/** PKCS #8 (RFC 8410, 7) of a secret key, up to its 32 octets: Ed25519 and X25519 differ in the last arc of the name. */
const pkcs8 = {
  Ed25519: "302e020100300506032b657004220420",
  X25519: "302e020100300506032b656e04220420",
} as const;
type Curve = keyof typeof pkcs8;
/** What a secret key and its public half are good for. */
const uses = {
  Ed25519: { secret: ["sign"], public: ["verify"] },
  X25519: { secret: ["deriveKey", "deriveBits"], public: [] },
} as const satisfies Record<Curve, unknown>;

/** Octets that follow from a name: block after block of a hash. */
class Stream {
  readonly #name: string;
  #blocks = 0;
  #left = Buffer.alloc(0);

  constructor(name: string) {
    this.#name = name;
  }

  next(octets: number): Buffer {
    while (this.#left.length < octets) {
      const block = createHash("sha256")
        .update(`${this.#name} ${this.#blocks++}`)
        .digest();
      this.#left = Buffer.concat([this.#left, block]);
    }
    const taken = this.#left.subarray(0, octets);
    this.#left = this.#left.subarray(octets);
    return taken;
  }
}

async function keyPair(curve: Curve, secret: Uint8Array) {
  const { subtle } = globalThis.crypto;
  const encoded = Buffer.concat([Buffer.from(pkcs8[curve], "hex"), secret]);
  const privateKey = await subtle.importKey("pkcs8", encoded, curve, true, uses[curve].secret);
  const { kty = "OKP", crv = curve, x = "" } = await subtle.exportKey("jwk", privateKey);
  const publicKey = await subtle.importKey("jwk", { kty, crv, x }, curve, true, uses[curve].public);
  return { privateKey, publicKey };
}

/**
 * What `make` makes while the platform's randomness follows from `seed`. One at a time.
 *
 * @throws Error if a key of another kind than Ed25519 and X25519 is wanted
 */
export async function withSeed<T>(seed: string, make: () => Promise<T>): Promise<T> {
  const { crypto } = globalThis;
  const octets = new Stream(`${seed} octets`);
  const keys = new Stream(`${seed} keys`);
  const getRandomValues = (array: Uint8Array): Uint8Array => {
    array.set(octets.next(array.length));
    return array;
  };
  const generateKey = (algorithm: string | { readonly name: string }) => {
    const name = typeof algorithm === "string" ? algorithm : algorithm.name;
    if (name !== "Ed25519" && name !== "X25519") throw new Error(`no seeded key for ${name}`);
    return keyPair(name, keys.next(32));
  };
  const replace = (object: object, property: string, value: unknown) =>
    Object.defineProperty(object, property, { value, configurable: true });
  replace(crypto, "getRandomValues", getRandomValues);
  replace(crypto.subtle, "generateKey", generateKey);
  try {
    return await make();
  } finally {
    // what stands in the prototype is there again
    Reflect.deleteProperty(crypto, "getRandomValues");
    Reflect.deleteProperty(crypto.subtle, "generateKey");
  }
}
