/** Our writer of large messages against openpgp.js, which opens what it writes: any size, cipher, recipient. */
import {
  decrypt,
  enums,
  generateKey,
  type KeyOptions,
  type PartialConfig,
  readMessage,
  type Signature,
} from "openpgp";
import { split } from "../../src/openpgp/packets.js";
import { configFor, readingConfig } from "../../src/openpgp/policy.js";
import { OWN_ABOVE_BYTES, sealLarge, sealLayer } from "../../src/openpgp/seal-layer.js";
import { isSecret, passphraseOf } from "../../src/openpgp/secrets.js";
import { dataPacketVersion } from "../../src/openpgp/seipd-reader.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  generateMemberKey,
  generateSecret,
  type OpeningKey,
  readOpeningKey,
  sealingHalf,
} from "../../src/protocol/index.js";

const CHUNK = 262_144;
const date = new Date();
const profiles = ["compatible", "rfc9580"] as const;
const compatible = configFor("compatible");
const rfc9580 = configFor("rfc9580");

const random = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

async function memberOf(
  config: PartialConfig,
  type: Pick<KeyOptions, "type" | "curve"> = { type: "curve25519" },
): Promise<OpeningKey<"member">> {
  const { privateKey } = await generateKey({
    ...type,
    userIDs: [{ email: "bob@example.test" }],
    date: new Date(Date.now() - 60_000),
    format: "binary",
    config,
  });
  return readOpeningKey("member", privateKey);
}

async function signed(literal: Uint8Array, author: OpeningKey<"member">): Promise<Signature> {
  return signBinding(literal, author, { kind: "draft" }, [], date);
}

/** What openpgp.js makes of it, with its own check of the signature. */
async function libraryOpens(
  message: Uint8Array,
  reader: OpeningKey<"member"> | string,
  author: OpeningKey<"member">,
) {
  const { data, signatures } = await decrypt({
    message: await readMessage({ binaryMessage: message, config: readingConfig }),
    ...(typeof reader === "string" ? { passwords: reader } : { decryptionKeys: reader.secret }),
    verificationKeys: sealingHalf(author).certificate,
    format: "binary",
    config: readingConfig,
  });
  expect(signatures).toHaveLength(1);
  await signatures[0]?.verified;
  return data;
}

