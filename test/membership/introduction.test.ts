import {
  enums,
  generateKey as generateOpenPgpKey,
  PublicKey,
  readPrivateKey,
  SignaturePacket,
  UserIDPacket,
} from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import { withUserId } from "../../src/membership/certification.js";
import {
  type AuthorEvidence,
  certifyMember,
  checkIntroduction,
  type KnownList,
  MAX_CHAIN_BYTES,
  makeIntroduction,
  proveAuthor,
  readIntroduction,
} from "../../src/membership/introduction.js";
import { noPins } from "../../src/membership/pins.js";
import { notations } from "../../src/protocol/binding.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseFingerprint,
  readOpeningKey,
  sealingHalf,
  writeOpeningKey,
} from "../../src/protocol/keys.js";
import { fullReadingConfig } from "../../src/protocol/policy.js";
import {
  bareIntroduction,
  bobAddress,
  type Chain,
  cheat,
  daysAgo,
  fingerprintOf,
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
const verdictOf = async (evidence: AuthorEvidence, list: KnownList) =>
  (await checkIntroduction(evidence, list, noPins, now())).verdict;
const refusedAt = (step: string, code: string) => ({ kind: "refused", step, code });

let chain: Chain;
let boss: OpeningKey<"member">;
beforeAll(async () => {
  [chain, boss] = await Promise.all([makeChain(), person("boss@x.test")]);
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
    const before = await person("bob@x.test", profile, "Bob");
    const bob = await certifyMember(introduction, before, list);
    expect(bob.fingerprint).toBe(before.fingerprint);
    expect(bob.secret.getUserIDs()).toEqual(["Bob <bob@x.test>", "<bob@work.test>"]);
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

describe("attacks on a chain: the library's own check says valid, ours refuses", () => {
  /** The chain as the attacker makes it, whom the library is asked about, and what a reader is shown. */
  interface Attack {
    readonly library: readonly [
      target: { secret: OpeningKey<"member">["secret"] },
      issuers: readonly { secret: OpeningKey<"member">["secret"] }[] | undefined,
      date?: Date,
    ][];
    readonly evidence: AuthorEvidence;
    readonly list?: KnownList;
    readonly verdict: object;
  }
  const ownerSays = () => says("introduction", chain.listKey);
  const memberSays = () => says("member", chain.listKey);

  test.each<[string, () => Promise<Attack>]>([
    [
      "1. an introduction for another list, by the same owner",
      async () => ({
        library: [
          [chain.introduction, [chain.owner]],
          [chain.bob, [chain.introduction]],
        ],
        evidence: mailOf(chain.bob, chain.introduction),
        list: { ...chain.list, address: parseAddress("other@lists.example") },
        verdict: refusedAt("owner-certification", "wrong-list"),
      }),
    ],
    [
      "2. an introduction for a list of this address under another key",
      async () => ({
        library: [
          [chain.introduction, [chain.owner]],
          [chain.bob, [chain.introduction]],
        ],
        evidence: mailOf(chain.bob, chain.introduction),
        list: { ...chain.list, fingerprints: [parseFingerprint("0".repeat(40))] },
        verdict: refusedAt("owner-certification", "wrong-list"),
      }),
    ],
    [
      "3. a friend whose key the owner once signed introduces the boss",
      async () => {
        const friend = await cheat(await bareIntroduction("boss@x.test"), chain.owner, { date: daysAgo(60) });
        const mallory = await cheat(boss, friend, { values: says("member", chain.listKey, "boss@x.test") });
        return {
          library: [
            [friend, [chain.owner]],
            [mallory, [friend]],
          ],
          evidence: mailOf(mallory, friend, { from: parseAddress("boss@x.test") }),
          verdict: refusedAt("owner-certification", "binding-missing"),
        };
      },
    ],
    [
      "4. Bob's introduction certifies a key for the boss's address",
      async () => {
        const mallory = await cheat(boss, chain.introduction, {
          values: says("member", chain.listKey, "boss@x.test"),
        });
        return {
          library: [
            [chain.introduction, [chain.owner]],
            [mallory, [chain.introduction]],
          ],
          evidence: mailOf(mallory, chain.introduction, { from: parseAddress("boss@x.test") }),
          verdict: refusedAt("member-certification", "wrong-address"),
        };
      },
    ],
    [
      "5. two User IDs: the harmless one is certified, the other stands in From",
      async () => {
        const two = { ...chain.bob, secret: await withUserId(chain.bob.secret, "boss@x.test", now()) };
        return {
          library: [
            [chain.introduction, [chain.owner]],
            [two, [chain.introduction]],
          ],
          evidence: mailOf(two, chain.introduction, { from: parseAddress("boss@x.test") }),
          verdict: refusedAt("from", "wrong-author"),
        };
      },
    ],
    [
      "6. an introduction with a second User ID, of which the owner certified the first",
      async () => {
        const bare = await bareIntroduction("bob@x.test");
        const wide = await readPrivateKey({ binaryKey: boss.secret.write() });
        const certified = await cheat({ ...bare, secret: wide }, chain.owner, { values: ownerSays() });
        const two = await certifyMember(
          chain.introduction,
          { ...boss, secret: certified.secret },
          chain.list,
        );
        const introduction = { ...bare, secret: two.secret, fingerprint: fingerprintOf(two) };
        const mallory = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [
            [introduction, [chain.owner]],
            [mallory, [introduction]],
          ],
          evidence: mailOf(mallory, introduction),
          verdict: refusedAt("introduction", "wrong-role"),
        };
      },
    ],
    [
      "7. a member as introducer",
      async () => {
        const mallory = await cheat(await person("bob@x.test"), chain.bob, { values: memberSays() });
        return {
          library: [
            [chain.bob, [chain.introduction]],
            [mallory, [chain.bob]],
          ],
          evidence: mailOf(mallory, chain.bob),
          verdict: refusedAt("owner-certification", "not-signed"),
        };
      },
    ],
    [
      "8. an introduction of an introduction: depth three",
      async () => {
        const second = await cheat(await bareIntroduction("bob@x.test"), chain.introduction, {
          values: ownerSays(),
        });
        const mallory = await cheat(await person("bob@x.test"), second, { values: memberSays() });
        return {
          library: [
            [second, [chain.introduction]],
            [mallory, [second]],
          ],
          evidence: mailOf(mallory, second),
          verdict: refusedAt("owner-certification", "not-signed"),
        };
      },
    ],
    [
      "9. a certification by the owner's signing subkey, which may certify nobody",
      async () => {
        const withSubkey = await chain.owner.secret.addSubkey({ sign: true });
        withSubkey.subkeys.reverse();
        const secret = await readPrivateKey({ binaryKey: withSubkey.write() });
        const introduction = await cheat(
          await bareIntroduction("bob@x.test"),
          { secret },
          {
            values: ownerSays(),
            bySubkey: true,
          },
        );
        const bob = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [[introduction, [{ secret }]]],
          evidence: mailOf(bob, introduction),
          list: { ...chain.list, owners: [{ ...sealingHalf(chain.owner), certificate: secret.toPublic() }] },
          verdict: refusedAt("owner-certification", "not-signed"),
        };
      },
    ],
    [
      "10. an owner who could not be looked up: the key vouches for itself",
      async () => {
        const stranger = await person("bob@x.test");
        return {
          library: [[stranger, undefined]],
          evidence: mailOf(stranger, { secret: (await bareIntroduction("bob@x.test")).secret }),
          list: { ...chain.list, owners: [] },
          verdict: refusedAt("owner-certification", "not-signed"),
        };
      },
    ],
    [
      "11. a certification that is older than its introduction",
      async () => {
        const introduction = await cheat(await bareIntroduction("bob@x.test"), chain.owner, {
          values: ownerSays(),
          date: daysAgo(60),
        });
        const mallory = await cheat(await person("bob@x.test"), introduction, {
          values: memberSays(),
          date: daysAgo(70),
        });
        return {
          library: [
            [introduction, [chain.owner]],
            [mallory, [introduction]],
          ],
          evidence: mailOf(mallory, introduction),
          verdict: refusedAt("member-certification", "binding-mismatch"),
        };
      },
    ],
    [
      "12. a certification from the future, to a reader who asks the library at its date",
      async () => {
        const mallory = await cheat(await person("bob@x.test"), chain.introduction, {
          values: memberSays(),
          date: daysAgo(-5),
        });
        return {
          library: [[mallory, [chain.introduction], daysAgo(-6)]],
          evidence: mailOf(mallory, chain.introduction),
          verdict: refusedAt("member-certification", "from-the-future"),
        };
      },
    ],
    [
      "13. doubled notations, of which one end reads the first and the other the last",
      async () => {
        const introduction = await cheat(await bareIntroduction("bob@x.test"), chain.owner, {
          values: says("introduction", chain.listKey, "bob@x.test", "other@lists.example"),
          more: [
            {
              name: "introduction@v1.listseal.example",
              value: new TextEncoder().encode(ownerSays().introduction),
              humanReadable: true,
              critical: false,
            },
          ],
        });
        const bob = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [
            [introduction, [chain.owner]],
            [bob, [introduction]],
          ],
          evidence: mailOf(bob, introduction),
          verdict: refusedAt("owner-certification", "binding-missing"),
        };
      },
    ],
    [
      "14. a signature of another kind: what a member's certification says, by the owner",
      async () => {
        const introduction = await cheat(await bareIntroduction("bob@x.test"), chain.owner, {
          values: memberSays(),
        });
        const bob = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [
            [introduction, [chain.owner]],
            [bob, [introduction]],
          ],
          evidence: mailOf(bob, introduction),
          verdict: refusedAt("owner-certification", "wrong-kind"),
        };
      },
    ],
    [
      "15. a certification under SHA-1, which can be moved to another key, by an owner with an RSA key",
      async () => {
        const { privateKey } = await generateOpenPgpKey({
          type: "rsa",
          rsaBits: 3072,
          userIDs: [{ email: "rosa@x.test" }],
          date: daysAgo(100),
          format: "object",
        });
        const rosa = {
          role: "member" as const,
          secret: privateKey,
          fingerprint: fingerprintOf({ secret: privateKey }),
        };
        const introduction = await cheat(await bareIntroduction("bob@x.test"), rosa, {
          values: ownerSays(),
          bend: (packet) => {
            packet.hashAlgorithm = enums.hash.sha1;
          },
        });
        const bob = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [
            [introduction, [rosa]],
            [bob, [introduction]],
          ],
          evidence: mailOf(bob, introduction),
          list: { ...chain.list, owners: [sealingHalf(rosa)] },
          verdict: refusedAt("owner-certification", "weak-algorithm"),
        };
      },
    ],
    [
      "16. two certifications by owners on one introduction",
      async () => {
        const introduction = await cheat(chain.introduction, chain.owner, { values: ownerSays() });
        return {
          library: [
            [introduction, [chain.owner]],
            [chain.bob, [introduction]],
          ],
          evidence: mailOf(chain.bob, introduction),
          verdict: refusedAt("owner-certification", "several-signatures"),
        };
      },
    ],
    [
      "17. a certification with an expiry, by which an owner would end the verdict of honest members",
      async () => {
        const introduction = await cheat(await bareIntroduction("bob@x.test"), chain.owner, {
          values: ownerSays(),
          bend: (packet) => {
            packet.signatureExpirationTime = 86_400;
            packet.signatureNeverExpires = false;
          },
        });
        const bob = await cheat(await person("bob@x.test"), introduction, { values: memberSays() });
        return {
          library: [
            [introduction, [chain.owner]],
            [bob, [introduction]],
          ],
          evidence: mailOf(bob, introduction),
          verdict: refusedAt("owner-certification", "binding-mismatch"),
        };
      },
    ],
    [
      "18. the owner revoked the introduction: the library still accepts the member by it",
      async () => {
        const copy = await readPrivateKey({ binaryKey: chain.introduction.secret.write() });
        const [user] = copy.users;
        const revocation = new SignaturePacket();
        revocation.signatureType = enums.signature.certRevocation;
        revocation.publicKeyAlgorithm = chain.owner.secret.keyPacket.algorithm;
        revocation.hashAlgorithm = enums.hash.sha256;
        revocation.reasonForRevocationFlag = 0;
        revocation.reasonForRevocationString = "";
        user?.revocationSignatures.push(revocation);
        const signer = chain.owner.secret.keyPacket;
        if (user?.userID == null || !("isDummy" in signer)) throw new Error("no user");
        await revocation.sign(
          signer,
          { userID: user.userID, key: copy.keyPacket },
          daysAgo(1),
          false,
          fullReadingConfig(),
        );
        const introduction = {
          ...chain.introduction,
          secret: await readPrivateKey({ binaryKey: copy.write() }),
        };
        return {
          library: [[chain.bob, [introduction]]],
          evidence: mailOf(chain.bob, introduction),
          verdict: refusedAt("owner-certification", "key-revoked"),
        };
      },
    ],
  ])("%s", async (_, make) => {
    const { library, evidence, list = chain.list, verdict } = await make();
    for (const [target, issuers, date] of library)
      expect(await libraryAccepts(target, issuers, date)).toBe(true);
    expect(await verdictOf(evidence, list)).toEqual(verdict);
  });

  test("19. one introduction, two keys, the second backdated: the second is changed", async () => {
    const mallory = await cheat(await person("bob@x.test"), chain.introduction, {
      values: memberSays(),
      date: daysAgo(55),
    });
    expect(await libraryAccepts(mallory, [chain.introduction])).toBe(true);
    expect((await verdictOf(mailOf(mallory, chain.introduction), chain.list)).kind).toBe("introduced");
    const first = await checkIntroduction(mailOf(chain.bob, chain.introduction), chain.list, noPins);
    const second = await checkIntroduction(mailOf(mallory, chain.introduction), chain.list, first.pins);
    expect(second.verdict).toEqual({
      kind: "changed",
      why: "introduction-used-twice",
      pinned: chain.bob.fingerprint,
    });
    expect(second.pins).toEqual(first.pins);
  });

  test("20. From with a Kelvin sign never becomes an address", () => {
    expect("bob@ban\u212A.test".toLowerCase()).toBe("bob@bank.test");
    expect(() => parseAddress("bob@ban\u212A.test")).toThrow();
  });

  test("21. another person's certificate under the attacker's address, certified but not self-certified", async () => {
    const alice = await person("alice@x.test");
    const packets = alice.secret.toPublic().toPacketList();
    const userID = UserIDPacket.fromObject({ email: "bob@x.test" });
    const packet = new SignaturePacket();
    const signer = chain.introduction.secret.keyPacket;
    packet.signatureType = enums.signature.certGeneric;
    packet.publicKeyAlgorithm = signer.algorithm;
    packet.hashAlgorithm = enums.hash.sha256;
    packet.rawNotations = notations(memberSays());
    if (!("isDummy" in signer)) throw new Error("no secret");
    await packet.sign(signer, { userID, key: alice.secret.keyPacket }, now(), false, fullReadingConfig());
    packets.splice(packets.length - 2, 0, userID, packet);
    const certificate = new PublicKey(packets).write();
    const evidence = mailOf(alice, chain.introduction, { certificate });
    expect(await verdictOf(evidence, chain.list)).toEqual(refusedAt("member-certification", "bad-signature"));
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
      "From is another's",
      async () => ({ from: parseAddress("boss@x.test") }),
      refusedAt("from", "wrong-author"),
    ],
  ])("%s", async (_, make, verdict) => {
    const honest = mailOf(chain.bob, chain.introduction);
    expect((await verdictOf(honest, chain.list)).kind).toBe("introduced");
    expect(await verdictOf({ ...honest, ...(await make()) }, chain.list)).toEqual(verdict);
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
