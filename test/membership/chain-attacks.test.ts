/** Attacks on the chain owner -> introduction -> member, each first shown to work against the library's own check. */
import {
  enums,
  generateKey as generateOpenPgpKey,
  type PrivateKey,
  PublicKey,
  readPrivateKey,
  SignaturePacket,
  UserIDPacket,
} from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  type AuthorEvidence,
  certifyMember,
  checkIntroduction,
  type ListForProof,
} from "../../src/membership/introduction/introduction.js";
import { noPins } from "../../src/membership/introduction/pins.js";
import { withUserId } from "../../src/openpgp/certification.js";
import { type OpeningKey, parseFingerprint, sealingHalf } from "../../src/openpgp/keys.js";
import { fullReadingConfig } from "../../src/openpgp/policy.js";
import { notations } from "../../src/protocol/binding.js";
import {
  bareIntroduction,
  type Chain,
  cheat,
  daysAgo,
  fingerprintOf,
  libraryAccepts,
  mailOf,
  makeChain,
  person,
  says,
} from "./chain.js";

const now = () => new Date();
const verdictOf = async (evidence: AuthorEvidence, list: ListForProof) =>
  (await checkIntroduction(evidence, list, noPins, now())).verdict;
const refusedAt = (step: string, code: string) => ({ kind: "refused", step, code });

let chain: Chain;
let boss: OpeningKey<"member">;
beforeAll(async () => {
  [chain, boss] = await Promise.all([makeChain(), person("boss@x.test")]);
});

describe("attacks on a chain: the library's own check says valid, ours refuses", () => {
  /** The chain as the attacker makes it, whom the library is asked about, and what a reader is shown. */
  interface Attack {
    readonly library: readonly [
      target: { readonly secret: PublicKey },
      issuers: readonly { readonly secret: PrivateKey }[] | undefined,
      date?: Date,
    ][];
    readonly evidence: AuthorEvidence;
    readonly list?: ListForProof;
    readonly verdict: object;
  }
  const ownerSays = () => says("introduction", chain.listKey);
  const memberSays = () => says("member", chain.listKey);

  const attacks: [string, () => Promise<Attack>][] = [
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
        const two = await withUserId(chain.bob, "boss@x.test", now());
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
    [
      "19. a certification by the introduction for another list",
      async () => {
        const values = says("member", chain.listKey, "bob@x.test", "other@lists.example");
        const bob = await cheat(await person("bob@x.test"), chain.introduction, { values });
        return {
          library: [
            [chain.introduction, [chain.owner]],
            [bob, [chain.introduction]],
          ],
          evidence: mailOf(bob, chain.introduction),
          verdict: refusedAt("member-certification", "wrong-list"),
        };
      },
    ],
    [
      "20. the same User ID twice, once certified and once not",
      async () => {
        const packets = chain.bob.secret.toPublic().toPacketList();
        const [userId = 0] = packets.indexOfTag(enums.packet.userID);
        packets.splice(userId, 0, ...packets.slice(userId, userId + 2));
        const certificate = new PublicKey(packets);
        return {
          library: [[{ secret: certificate }, [chain.introduction]]],
          evidence: mailOf(chain.bob, chain.introduction, { certificate: certificate.write() }),
          verdict: refusedAt("member-certification", "wrong-address"),
        };
      },
    ],
  ];

  test.each(attacks)("%s: the library accepts it", async (_, make) => {
    for (const [target, issuers, date] of (await make()).library)
      expect(await libraryAccepts(target, issuers, date)).toBe(true);
  });

  test.each(attacks)("%s: ours refuses it", async (_, make) => {
    const { evidence, list = chain.list, verdict } = await make();
    expect(await verdictOf(evidence, list)).toEqual(verdict);
  });

  const backdated = async () =>
    cheat(await person("bob@x.test"), chain.introduction, { values: memberSays(), date: daysAgo(55) });

  test("21. one introduction, two keys, the second backdated: the library accepts both", async () => {
    const mallory = await backdated();
    expect(await libraryAccepts(mallory, [chain.introduction])).toBe(true);
    expect((await verdictOf(mailOf(mallory, chain.introduction), chain.list)).kind).toBe("introduced");
  });

  test("21. one introduction, two keys, the second backdated: ours says that it is changed", async () => {
    const mallory = await backdated();
    const first = await checkIntroduction(mailOf(chain.bob, chain.introduction), chain.list, noPins);
    const second = await checkIntroduction(mailOf(mallory, chain.introduction), chain.list, first.pins);
    expect(second.verdict).toEqual({
      kind: "changed",
      why: "introduction-used-twice",
      pinned: chain.bob.fingerprint,
    });
    expect(second.pins).toEqual(first.pins);
  });

  test("22. From with a Kelvin sign: the platform folds it to another's address", () => {
    expect("bob@ban\u212A.test".toLowerCase()).toBe("bob@bank.test");
  });

  test("22. From with a Kelvin sign: ours makes no address of it", () => {
    expect(() => parseAddress("bob@ban\u212A.test")).toThrow();
  });

  test("23. another person's certificate under the attacker's address, certified but not self-certified", async () => {
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
