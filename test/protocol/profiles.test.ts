/** A list's profile holds in what is written and in what is opened, whatever a recipient's key says of itself. */
import { generateKey as generateOpenPgpKey } from "openpgp";
import { assertKeyVersion } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { configFor } from "../../src/openpgp/policy.js";
import { profiles } from "../../src/openpgp/profiles.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { dataPacketVersion } from "../../src/openpgp/seipd-reader.js";
import { readRecipient, sealShared, wipeSharedSeal } from "../../src/openpgp/shared-seal.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  type OpeningKey,
  type Profile,
  readOpeningKey,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";

const other = (profile: Profile): Profile => (profile === "compatible" ? "rfc9580" : "compatible");

/** A key of the profile's version whose features are the other's: version 4 with SEIPD version 2, version 6 without. */
async function contraryKey(profile: Profile): Promise<OpeningKey<"member">> {
  const { privateKey } = await generateOpenPgpKey({
    ...(profile === "compatible" ? { type: "ecc", curve: "curve25519Legacy" } : { type: "curve25519" }),
    userIDs: [{ email: "bob@example.test" }],
    date: new Date(Date.now() - 60_000),
    format: "binary",
    config: { ...configFor(profile), aeadProtect: profile === "compatible" },
  });
  return readOpeningKey("member", privateKey);
}

describe.each(profiles)("%s", (profile) => {
  test.each([10, 300_000])("a seal of %i octets is of the list's profile, and opens", async (size) => {
    const bob = await contraryKey(profile);
    const literal = new Uint8Array(size);
    const date = new Date();
    const signature = await signBinding(literal, bob, { kind: "draft" }, [], date);
    const sealed = await sealLayer(literal, signature, [sealingHalf(bob)], profile, date);
    expect(dataPacketVersion(split(sealed).dataPacket)).toBe(profile === "compatible" ? 1 : 2);
    await expect(openLayer(sealed, bob)).resolves.toMatchObject({ literal });
  });

  test("so is the server's own seal for many", async () => {
    const bob = await contraryKey(profile);
    const { suite } = await readRecipient(sealingHalf(bob), new Date());
    if (suite === "library") throw new Error("not ours");
    expect(suite.version).toBe(profile === "compatible" ? 1 : 2);
    const signature = await signBinding(new Uint8Array(), bob, { kind: "draft" }, [], new Date());
    const seal = await sealShared(new Uint8Array(), signature, suite, () => undefined);
    expect(dataPacketVersion(seal.dataPacket)).toBe(suite.version);
    wipeSharedSeal(seal);
  });

  test("a key of the other version is told", async () => {
    const bob = await contraryKey(profile);
    expect(() => assertKeyVersion(bob, profile)).not.toThrow();
    expect(() => assertKeyVersion(bob, other(profile))).toThrow(
      expect.objectContaining({ code: "wrong-key-version" }),
    );
  });
});
