/**
 * The samples of RFC 9580, appendix A, read with our settings: what the standard writes, we read; what our policy
 * refuses, is refused. `rfc9580/` holds the samples under the numbers of their sections.
 */
import { readFile } from "node:fs/promises";
import {
  createMessage,
  decrypt,
  decryptKey,
  type PrivateKey,
  type PublicKey,
  readCleartextMessage,
  readKey,
  readMessage,
  readPrivateKey,
  readSignature,
  verify,
} from "openpgp";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { checkLiteral, type KeyPacketTarget } from "../../src/openpgp/packets.js";
import { readingConfig } from "../../src/openpgp/policy.js";
import { join, type OpeningKey, parseFingerprint, split } from "../../src/protocol/index.js";

const sample = (name: string) => readFile(new URL(`./rfc9580/${name}.asc`, import.meta.url), "utf8");

/** The bytes in a sample's armor (openpgp's own `write` gives no plain bytes for SEIPD version 2). */
async function bytesOf(name: string): Promise<Uint8Array> {
  const lines = (await sample(name)).split("\n").filter((line) => line !== "" && !line.startsWith("-----"));
  return Uint8Array.from(Buffer.from(lines.join(""), "base64"));
}

const groceries = "What we need from the grocery store:\n\n- tofu\n- vegetables\n- noodles\n";
/** The fingerprints that A.3 states. */
const primary = "cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9";
const subkey = "12c83f1e706f6308fe151a417743a1f033790e93e9978488d1db378da9930885";

let certificate: PublicKey;
let secret: PrivateKey;

beforeAll(async () => {
  certificate = await readKey({ armoredKey: await sample("A.3-certificate-v6"), config: readingConfig });
  secret = await readPrivateKey({ armoredKey: await sample("A.4-secret-key-v6"), config: readingConfig });
});

test("A.1: the fingerprint of a version 4 Ed25519Legacy key", async () => {
  const key = await readKey({ armoredKey: await sample("A.1-certificate-v4"), config: readingConfig });
  expect(key.getFingerprint()).toBe("c959bdbafa32a2f89a153b678cfde12197965a9a");
});

test("A.2: its signature verifies by the bare key; a certificate without a self-signature is not believed", async () => {
  const key = await readKey({ armoredKey: await sample("A.1-certificate-v4"), config: readingConfig });
  const signature = await readSignature({ armoredSignature: await sample("A.2-signature-v4") });
  const message = await createMessage({ binary: new TextEncoder().encode("OpenPGP"), filename: "" });
  const [literal] = message.packets;
  const [packet] = signature.packets;
  if (packet === undefined || literal === undefined) throw new Error("no packet");
  await packet.verify(key.keyPacket, 0, literal);
  expect(packet.issuerKeyID.toHex()).toBe("8cfde12197965a9a");

  const { signatures } = await verify({
    message,
    signature,
    verificationKeys: key,
    config: readingConfig,
  });
  await expect(signatures[0]?.verified).rejects.toThrow();
});

test("A.3: the version 6 certificate, its fingerprints and its subkey's binding", async () => {
  expect(certificate.getFingerprint()).toBe(primary);
  expect(certificate.getSubkeys().map((each) => each.getFingerprint())).toEqual([subkey]);
  const usable = await certificate.getEncryptionKey();
  expect(usable.getFingerprint()).toBe(subkey);
});

test("A.4: the secret key is the certificate's", async () => {
  expect(secret.toPublic().write()).toEqual(certificate.write());
  expect(secret.isDecrypted()).toBe(true);
});

test("A.5: the same key locked with Argon2 over 2 GiB is more than our bound on memory", async () => {
  const locked = await sample("A.5-locked-secret-key-v6");
  const key = await readPrivateKey({ armoredKey: locked, config: readingConfig });
  expect(key.isDecrypted()).toBe(false);
  expect(key.toPublic().write()).toEqual(certificate.write());
  const unlocking = decryptKey({
    privateKey: key,
    passphrase: "correct horse battery staple",
    config: readingConfig,
  });
  await expect(unlocking).rejects.toThrow("Argon2");
});

