/** The hash of a signed message by our own hand, against openpgp.js: its signatures verify here, ours verify there. */
import { randomBytes } from "node:crypto";
import {
  createMessage,
  enums,
  generateKey,
  type KeyOptions,
  LiteralDataPacket,
  PacketList,
  type PartialConfig,
  readSignature,
  SecretKeyPacket,
  type SignaturePacket,
  sign,
  verify,
} from "openpgp";
import { SignatureForRecipients } from "../../src/openpgp/intended-recipients.js";
import { configFor, fullReadingConfig } from "../../src/openpgp/policy.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { beginDigest, hasOwnDigest } from "../../src/openpgp/signed-digest.js";
import { signBinding } from "../../src/protocol/binding.js";
import { generateMemberKey, type OpeningKey, readOpeningKey, sealingHalf } from "../../src/protocol/index.js";

type Kind = readonly [
  name: string,
  own: boolean,
  type: Pick<KeyOptions, "type" | "curve">,
  config: PartialConfig,
];
const compatible = configFor("compatible");
const rfc9580 = configFor("rfc9580");
const kinds: readonly Kind[] = [
  ["v4 EdDSA", true, { type: "ecc", curve: "curve25519Legacy" }, compatible],
  [
    "v4 EdDSA, SHA-256",
    true,
    { type: "ecc", curve: "curve25519Legacy" },
    { ...compatible, preferredHashAlgorithm: enums.hash.sha256 },
  ],
  ["v4 Ed25519", true, { type: "curve25519" }, compatible],
  ["v6 Ed25519", true, { type: "curve25519" }, rfc9580],
  ["v6 Ed448", true, { type: "curve448" }, rfc9580],
  ["v4 ECDSA on P-256", false, { type: "ecc", curve: "nistP256" }, compatible],
];

async function keyOf([, , type, config]: Kind): Promise<OpeningKey<"member">> {
  const { privateKey } = await generateKey({
    ...type,
    userIDs: [{ email: "alice@example.test" }],
    date: new Date(Date.now() - 60_000),
    format: "binary",
    config,
  });
  return readOpeningKey("member", privateKey);
}

describe.each(["as here", "as in a browser"] as const)("%s", (where) => {
  const { getBuiltinModule } = process;
  beforeEach(() => {
    if (where === "as in a browser") Reflect.set(process, "getBuiltinModule", undefined);
  });
  afterEach(() => {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
  });

  describe.each(kinds)("%s", (...kind) => {
    const [, own, , config] = kind;
    const data = Uint8Array.from(randomBytes(1000));
    let key: OpeningKey<"member">;
    beforeAll(async () => {
      key = await keyOf(kind);
    });
    const ask = (signature: Awaited<ReturnType<typeof readSignature>>, about = data) =>
      verifyOnly(about, [signature], sealingHalf(key).certificate, new Date());

    test("what openpgp.js signed verifies, and for nothing else; asked again, for what it is asked about", async () => {
      const binarySignature: Uint8Array = await sign({
        message: await createMessage({ binary: data }),
        signingKeys: key.secret,
        detached: true,
        format: "binary",
        config,
      });
      const signature = await readSignature({ binarySignature });
      expect(signature.packets.map(hasOwnDigest)).toEqual([own]);
      const other = data.map((octet, at) => (at === 500 ? octet ^ 1 : octet));
      for (const _ of [1, 2]) {
        await expect(ask(signature)).resolves.toMatchObject({ by: key.fingerprint });
        for (const about of [other, data.subarray(1), new Uint8Array()]) {
          await expect(ask(signature, about)).rejects.toMatchObject({ code: "bad-signature" });
        }
      }
    });

    test("a hash that was begun is used for its own data and signature alone", async () => {
      const signed = async (binary: Uint8Array) => {
        const made = await signBinding(binary, key, { kind: "draft" }, [], new Date());
        return readSignature({ binarySignature: Uint8Array.from(made.write()) });
      };
      const [signature, another] = [await signed(data), await signed(data)];
      const other = Uint8Array.from(data);
      const begun = beginDigest(data, [signature]);
      expect(begun !== undefined).toBe(signature.packets.every(hasOwnDigest));
      expect(beginDigest(data, [])).toBeUndefined();
      expect(beginDigest(data, [signature, another])).toBeUndefined();
      const { certificate } = sealingHalf(key);
      const asked = (about: Uint8Array, by: typeof signature) =>
        verifyOnly(about, [by], certificate, new Date(), begun);
      await expect(asked(data, signature)).resolves.toMatchObject({ by: key.fingerprint });
      await expect(asked(data, another)).resolves.toBeDefined();
      other[500] = (other[500] ?? 0) ^ 1;
      await expect(asked(other, signature)).rejects.toMatchObject({ code: "bad-signature" });
    });

    test("what we sign verifies by openpgp.js", async () => {
      const date = new Date();
      const made = await signBinding(data, key, { kind: "draft" }, [key.fingerprint], date);
      const written = made.write();
      if (!(written instanceof Uint8Array)) throw new Error("a stream");
      const check = async (binary: Uint8Array) => {
        const { signatures } = await verify({
          message: await createMessage({ binary }),
          signature: await readSignature({ binarySignature: written }),
          verificationKeys: sealingHalf(key).certificate,
          date,
        });
        return signatures[0]?.verified;
      };
      await expect(check(data)).resolves.toBe(true);
      await expect(check(data.subarray(1))).rejects.toThrow();
      await expect(ask(await readSignature({ binarySignature: written }))).resolves.toBeDefined();
    });
  });
});

