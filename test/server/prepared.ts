/** Posts and members for the tests of the server's sealing: any literal, any kind of certificate. */
import { enums, generateKey, type KeyOptions, LiteralDataPacket, SecretKeyPacket } from "openpgp";
import { configFor, fullReadingConfig } from "../../src/openpgp/policy.js";
import type { Profile } from "../../src/openpgp/profiles.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  type OpeningKey,
  openAtServer,
  type PreparedReseal,
  prepareReseal,
  readOpeningKey,
  type SealedMessage,
} from "../../src/protocol/index.js";
import { type Cast, serverContext } from "../protocol/people.js";

export const roster = { number: 7, hash: "ab".repeat(32) };

/** The server opens `submitted` with every check and makes the list signature. */
export async function prepare(cast: Cast, submitted: SealedMessage): Promise<PreparedReseal> {
  const context = serverContext(cast);
  return prepareReseal(await openAtServer(submitted, context), { ...context, roster });
}

/** A prepared post whose literal is any bytes: what a container holds does not depend on what they mean. */
export async function prepareBytes(cast: Cast, literal: Uint8Array): Promise<PreparedReseal> {
  const date = new Date();
  const says = { kind: "through", msgid: "<1@example.test>" } as const;
  const listSignature = await signBinding(literal, cast.serverKey, says, [], date);
  return {
    opened: {
      mode: "whole",
      literal,
      messageId: says.msgid,
      signedAt: date,
      by: cast.alice.fingerprint,
      keyPacketDigest: "",
      dataPacketDigest: "",
    },
    listSignature,
    profile: cast.profile,
    date,
  };
}

/** The kinds of member certificate that there are in the world, and in which packet the session key reaches each. */
export const memberKinds = {
  "v4 Curve25519Legacy": [{ type: "ecc", curve: "curve25519Legacy" }, configFor("compatible")],
  "v4 X25519": [{ type: "curve25519" }, configFor("compatible")],
  "v4 Curve25519Legacy that wants AEAD": [
    { type: "ecc", curve: "curve25519Legacy" },
    { ...configFor("rfc9580"), v6Keys: false },
  ],
  "v4 X25519 that wants AEAD": [{ type: "curve25519" }, { ...configFor("rfc9580"), v6Keys: false }],
  "v4 that prefers AES-128": [
    { type: "ecc", curve: "curve25519Legacy" },
    { ...configFor("compatible"), preferredSymmetricAlgorithm: 7 },
  ],
  "v6 X25519": [{ type: "curve25519" }, configFor("rfc9580")],
  "RSA-3072": [{ type: "rsa", rsaBits: 3072 }, configFor("compatible")],
  "NIST P-256": [{ type: "ecc", curve: "nistP256" }, configFor("compatible")],
  "v6 X448": [{ type: "curve448" }, configFor("rfc9580")],
} as const satisfies Record<
  string,
  readonly [Pick<KeyOptions, "type" | "curve" | "rsaBits">, NonNullable<KeyOptions["config"]>]
>;
export type MemberKind = keyof typeof memberKinds;

/** A member key of that kind, with the settings of {@link memberKinds}. */
export async function memberOf(
  kind: MemberKind,
  more: { readonly date?: Date; readonly keyExpirationTime?: number } = {},
): Promise<OpeningKey<"member">> {
  const [type, config] = memberKinds[kind];
  const { privateKey } = await generateKey({
    ...type,
    userIDs: [{ email: "bob@example.test" }],
    date: new Date(Date.now() - 60_000),
    ...more,
    format: "binary",
    config,
  });
  return readOpeningKey("member", privateKey);
}

declare module "openpgp" {
  // present at run time, absent from the library's type file
  interface PrivateKey {
    directSignatures: SignaturePacket[];
  }
  interface SignaturePacket {
    preferredCipherSuites: [number, number][] | null;
  }
}

/** A v6 member whose certificate allows OCB and nothing else, as other software may make it. */
export async function memberWithoutGcm(): Promise<OpeningKey<"member">> {
  const { secret } = await memberOf("v6 X25519");
  const [signature] = secret.directSignatures;
  const { keyPacket } = secret;
  if (signature === undefined || !(keyPacket instanceof SecretKeyPacket))
    throw new Error("another form of key");
  signature.preferredCipherSuites = [[enums.symmetric.aes256, enums.aead.ocb]];
  const signed = Object.assign(new LiteralDataPacket(), { key: keyPacket });
  await signature.sign(keyPacket, signed, signature.created ?? new Date(), false, fullReadingConfig());
  return readOpeningKey("member", secret.write());
}

/** The profiles, for `describe.each`. */
export const profiles = ["compatible", "rfc9580"] as const satisfies readonly Profile[];
