import { enums, readPrivateKey } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  type AuthorEvidence,
  certifyMember,
  checkIntroduction,
  type ListForProof,
  MAX_CHAIN_BYTES,
  makeIntroduction,
  proveAuthor,
  readIntroduction,
} from "../../src/membership/introduction/introduction.js";
import { noPins } from "../../src/membership/introduction/pins.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseFingerprint,
  readOpeningKey,
  sealingHalf,
  writeOpeningKey,
} from "../../src/openpgp/keys.js";
import {
  bareIntroduction,
  bobAddress,
  type Chain,
  cheat,
  daysAgo,
  inTwoWeeks,
  libraryAccepts,
  mailOf,
  makeChain,
  person,
  publicBytes,
  says,
  team,
} from "./chain.js";

const now = () => new Date();
const verdictOf = async (evidence: AuthorEvidence, list: ListForProof) =>
  (await checkIntroduction(evidence, list, noPins, now())).verdict;
const refusedAt = (step: string, code: string) => ({ kind: "refused", step, code });

let chain: Chain;
let boss: OpeningKey<"member">;
let nameless: OpeningKey<"member">;
beforeAll(async () => {
  [chain, boss, nameless] = await Promise.all([makeChain(), person("boss@x.test"), person("oscar@x.test")]);
});

describe.each(["compatible", "rfc9580"] as const)("an honest chain (%s)", (profile) => {
  test("introduces Bob, whatever name his key shows", async () => {
    for (const name of [undefined, "Bob B."]) {
      const { list, introduction, bob, owner } = await makeChain(profile, name);
      expect(bob.secret.getUserIDs()[0]).toBe(name === undefined ? "<bob@x.test>" : "Bob B. <bob@x.test>");
      const evidence = mailOf(bob, introduction);
      expect(await verdictOf(evidence, list)).toEqual({ kind: "introduced", by: owner.fingerprint });
      const size = evidence.certificate.length + (evidence.introduction?.length ?? 0);
      expect(size).toBeLessThan(2600);
    }
  });

  test("a key keeps its use, expiry and first name when another address is added", async () => {
    const { owner, listKey, list } = await makeChain(profile);
    const address = parseAddress("bob@work.test");
    const terms = { list: team, listKey, address, joinBy: inTwoWeeks() };
    const introduction = await makeIntroduction(owner, terms, profile);
    const before = await generateMemberKey({
      name: "Bob",
      address: "bob@x.test",
      profile,
      date: daysAgo(100),
      expiresInSeconds: 400 * 86_400,
    });
    const bob = await certifyMember(introduction, before, list);
    expect(bob.fingerprint).toBe(before.fingerprint);
    expect(bob.secret.getUserIDs()).toEqual(["Bob <bob@x.test>", "<bob@work.test>"]);
    expect(await bob.secret.getExpirationTime()).toEqual(await before.secret.getExpirationTime());
    const expiries = bob.secret.users.map((user) => user.selfCertifications[0]?.keyExpirationTime);
    expect(expiries[1]).toEqual(expiries[0]);
    const date = now();
    for (const key of [before, bob]) {
      expect((await key.secret.getEncryptionKey(undefined, date)).getFingerprint()).toBe(
        before.secret.subkeys[0]?.getFingerprint(),
      );
      expect((await key.secret.getSigningKey(undefined, date)).getFingerprint()).toBe(before.fingerprint);
    }
    const evidence = mailOf(bob, introduction, { from: address });
    expect(await verdictOf(evidence, list)).toEqual({ kind: "introduced", by: owner.fingerprint });
  });
});

test("v4 owners introduce v6 members and the reverse", async () => {
  for (const [ownerProfile, memberProfile] of [
    ["compatible", "rfc9580"],
    ["rfc9580", "compatible"],
  ] as const) {
    const { owner, listKey, list } = await makeChain(ownerProfile);
    const terms = { list: team, listKey, address: bobAddress, joinBy: inTwoWeeks() };
    const introduction = await makeIntroduction(owner, terms, memberProfile);
    const bob = await certifyMember(introduction, await person("bob@x.test", memberProfile), list);
    expect((await verdictOf(mailOf(bob, introduction), list)).kind).toBe("introduced");
  }
});

test("an invitee whose clock is behind the owner's is introduced all the same", async () => {
  const { introduction, list } = chain;
  const behind = (minutes: number) => new Date(daysAgo(60).getTime() - minutes * 60_000);
  const bob = await certifyMember(introduction, await person("bob@x.test"), list, behind(5));
  expect((await verdictOf(mailOf(bob, introduction), list)).kind).toBe("introduced");
  const late = certifyMember(introduction, await person("bob@x.test"), list, behind(15));
  await expect(late).rejects.toMatchObject({ code: "from-the-future" });
});