describe.each(["as here", "as in a browser"] as const)("%s", (where) => {
  const { getBuiltinModule } = process;
  beforeEach(() => {
    if (where === "as in a browser") Reflect.set(process, "getBuiltinModule", undefined);
  });
  afterEach(() => {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
  });
  const isOurs = (version: 1 | 2) => version === 2 || where === "as here";

  test.each(profiles)("%s: sizes around chunks, slices and headers", async (profile) => {
    const [author, bob] = await Promise.all(
      ["a", "b"].map((name) => generateMemberKey({ profile, address: `${name}@example.test` })),
    );
    if (author === undefined || bob === undefined) throw new Error("nobody");
    // with a literal's header, one-pass signature and signature the packets are some hundred octets longer
    const sizes = [
      0,
      1,
      191,
      8384,
      65_536,
      ...[-400, -300, -200, -1, 0, 1].map((more) => CHUNK + more),
      3 * CHUNK + 7,
    ];
    for (const size of sizes) {
      const literal = random(size);
      const sealed = await sealLarge({
        literal,
        signature: await signed(literal, author),
        certificates: [sealingHalf(bob).certificate],
        passwords: [],
        compress: false,
        date,
        profile,
        config: configFor(profile),
      });
      if (!isOurs(profile === "compatible" ? 1 : 2)) {
        expect(sealed).toBe("unknown");
        continue;
      }
      if (sealed === "unknown") throw new Error("not ours");
      expect([size, same(await libraryOpens(sealed, bob, author), literal)]).toEqual([size, true]);
    }
  });

  const kinds = [
    ["v4, AES-256, CFB", compatible, 1],
    ["v4, AES-128, CFB", { ...compatible, preferredSymmetricAlgorithm: enums.symmetric.aes128 }, 1],
    ["v4, AES-192, CFB", { ...compatible, preferredSymmetricAlgorithm: enums.symmetric.aes192 }, 1],
    ["v6, AES-256, GCM", rfc9580, 2],
    ["v4 that wants GCM", { ...rfc9580, v6Keys: false }, 2],
  ] as const satisfies readonly (readonly [string, PartialConfig, 1 | 2])[];

  test.each(kinds)(
    "%s: the cipher that openpgp.js chooses, also for two readers and under a secret",
    async (_, config, version) => {
      const [author, bob, eve] = [await memberOf(config), await memberOf(config), await memberOf(config)];
      const secret = await generateSecret("server", version === 1 ? "compatible" : "rfc9580");
      const literal = random(OWN_ABOVE_BYTES + 1);
      const signature = await signed(literal, author);
      const profile = version === 1 ? "compatible" : "rfc9580";
      for (const sealers of [[bob], [bob, eve], [bob, secret], [secret]]) {
        const halves = sealers.map((each) => (isSecret(each) ? each : sealingHalf(each)));
        const sealed = await sealLayer(literal, signature, halves, profile, date);
        const { keyPacket, dataPacket } = split(sealed);
        expect(dataPacketVersion(dataPacket)).toBe(version);
        // ours has one length in front; openpgp.js spells version 2 in partial ones
        if (isOurs(version)) expect(dataPacket[1]).toBe(255);
        for (const reader of sealers) {
          const key = isSecret(reader) ? passphraseOf(reader) : reader;
          expect(same(await libraryOpens(sealed, key, author), literal)).toBe(true);
        }
        expect(keyPacket.length).toBeGreaterThan(0);
      }
    },
  );

  test("compressed: openpgp.js inflates it, and it is smaller", async () => {
    const [author, bob] = [await memberOf(rfc9580), await memberOf(rfc9580)];
    const literal = Buffer.from(random(3000).toString().repeat(150));
    const sealed = await sealLarge({
      literal,
      signature: await signed(literal, author),
      certificates: [sealingHalf(bob).certificate],
      passwords: [],
      compress: true,
      profile: "rfc9580",
      date,
      config: rfc9580,
    });
    if (sealed === "unknown") throw new Error("not ours");
    expect(sealed.length).toBeLessThan(literal.length / 10);
    expect(same(await libraryOpens(sealed, bob, author), literal)).toBe(true);
  });

  test("no two messages share a session key, a salt or a prefix", async () => {
    for (const config of [compatible, rfc9580]) {
      const [author, bob] = [await memberOf(config), await memberOf(config)];
      const literal = random(1000);
      const message = {
        literal,
        signature: await signed(literal, author),
        certificates: [sealingHalf(bob).certificate],
        passwords: [],
        compress: false,
        profile: config === compatible ? ("compatible" as const) : ("rfc9580" as const),
        date,
        config,
      };
      const [first, second] = [await sealLarge(message), await sealLarge(message)];
      if (first === "unknown" || second === "unknown")
        return expect(isOurs(config === compatible ? 1 : 2)).toBe(false);
      const [a, b] = [split(first).dataPacket, split(second).dataPacket];
      const differing = a.filter((octet, at) => octet !== b[at]).length;
      expect(differing).toBeGreaterThan(a.length * 0.95);
    }
  });
});

test("a certificate that wants OCB is left to openpgp.js", async () => {
  const config = { ...rfc9580, preferredAEADAlgorithm: enums.aead.ocb };
  const [author, bob] = [await memberOf(rfc9580), await memberOf(config)];
  const literal = random(10);
  const sealed = await sealLarge({
    literal,
    signature: await signed(literal, author),
    certificates: [sealingHalf(bob).certificate],
    passwords: [],
    compress: false,
    profile: "rfc9580",
    date,
    config,
  });
  expect(sealed).toBe("unknown");
});
