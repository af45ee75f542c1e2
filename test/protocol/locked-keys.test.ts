/** Keys under a passphrase: opened by it, and never at the price of any memory that a stranger asks for. */
import { encryptKey, enums } from "openpgp";
import { MAX_ARGON2_MEMORY_EXPONENT } from "../../src/openpgp/policy.js";
import { armorOpeningKey, generateMemberKey, readOpeningKey } from "../../src/protocol/index.js";

const passphrase = "correct horse battery staple";
const newKey = () => generateMemberKey({ name: "Alice", address: "alice@example.test", profile: "rfc9580" });

test("a locked key opens with its passphrase only", async () => {
  const key = await newKey();
  const locked = await armorOpeningKey(key, passphrase);
  await expect(readOpeningKey("member", locked)).rejects.toMatchObject({ code: "key-locked" });
  await expect(readOpeningKey("member", locked, "wrong")).rejects.toMatchObject({ code: "wrong-passphrase" });
  const opened = await readOpeningKey("member", locked, passphrase);
  expect(opened.secret.isDecrypted()).toBe(true);
  expect(opened.fingerprint).toBe(key.fingerprint);
});

test.each([
  ["as much memory as allowed", 0],
  ["twice as much", 1],
])("a lock that asks for %s", async (_, more) => {
  const memoryExponent = MAX_ARGON2_MEMORY_EXPONENT + more;
  const { secret } = await newKey();
  const locked = await encryptKey({
    privateKey: secret,
    passphrase,
    config: {
      s2kType: enums.s2k.argon2,
      s2kArgon2Params: { passes: 1, parallelism: 4, memoryExponent },
      aeadProtect: true,
    },
  });
  const reading = readOpeningKey("member", locked.armor(), passphrase);
  if (more === 0) await expect(reading).resolves.toMatchObject({ role: "member" });
  else await expect(reading).rejects.toMatchObject({ code: "unsupported-algorithm" });
});
