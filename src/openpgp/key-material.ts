/** The numbers that make a public key, whatever form its packet has. */
import type { Certificate } from "./keys.js";

/** The public numbers of each algorithm by openpgp.js's names: RSA modulus, DSA/ElGamal value, curve points. */
const numbers = ["n", "y", "Q", "A", "C", "eccPublicKey", "mlkemPublicKey", "publicKey"] as const;

/** A point of the old curve25519 and ed25519 forms is written with this byte in front, the new forms' is bare. */
const NATIVE_POINT_PREFIX = 0x40;
const PREFIXED_POINT_BYTES = 33;

/**
 * The public numbers of the primary key and of each subkey: the same for keys that differ in date, version or the form of their
 * algorithm alone. None for an algorithm that this list doesn't know.
 */
export function publicNumbers(certificate: Certificate): readonly (readonly Uint8Array[])[] {
  return certificate.getKeys().map(({ keyPacket }) => {
    const parameters = new Map<string, unknown>(Object.entries(keyPacket.publicParams ?? {}));
    return numbers.flatMap((name) => {
      const value = parameters.get(name);
      return value instanceof Uint8Array ? [bare(value)] : [];
    });
  });
}

function bare(value: Uint8Array): Uint8Array {
  return value.length === PREFIXED_POINT_BYTES && value[0] === NATIVE_POINT_PREFIX
    ? value.subarray(1)
    : value;
}
