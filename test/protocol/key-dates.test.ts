/** A key that is refused for its dates says so: who is told that it is weak makes another one for nothing. */
import { generateKey as generateOpenPgpKey, readPrivateKey } from "openpgp";
import { readImportedKey } from "../../src/openpgp/imported-key.js";
import { assertUsable, generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";

const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY);

test.each(["compatible", "rfc9580"] as const)("a clock that is behind (%s)", async (profile) => {
  const key = await generateMemberKey({ address: "a@b.example", name: "A", profile });
  const { certificate } = sealingHalf(key);
  await assertUsable(certificate, inDays(1));
  await expect(assertUsable(certificate, inDays(-1))).rejects.toMatchObject({ code: "key-from-the-future" });
});

test("a key that is brought along, on a computer whose clock is behind", async () => {
  const { privateKey } = await generateOpenPgpKey({
    userIDs: [{ name: "A", email: "a@b.example" }],
    type: "curve25519",
    format: "armored",
    config: { v6Keys: false },
  });
  await readImportedKey(privateKey, undefined, inDays(1));
  await expect(readImportedKey(privateKey, undefined, inDays(-1))).rejects.toMatchObject({
    code: "key-from-the-future",
  });
});

test("a key without a part for encryption is none of the future, whatever the clock says", async () => {
  const { privateKey } = await generateOpenPgpKey({
    userIDs: [{ name: "A", email: "a@b.example" }],
    subkeys: [],
    type: "curve25519",
    format: "armored",
    config: { v6Keys: false },
  });
  const certificate = (await readPrivateKey({ armoredKey: privateKey })).toPublic();
  for (const date of [inDays(-1), inDays(1)])
    await expect(assertUsable(certificate, date)).rejects.toMatchObject({ code: "weak-algorithm" });
});