test("A.6: the cleartext signed message", async () => {
  const message = await readCleartextMessage({ cleartextMessage: await sample("A.6-cleartext") });
  const { data, signatures } = await verify({
    message,
    verificationKeys: certificate,
    config: readingConfig,
  });
  expect(data).toBe(groceries);
  await expect(signatures[0]?.verified).resolves.toBe(true);
});

test("A.7: the inline signed message", async () => {
  const message = await readMessage({
    armoredMessage: await sample("A.7-inline-signed"),
    config: readingConfig,
  });
  const { data, signatures } = await verify({
    message,
    verificationKeys: certificate,
    config: readingConfig,
  });
  expect(data).toBe(groceries);
  await expect(signatures[0]?.verified).resolves.toBe(true);
});

describe("A.8: X25519, PKESK version 6, SEIPD version 2 with OCB", () => {
  let bytes: Uint8Array;
  let opener: OpeningKey<"member">;

  beforeAll(async () => {
    bytes = await bytesOf("A.8-x25519-ocb");
    opener = { role: "member", fingerprint: parseFingerprint(secret.getFingerprint()), secret };
  });

  test("opens as a layer", async () => {
    const layer = await openLayer(bytes, opener);
    if (layer === "not-for-me") throw new Error("not opened");
    expect(new TextDecoder().decode(layer.literal)).toBe("Hello, world!");
    expect(layer.signatures).toHaveLength(0);
  });

  test("splits where the RFC says that the packets end, and joins again; the key packet is exact", () => {
    const { keyPacket, dataPacket } = split(bytes);
    // A.8.1: a body of 0x5d octets; A.8.4: of 0x69
    expect([keyPacket.length, dataPacket.length]).toEqual([2 + 0x5d, 2 + 0x69]);
    expect(join(keyPacket, dataPacket)).toEqual(bytes);
    const target: KeyPacketTarget = {
      kind: "key",
      version: 6,
      algorithm: 25,
      id: Uint8Array.from(Buffer.from(subkey, "hex")),
    };
    expect(checkLiteral(bytes, "whole", target)).toEqual({ keyPacket, dataPacket });
  });

  test("altered in any byte it opens no more, or it opens to the same", async () => {
    const opened: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const altered = bytes.map((value, i) => (i === at ? value ^ 1 : value));
      const outcome = await openLayer(altered, opener).catch(() => "refused");
      if (typeof outcome === "string") continue;
      expect(new TextDecoder().decode(outcome.literal)).toBe("Hello, world!");
      opened.push(at);
    }
    // QUIRK: openpgp.js 6.3.2 compares a PKESK's recipient by the first 8 octets of the fingerprint. The version octet
    // before it and the other 24 octets name nobody then; nothing secret or signed is in them. The inner key packet's
    // fingerprint is compared whole, by `checkKeyPacket`.
    expect(opened).toEqual([4, ...Array.from({ length: 24 }, (_, i) => 13 + i)]);
  });
});

test.each(["A.9-password-eax", "A.10-password-ocb", "A.11-password-gcm"])(
  "%s: SKESK version 6, SEIPD version 2",
  async (name) => {
    const bytes = await bytesOf(name);
    const message = await readMessage({ binaryMessage: bytes, config: readingConfig });
    const { data } = await decrypt({ message, passwords: "password", config: readingConfig });
    expect(data).toBe("Hello, world!");
    const { keyPacket, dataPacket } = split(bytes);
    expect(join(keyPacket, dataPacket)).toEqual(bytes);
  },
);

test.each(["A.12.1-argon2-aes128", "A.12.2-argon2-aes192", "A.12.3-argon2-aes256"])(
  "%s: asks for 2 GiB, our bound refuses it",
  async (name) => {
    const message = await readMessage({ armoredMessage: await sample(name), config: readingConfig });
    await expect(decrypt({ message, passwords: "password", config: readingConfig })).rejects.toThrow(
      "Argon2",
    );
  },
);
