/** Keys of other programs, and keys for them: what is taken, what is refused and in which words; the practice list. */
import { encryptKey, generateKey, type PrivateKey, readPrivateKey, type UserID } from "openpgp";
import { exportKey, importKey } from "../../src/extension/worker/imported-keys.js";
import { makeKey, unlockKey } from "../../src/extension/worker/member-keys.js";
import { practise } from "../../src/extension/worker/practice.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { readOpeningKey } from "../../src/openpgp/keys.js";

const now = new Date().toISOString();
const bytes = (text: string) => new TextEncoder().encode(text);
const alice: UserID = { name: "Alice", email: "alice@example.test" };

async function made(options: {
  readonly userIDs?: UserID[];
  readonly subkeys?: { readonly sign: boolean }[];
  readonly rsaBits?: number;
  readonly expires?: number;
}): Promise<PrivateKey> {
  const { userIDs = [alice], subkeys, rsaBits, expires } = options;
  const { privateKey } = await generateKey({
    ...(rsaBits === undefined ? { type: "ecc", curve: "curve25519Legacy" } : { type: "rsa", rsaBits }),
    userIDs,
    date: new Date(Date.now() - 86_400_000),
    ...(subkeys === undefined ? {} : { subkeys }),
    ...(expires === undefined ? {} : { keyExpirationTime: expires }),
    format: "object",
    config: { minRSABits: 1024 },
  });
  return privateKey;
}

const take = (file: Uint8Array, passphrase: string | null = null, address: string | null = null) =>
  importKey({ file, passphrase, address, now });

test("an armored key with its passphrase: locked with it, ready, for its address", async () => {
  const key = await made({});
  const locked = await encryptKey({ privateKey: key, passphrase: "horse" });
  const { key: kept, secret } = await take(bytes(`\n${locked.armor()}`), "horse");
  expect(kept).toMatchObject({
    fingerprint: key.getFingerprint(),
    address: "alice@example.test",
    userId: "Alice <alice@example.test>",
    locked: true,
  });
  await expect(readOpeningKey("member", fromBase64(kept.secret))).rejects.toMatchObject({
    code: "key-locked",
  });
  expect((await unlockKey({ key: kept, passphrase: "horse" })).secret).toBe(secret);
});

test("a binary key without one, for the second of its addresses", async () => {
  const key = await made({ userIDs: [alice, { email: "a@work.test" }] });
  const { key: kept } = await take(key.write(), null, "a@work.test");
  expect(kept).toMatchObject({ address: "a@work.test", locked: false });
});

/** GnuPG's stub for a primary key that is kept offline: S2K 101, then `GNU` and 1. */
async function offlinePrimary(): Promise<Uint8Array> {
  const key = await made({});
  const { keyPacket } = key;
  if (!("makeDummy" in keyPacket)) throw new Error("no secret part");
  keyPacket.makeDummy();
  return key.write();
}

describe("refused, and why", () => {
  const cases: readonly (readonly [string, string, () => Promise<Uint8Array>, string | null])[] = [
    ["no key at all", "no-secret-key", async () => bytes("hello"), null],
    ["a public key", "no-secret-key", async () => bytes((await made({})).toPublic().armor()), null],
    ["a binary public key", "no-secret-key", async () => (await made({})).toPublic().write(), null],
    ["a primary part that is kept offline", "no-secret-key", offlinePrimary, null],
    ["no part for encryption", "no-encryption-key", async () => (await made({ subkeys: [] })).write(), null],
    [
      "a second signing part instead of one for encryption",
      "no-encryption-key",
      async () => (await made({ subkeys: [{ sign: true }] })).write(),
      null,
    ],
    ["RSA of 2048 bits", "weak-algorithm", async () => (await made({ rsaBits: 2048 })).write(), null],
    ["expired", "key-expired", async () => (await made({ expires: 60 })).write(), null],
    ["another address", "address-not-in-key", async () => (await made({})).write(), "bob@example.test"],
    [
      "no address",
      "address-not-in-key",
      async () => (await made({ userIDs: [{ name: "Alice" }] })).write(),
      null,
    ],
    [
      "a list key",
      "wrong-role",
      async () =>
        (await made({ userIDs: [{ name: "ListSeal list key", email: "team@lists.example" }] })).write(),
      null,
    ],
  ];
  test.each(cases)("%s: %s", async (_, code, file, address) => {
    await expect(take(await file(), null, address)).rejects.toMatchObject({ code });
  });

  test("a locked key without its passphrase, and with a wrong one", async () => {
    const locked = await encryptKey({ privateKey: await made({}), passphrase: "horse" });
    await expect(take(locked.write())).rejects.toMatchObject({ code: "key-locked" });
    await expect(take(locked.write(), "cow")).rejects.toMatchObject({ code: "wrong-passphrase" });
  });
});

test("a saved secret key opens with the file's passphrase alone, and comes back in", async () => {
  const { key } = await makeKey({
    address: "alice@example.test",
    name: "Alice",
    passphrase: "of the key",
    profile: "compatible",
    now,
  });
  const passphrase = "of the file alone";
  await expect(exportKey({ key, current: null, passphrase })).rejects.toMatchObject({ code: "key-locked" });
  const { armored } = await exportKey({ key, current: "of the key", passphrase });
  const read = await readPrivateKey({ armoredKey: armored });
  expect(read.isDecrypted()).toBe(false);
  await expect(take(bytes(armored), "of the key")).rejects.toMatchObject({ code: "wrong-passphrase" });
  expect((await take(bytes(armored), passphrase)).key.fingerprint).toBe(key.fingerprint);
});

test("the practice list: the member reads the words, the server can't, and no stage shows them", async () => {
  const text = "the meeting is on Tuesday 会議";
  const shown = await practise({ text });
  expect(shown).toMatchObject({ opened: text, serverCanRead: false, throughList: true });
  for (const stage of [shown.sent, shown.atServer, shown.arrived]) {
    expect(stage.length).toBeGreaterThan(100);
    expect(stage).not.toContain(toBase64(bytes("the meeting")).slice(0, 12));
  }
});