test("introductions of a former list key, and of a join-by long past, stay true", async () => {
  const newKey = parseFingerprint("0".repeat(40));
  const list = { ...chain.list, fingerprints: [newKey, chain.listKey] };
  expect((await verdictOf(mailOf(chain.bob, chain.introduction), list)).kind).toBe("introduced");
  const terms = {
    list: team,
    listKey: chain.listKey,
    address: bobAddress,
    joinBy: new Date("2020-01-01T00:00:00Z"),
  };
  const old = await makeIntroduction(chain.owner, terms, "compatible", daysAgo(50));
  const bob = await certifyMember(old, await person("bob@x.test"), chain.list, daysAgo(49));
  expect((await verdictOf(mailOf(bob, old), chain.list)).kind).toBe("introduced");
});

test("what the server reads from an introduction", async () => {
  const proven = await readIntroduction(publicBytes(chain.introduction), chain.list, now());
  expect(proven).toMatchObject({
    address: "bob@x.test",
    by: chain.owner.fingerprint,
    listKey: chain.listKey,
  });
  expect(proven.joinBy.getTime()).toBeGreaterThan(Date.now());
  expect(proven.fingerprint).toBe(chain.introduction.fingerprint);
});

describe("owners", () => {
  test("are owners under an address of theirs, and nobody else is", async () => {
    const olga = parseAddress("olga@x.test");
    const evidence = mailOf(chain.owner, undefined, { from: olga });
    expect(await verdictOf(evidence, chain.list)).toEqual({ kind: "owner" });
    // an owner who writes as the boss is not the boss
    const asBoss = { ...evidence, from: parseAddress("boss@x.test") };
    expect(await verdictOf(asBoss, chain.list)).toEqual({ kind: "new-not-introduced", before: "never" });
    // a stranger under the owner's address, before the owner has ever written
    const stranger = mailOf(await person("olga@x.test"), undefined, { from: olga });
    expect(await verdictOf(stranger, chain.list)).toEqual({
      kind: "changed",
      why: "another-key",
      pinned: chain.owner.fingerprint,
    });
  });

  test("of several, each one introduces", async () => {
    const second = await person("oscar@x.test");
    const list = { ...chain.list, owners: [...chain.list.owners, sealingHalf(second)] };
    const terms = { list: team, listKey: chain.listKey, address: bobAddress, joinBy: inTwoWeeks() };
    const introduction = await makeIntroduction(second, terms, "compatible");
    const bob = await certifyMember(introduction, await person("bob@x.test"), list);
    expect(await verdictOf(mailOf(bob, introduction), list)).toEqual({
      kind: "introduced",
      by: second.fingerprint,
    });
    expect(await verdictOf(mailOf(bob, introduction), chain.list)).toEqual(
      refusedAt("owner-certification", "not-signed"),
    );
  });

  test("introduce only while their key is valid", async () => {
    const ran = { profile: "compatible", address: "olga@x.test" } as const;
    const expired = await generateMemberKey({ ...ran, date: daysAgo(100), expiresInSeconds: 30 * 86_400 });
    const later = await generateMemberKey({ ...ran, date: daysAgo(10) });
    for (const owner of [expired, later]) {
      const list = { ...chain.list, owners: [sealingHalf(owner)] };
      const introduction = await cheat(await bareIntroduction("bob@x.test"), owner, {
        values: says("introduction", chain.listKey),
        date: daysAgo(60),
      });
      const bob = await cheat(await person("bob@x.test"), introduction, {
        values: says("member", chain.listKey),
      });
      expect(await verdictOf(mailOf(bob, introduction), list)).toEqual(
        refusedAt("owner-certification", "key-expired"),
      );
    }
  });

  test("whose key was revoked introduce nobody, backdated or not", async () => {
    const revoked = await chain.owner.secret.revoke({ flag: enums.reasonForRevocation.keyCompromised });
    const list = {
      ...chain.list,
      owners: [{ ...sealingHalf(chain.owner), certificate: revoked.toPublic() }],
    };
    expect(await libraryAccepts(chain.introduction, [chain.owner])).toBe(true);
    expect(await verdictOf(mailOf(chain.bob, chain.introduction), list)).toEqual(
      refusedAt("owner-certification", "key-revoked"),
    );
    const olga = mailOf(chain.owner, undefined, { from: parseAddress("olga@x.test") });
    expect(await verdictOf(olga, list)).toEqual(refusedAt("signer", "key-revoked"));
  });
});