test("a signature with another hash than SHA-256, SHA-384 and SHA-512 is refused, whatever the library thinks of it", async () => {
  const config = { ...rfc9580, preferredHashAlgorithm: enums.hash.sha3_512 };
  const key = await keyOf(["v6 Ed25519, SHA3-512", false, { type: "curve25519" }, config]);
  const data = Uint8Array.of(1);
  const binarySignature: Uint8Array = await sign({
    message: await createMessage({ binary: data }),
    signingKeys: key.secret,
    detached: true,
    format: "binary",
    config,
  });
  const { certificate } = sealingHalf(key);
  const asked = verifyOnly(data, [await readSignature({ binarySignature })], certificate, new Date());
  await expect(asked).rejects.toMatchObject({ code: "weak-algorithm" });
});

test("a signature that its key made when it had run out is told from a forged one", async () => {
  const made = new Date(Date.now() - 3_600_000);
  const key = await generateMemberKey({
    profile: "compatible",
    address: "alice@example.test",
    date: made,
    expiresInSeconds: 60,
  });
  const data = Uint8Array.of(1);
  const { certificate } = sealingHalf(key);
  const at = async (seconds: number) => {
    const date = new Date(made.getTime() + seconds * 1000);
    // packet by packet: the library asks a key whether it has run out before it signs
    const packet = new SignatureForRecipients([], data);
    Object.assign(packet, {
      signatureType: enums.signature.binary,
      publicKeyAlgorithm: enums.publicKey.eddsaLegacy,
      hashAlgorithm: enums.hash.sha512,
    });
    const signing = key.secret.keyPacket;
    const literal = (await createMessage({ binary: data })).packets.findPacket(enums.packet.literalData);
    if (!(signing instanceof SecretKeyPacket) || !(literal instanceof LiteralDataPacket))
      throw new Error("none");
    await packet.sign(signing, literal, date, true, fullReadingConfig());
    const signature = new PacketList<SignaturePacket>();
    signature.push(packet);
    return readSignature({ binarySignature: signature.write() });
  };
  await expect(verifyOnly(data, [await at(30)], certificate, new Date())).resolves.toBeDefined();
  await expect(verifyOnly(data, [await at(90)], certificate, new Date())).rejects.toMatchObject({
    code: "key-expired",
  });
});
