/**
 * Shared secrets in place of key pairs (seed [0010]: "one shared secret key used for both halves").
 *
 * Any of the three roles may be one: the list's (known to all members), the server's (pairwise between one sender and the
 * server: shared by all senders it would break the promise, see `proofs/`), a member's (between that member and the server).
 * On the wire it is an SKESK (RFC 9580, 5.3) instead of a PKESK; everything else is the same code.
 *
 * A shared secret is 256 random bits, never a human's password, so the cheapest S2K does. It signs nothing: every person,
 * and the server, still has a certificate. It has an id that is used where a fingerprint would be; the id tells nothing of the
 * secret and is named in clear beside the sealed part, so that a reader makes one try and not one per secret it knows.
 */
import { enums, type PartialConfig } from "openpgp";
import { hex } from "./digest.js";
import { ProtocolError } from "./errors.js";
import { type OpeningKey, profileOfKey, type Role, type SealingKey } from "./keys.js";
import type { Profile } from "./profiles.js";

declare const secretIdBrand: unique symbol;

/** First 16 octets of SHA-256 over a fixed label and the secret, in 32 lower-case hex digits. */
export type SecretId = string & { readonly [secretIdBrand]: true };

/** What may be known of a shared secret by those who must not hold it: the server knows a list secret by this. */
export interface SecretName<R extends Role> {
  readonly role: R;
  /** The id; named like a fingerprint because it is used wherever one would be. */
  readonly fingerprint: SecretId;
  readonly profile: Profile;
}

/** A shared secret: both halves in one. */
export interface SharedSecret<R extends Role> extends SecretName<R> {
  /** 32 random octets. */
  readonly secret: Uint8Array;
}

/** What seals for a role. */
export type Sealer<R extends Role> = SealingKey<R> | SharedSecret<R>;
/** What opens for a role. */
export type Opener<R extends Role> = OpeningKey<R> | SharedSecret<R>;
/** What a list seals with, as those know it who need not be able to seal: a certificate, or the name of a secret. */
export type ListName = SealingKey<"list"> | SecretName<"list">;

const SECRET_OCTETS = 32;
const LABEL = new TextEncoder().encode("listseal secret");

/** The S2K of our SKESKs: iterated, count octet 0. Sound for 256 random bits only. */
export const secretS2k: PartialConfig = { s2kType: enums.s2k.iterated, s2kIterationCountByte: 0 };

/** A fresh shared secret for a role. */
export function generateSecret<R extends Role>(role: R, profile: Profile): Promise<SharedSecret<R>> {
  return readSecret(role, profile, crypto.getRandomValues(new Uint8Array(SECRET_OCTETS)));
}

/** A shared secret from its 32 octets. @throws ListSealError `key-damaged` for another length */
export async function readSecret<R extends Role>(
  role: R,
  profile: Profile,
  secret: Uint8Array,
): Promise<SharedSecret<R>> {
  if (secret.length !== SECRET_OCTETS)
    throw new ProtocolError("key-damaged", "a shared secret must be 32 bytes");
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from([...LABEL, ...secret]));
  const id = hex(new Uint8Array(digest).subarray(0, 16));
  if (!isSecretId(id)) throw new ProtocolError("key-damaged", "no id for the secret");
  return { role, profile, secret: Uint8Array.from(secret), fingerprint: id };
}

/** Whether `text` is a secret's id. */
export function isSecretId(text: string): text is SecretId {
  return /^[0-9a-f]{32}$/.test(text);
}

/** What may be told of a secret to those who must not hold it. */
export function nameOf<R extends Role>({ role, fingerprint, profile }: SharedSecret<R>): SecretName<R> {
  return { role, fingerprint, profile };
}

/** The passphrase of the SKESK: the secret in lower-case hex, so that gpg can be given it too. */
export function passphraseOf(secret: SharedSecret<Role>): string {
  return hex(secret.secret);
}

/** Whether this is a shared secret and not a key pair. */
export function isSecret<R extends Role>(key: Sealer<R> | Opener<R> | SecretName<R>): key is SharedSecret<R> {
  return "profile" in key && "secret" in key;
}

/** The profile of a key, a secret, or a secret's name. */
export function profileOf(key: Sealer<Role> | Opener<Role> | SecretName<Role>): Profile {
  return "profile" in key ? key.profile : profileOfKey(key);
}

/** The secrets and the key pairs among `keys`, apart: openpgp.js takes them by different names. */
export function sortSealers(keys: readonly Sealer<Role>[]): {
  readonly certificates: readonly SealingKey<Role>[];
  readonly secrets: readonly SharedSecret<Role>[];
} {
  return {
    certificates: keys.flatMap((key) => ("certificate" in key ? [key] : [])),
    secrets: keys.flatMap((key) => ("certificate" in key ? [] : [key])),
  };
}