describe("a mail whose author is not what it brings", () => {
  test.each<[string, () => Promise<Partial<AuthorEvidence>>, object]>([
    [
      "signed by another key",
      async () => ({ signer: boss.fingerprint }),
      refusedAt("signer", "wrong-author"),
    ],
    ["signed in the future", async () => ({ signedAt: daysAgo(-1) }), refusedAt("signer", "from-the-future")],
    ["no certificate", async () => ({ certificate: new Uint8Array() }), refusedAt("size", "key-damaged")],
    [
      "a text as certificate",
      async () => ({ certificate: new TextEncoder().encode("hello") }),
      refusedAt("size", "key-damaged"),
    ],
    [
      "two certificates",
      async () => ({ certificate: Buffer.concat([publicBytes(chain.bob), publicBytes(boss)]) }),
      refusedAt("size", "key-damaged"),
    ],
    [
      "a secret key as certificate",
      async () => ({ certificate: chain.bob.secret.write() }),
      refusedAt("size", "key-damaged"),
    ],
    [
      "more than 16 kB",
      async () => ({ introduction: new Uint8Array(MAX_CHAIN_BYTES) }),
      refusedAt("size", "too-large"),
    ],
    [
      "no introduction",
      async () => ({ introduction: new Uint8Array() }),
      refusedAt("introduction", "key-damaged"),
    ],
    [
      "two introductions",
      async () => ({
        introduction: Buffer.concat([publicBytes(chain.introduction), publicBytes(chain.introduction)]),
      }),
      refusedAt("introduction", "key-damaged"),
    ],
    [
      "the member as their own introduction",
      async () => ({ introduction: publicBytes(chain.bob) }),
      refusedAt("owner-certification", "not-signed"),
    ],
    [
      "the owner as introduction",
      async () => ({ introduction: publicBytes(chain.owner) }),
      refusedAt("introduction", "wrong-role"),
    ],
    [
      "an owner without a name as introduction",
      async () => ({ introduction: publicBytes(nameless) }),
      refusedAt("introduction", "wrong-role"),
    ],
    [
      "a revoked introduction",
      async () => {
        const revoked = await chain.introduction.secret.revoke({
          flag: enums.reasonForRevocation.keyRetired,
        });
        return { introduction: publicBytes({ secret: revoked }) };
      },
      refusedAt("introduction", "key-revoked"),
    ],
    [
      "the introduction as its own member",
      async () => ({ signer: chain.introduction.fingerprint, certificate: publicBytes(chain.introduction) }),
      refusedAt("member-certification", "wrong-role"),
    ],
    [
      "From is another's",
      async () => ({ from: parseAddress("boss@x.test") }),
      refusedAt("from", "wrong-author"),
    ],
  ])("%s", async (_, make, verdict) => {
    const honest = mailOf(chain.bob, chain.introduction);
    expect((await verdictOf(honest, chain.list)).kind).toBe("introduced");
    const list = { ...chain.list, owners: [...chain.list.owners, sealingHalf(nameless)] };
    expect(await verdictOf({ ...honest, ...(await make()) }, list)).toEqual(verdict);
  });

  test("the key had expired when it signed; an older mail of it stays good", async () => {
    const short = await generateMemberKey({
      address: bobAddress,
      profile: "compatible",
      date: daysAgo(100),
      expiresInSeconds: 95 * 86_400,
    });
    const bob = await certifyMember(chain.introduction, short, chain.list, daysAgo(55));
    expect((await verdictOf(mailOf(bob, chain.introduction), chain.list)).kind).toBe("refused");
    const old = mailOf(bob, chain.introduction, { signedAt: daysAgo(20) });
    expect((await verdictOf(old, chain.list)).kind).toBe("introduced");
  });

  test("every flipped bit of the chain: introduced all the same, or refused, never a crash", async () => {
    const honest = mailOf(chain.bob, chain.introduction);
    const introduction = honest.introduction ?? new Uint8Array();
    const kinds = new Set<string>();
    for (let at = 0; at < introduction.length; at += 7) {
      const bent = Uint8Array.from(introduction);
      bent[at] = (bent[at] ?? 0) ^ (1 << (at % 8));
      kinds.add((await proveAuthor({ ...honest, introduction: bent }, chain.list, now())).kind);
      kinds.add(
        (await proveAuthor({ ...honest, introduction: introduction.subarray(0, at) }, chain.list, now()))
          .kind,
      );
    }
    expect([...kinds].sort()).toEqual(["failed", "introduced"]);
  });
});

test("a list key is no member's, and an introduction for it can't be made with a locked owner", async () => {
  const locked = await readPrivateKey({ binaryKey: await writeOpeningKey(chain.owner, "secret") });
  const terms = { list: team, listKey: chain.listKey, address: bobAddress, joinBy: inTwoWeeks() };
  await expect(
    makeIntroduction({ ...chain.owner, secret: locked }, terms, "compatible"),
  ).rejects.toMatchObject({ code: "key-locked" });
  const listKey = await generateKey("list", { address: team, profile: "compatible" });
  await expect(readOpeningKey("introduction", listKey.secret.write())).rejects.toMatchObject({
    code: "wrong-role",
  });
});
