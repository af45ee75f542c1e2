/** The fast path against the library: openpgp.js opens what it writes, for any member and any size. */
import fc from "fast-check";
import { decrypt, decryptSessionKeys, generateKey, readMessage, revokeKey, unarmor } from "openpgp";
import { checkKeyPacket, split } from "../../src/openpgp/packets.js";
import { readingConfig } from "../../src/openpgp/policy.js";
import { generateSecret } from "../../src/openpgp/secrets.js";
import {
  type Mode,
  type OpeningKey,
  openPost,
  type PreparedReseal,
  parseSealingKey,
  resealFor,
  sealingHalf,
  writeSealingKey,
} from "../../src/protocol/index.js";
import { FastReseal, type SealedPieces } from "../../src/server/delivery/fast-reseal.js";
import { Recipients } from "../../src/server/delivery/recipients.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice } from "../protocol/people.js";
import {
  type MemberKind,
  memberKinds,
  memberOf,
  memberWithoutGcm,
  prepare,
  prepareBytes,
  profiles,
  roster,
} from "./prepared.js";

const sizes = [0, 1, 191, 192, 8383, 8384, 1_000_000];
const random = (size: number): Uint8Array => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};

async function pieces(
  fast: FastReseal,
  prepared: PreparedReseal,
  member: OpeningKey<"member">,
): Promise<SealedPieces> {
  const made = await fast.piecesFor(prepared, sealingHalf(member));
  if (made === "library") throw new Error("not by the fast path");
  return made;
}

const joined = ({ pkesk, container }: SealedPieces) => Buffer.concat([pkesk, container]);

/** The library's own opening, with the library's own check of the list signature. */
async function libraryOpens(message: Uint8Array, member: OpeningKey<"member">, cast: Cast) {
  const result = await decrypt({
    message: await readMessage({ binaryMessage: message, config: readingConfig }),
    decryptionKeys: member.secret,
    verificationKeys: sealingHalf(cast.serverKey).certificate,
    format: "binary",
    config: readingConfig,
  });
  await result.signatures[0]?.verified;
  expect(result.signatures).toHaveLength(1);
  return result.data;
}

async function sessionKeyOf(message: Uint8Array, member: OpeningKey<"member">): Promise<string> {
  const [found] = await decryptSessionKeys({
    message: await readMessage({ binaryMessage: message }),
    decryptionKeys: member.secret,
  });
  if (found === undefined) throw new Error("no session key");
  return Buffer.from(found.data).toString("hex");
}

describe.each(profiles)("a list in the profile %s", (profile) => {
  let cast: Cast;
  const fast = new FastReseal();

  beforeAll(async () => {
    cast = await makeCast(profile);
  });

  test.each(sizes)("a literal of %d octets, cut at every boundary of the format", async (size) => {
    const literal = random(size);
    const prepared = await prepareBytes(cast, literal);
    const message = joined(await pieces(fast, prepared, cast.bob));
    const opened = await libraryOpens(message, cast.bob, cast);
    expect(Buffer.from(opened).equals(literal)).toBe(true);
  });

  test.each(["key", "whole"] as const)("mode %s: Bob reads it through the list", async (mode: Mode) => {
    for (const size of sizes) {
      const payload = random(size);
      const prepared = await prepare(cast, await aliceSeals(cast, mode, payload));
      const copy = await fast.resealFor(prepared, sealingHalf(cast.bob));
      const opened = await openPost(copy, keysOf(cast, cast.bob), saysAlice(cast));
      if (opened.kind !== "opened") throw new Error("not opened");
      expect(Buffer.from(opened.payload).equals(payload)).toBe(true);
      expect(opened.passage).toEqual({
        via: "list",
        by: cast.alice.fingerprint,
        roster,
        signedAt: expect.any(Date),
      });
      await expect(openPost(copy, keysOf(cast, cast.eve), saysAlice(cast))).resolves.toEqual({
        kind: "not-for-me",
      });
    }
  });

  test("all members of a post share one container; no two posts share a session key", async () => {
    const first = await prepareBytes(cast, random(100));
    const second = await prepareBytes(cast, random(100));
    const [forBob, forEve, later] = await Promise.all([
      pieces(fast, first, cast.bob),
      pieces(fast, first, cast.eve),
      pieces(fast, second, cast.bob),
    ]);
    expect(forEve.container).toBe(forBob.container);
    expect(Buffer.from(forEve.pkesk).equals(forBob.pkesk)).toBe(false);
    expect(await sessionKeyOf(joined(forEve), cast.eve)).toBe(await sessionKeyOf(joined(forBob), cast.bob));
    expect(await sessionKeyOf(joined(later), cast.bob)).not.toBe(
      await sessionKeyOf(joined(forBob), cast.bob),
    );
  });

  test("the same opened post, prepared anew, gets another session key", async () => {
    const prepared = await prepareBytes(cast, random(100));
    const again: PreparedReseal = { ...prepared };
    const keys = await Promise.all(
      [prepared, again].map(async (each) =>
        sessionKeyOf(joined(await pieces(fast, each, cast.bob)), cast.bob),
      ),
    );
    expect(new Set(keys).size).toBe(2);
  });

  test("a finished post is not continued under its old key", async () => {
    const prepared = await prepareBytes(cast, random(100));
    const before = joined(await pieces(fast, prepared, cast.bob));
    const old = await sessionKeyOf(before, cast.bob);
    fast.finish(prepared);
    const after = joined(await pieces(fast, prepared, cast.bob));
    expect(await sessionKeyOf(after, cast.bob)).not.toBe(old);
    // and what was made before still opens
    await libraryOpens(before, cast.bob, cast);
  });

  test("the session key packet has the one spelling that our own reader allows", async () => {
    const { pkesk, container } = await pieces(fast, await prepareBytes(cast, random(10)), cast.bob);
    const key = (await cast.bob.secret.getEncryptionKey()).keyPacket;
    const fingerprint = key.getFingerprintBytes() ?? new Uint8Array();
    const target =
      profile === "rfc9580"
        ? ({ kind: "key", version: 6, algorithm: 25, id: fingerprint } as const)
        : ({ kind: "key", version: 3, algorithm: 18, id: fingerprint.subarray(-8) } as const);
    expect(checkKeyPacket(pkesk, target)).toBe(pkesk.length);
    expect(pkesk).toHaveLength(profile === "rfc9580" ? 111 : 96);
    expect(split(joined({ pkesk, container })).dataPacket).toHaveLength(container.length);
  });

  test("an altered octet anywhere in the container is noticed", async () => {
    const { pkesk, container } = await pieces(fast, await prepareBytes(cast, random(10)), cast.bob);
    for (let at = 0; at < container.length; at += 7) {
      const altered = Buffer.concat([pkesk, container]);
      altered[pkesk.length + at] = (altered[pkesk.length + at] ?? 0) ^ 1;
      await expect(libraryOpens(altered, cast.bob, cast)).rejects.toThrow();
    }
  });
});

describe("members of every kind", () => {
  // a list's members have keys of its own version
  let version4: Cast;
  let version6: Cast;
  const native: readonly MemberKind[] = [
    "v4 Curve25519Legacy",
    "v4 X25519",
    "v4 Curve25519Legacy that wants AEAD",
    "v4 X25519 that wants AEAD",
    "v4 that prefers AES-128",
    "v6 X25519",
  ];

  beforeAll(async () => {
    [version4, version6] = [await makeCast("compatible"), await makeCast("rfc9580")];
  });

  test.each(Object.keys(memberKinds).filter((kind): kind is MemberKind => kind in memberKinds))(
    "%s",
    async (kind) => {
      const member = await memberOf(kind);
      const cast = kind.startsWith("v6") ? version6 : version4;
      const recipients = new Recipients();
      const fast = new FastReseal(recipients);
      const { seal } = await recipients.ofKey(sealingHalf(member));
      expect(seal.by).toBe(native.includes(kind) ? "native" : "library");

      for (const size of [0, 300, 70_000, 262_144 * 2]) {
        const literal = random(size);
        const prepared = await prepareBytes(cast, literal);
        const plain = await resealFor(prepared, sealingHalf(member));
        const copy = await fast.resealFor(prepared, sealingHalf(member));
        if (copy.mode !== "whole" || plain.mode !== "whole") throw new Error("another mode");
        expect(Buffer.from(await libraryOpens(copy.message, member, cast)).equals(literal)).toBe(true);
        // the same packets as the library chooses for this certificate; larger literals it spells in partial lengths
        if (size < 500) expect(shapeOf(copy.message)).toEqual(shapeOf(plain.message));
      }
    },
  );

  test("a member whose certificate wants what this software never writes (OCB): the plain path", async () => {
    const member = await memberWithoutGcm();
    const cast = version6;
    const fast = new FastReseal();
    const literal = random(1000);
    const prepared = await prepareBytes(cast, literal);
    expect(await fast.piecesFor(prepared, sealingHalf(member))).toBe("library");
    const copy = await fast.resealFor(prepared, sealingHalf(member));
    if (copy.mode !== "whole") throw new Error("another mode");
    // after a partial length: version 2, AES-256, OCB
    expect([...split(copy.message).dataPacket.subarray(2, 5)]).toEqual([2, 9, 2]);
    expect(Buffer.from(await libraryOpens(copy.message, member, cast)).equals(literal)).toBe(true);
  });

  test("a member with a shared secret", async () => {
    const secret = await generateSecret("member", "compatible");
    const prepared = await prepare(version4, await aliceSeals(version4, "key", random(9)));
    const copy = await new FastReseal().resealFor(prepared, secret);
    const keys = { ...keysOf(version4), secrets: [secret] };
    const opened = await openPost(copy, keys, saysAlice(version4));
    expect(opened.kind).toBe("opened");
  });

  test("a few thousand members: no end without an end, and every packet another ephemeral key", async () => {
    const fast = new FastReseal();
    const prepared = await prepareBytes(version4, random(96));
    const seen = new Set<string>();
    for (let i = 0; i < 3000; i++) {
      seen.add(
        Buffer.from((await pieces(fast, prepared, version4.bob)).pkesk.subarray(14, 46)).toString("hex"),
      );
    }
    expect(seen.size).toBe(3000);
  });
});

describe("members and sizes of chance, other ones on every run", () => {
  /** The largest literal: some chunks of each kind. */
  const MAX_SIZE = 300_000;
  const isKind = (kind: string): kind is MemberKind => kind in memberKinds;

  test("openpgp.js opens every copy, and no session key is there twice", async () => {
    const version4s = { compatible: await makeCast("compatible"), rfc9580: await makeCast("rfc9580") };
    const fast = new FastReseal();
    const seen = new Set<string>();
    // these take long to make
    const costly = new Map<MemberKind, OpeningKey<"member">>(
      await Promise.all(
        (["RSA-3072", "v6 X448"] as const).map(async (kind) => [kind, await memberOf(kind)] as const),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...profiles),
        fc.constantFrom(...Object.keys(memberKinds).filter(isKind)),
        fc.oneof(fc.nat(10_000), fc.nat(MAX_SIZE)),
        async (profile, kind, size) => {
          const version4 = version4s[profile];
          const member = costly.get(kind) ?? (await memberOf(kind));
          const literal = random(size);
          const copy = await fast.resealFor(await prepareBytes(version4, literal), sealingHalf(member));
          if (copy.mode !== "whole") throw new Error("another mode");
          const opened = await libraryOpens(copy.message, member, version4);
          expect(Buffer.from(opened).equals(literal)).toBe(true);
          const sessionKey = await sessionKeyOf(copy.message, member);
          expect(seen).not.toContain(sessionKey);
          seen.add(sessionKey);
        },
      ),
      { numRuns: 20, endOnFailure: true },
    );
    expect(seen.size).toBe(20);
  });
});

/** Tags and lengths of the packets, without what is random. RSA's length varies by an octet in 256 messages. */
function shapeOf(message: Uint8Array): readonly (readonly [number, number])[] {
  const { keyPacket, dataPacket } = split(message);
  return [
    [keyPacket[0] ?? 0, Math.round(keyPacket.length / 8)],
    [dataPacket[0] ?? 0, dataPacket.length],
  ];
}

describe("members who can get no copy", () => {
  let version4: Cast;
  let prepared: PreparedReseal;
  beforeAll(async () => {
    version4 = await makeCast("compatible");
    prepared = await prepareBytes(version4, random(10));
  });

  test("an expired certificate", async () => {
    const date = new Date(Date.now() - 3_600_000);
    const member = sealingHalf(await memberOf("v4 Curve25519Legacy", { date, keyExpirationTime: 60 }));
    const fast = new FastReseal();
    await expect(fast.resealFor(prepared, member)).rejects.toMatchObject({ code: "key-expired" });
    await expect(fast.piecesFor(prepared, writeSealingKey(member))).rejects.toMatchObject({
      code: "key-expired",
    });
  });

  test("a certificate that runs out while it is kept", async () => {
    let now = new Date();
    const member = sealingHalf(
      await memberOf("v6 X25519", { date: new Date(now.getTime() - 60_000), keyExpirationTime: 120 }),
    );
    const fast = new FastReseal(new Recipients(10, () => now));
    await fast.resealFor(prepared, member);
    await fast.piecesFor(prepared, writeSealingKey(member));
    now = new Date(now.getTime() + 61_000);
    await expect(fast.resealFor(prepared, member)).rejects.toMatchObject({ code: "key-expired" });
    await expect(fast.piecesFor(prepared, writeSealingKey(member))).rejects.toMatchObject({
      code: "key-expired",
    });
  });

  test("a revoked certificate", async () => {
    const made = await generateKey({
      type: "ecc",
      curve: "curve25519Legacy",
      userIDs: [{ email: "bob@example.test" }],
      format: "object",
      date: new Date(Date.now() - 60_000),
    });
    const { publicKey } = await revokeKey({
      key: made.publicKey,
      revocationCertificate: made.revocationCertificate,
    });
    const { data } = await unarmor(publicKey);
    if (!(data instanceof Uint8Array)) throw new Error("not bytes");
    const fast = new FastReseal();
    await fast.piecesFor(prepared, await parseSealingKey("member", made.publicKey.write()));
    await expect(fast.piecesFor(prepared, data)).rejects.toMatchObject({ code: "key-revoked" });
  });

  test("a point of small order, where everybody would know the agreement", async () => {
    const { prepareSessionKey, readTarget, writePkesk } = await import("../../src/openpgp/pkesk-writer.js");
    const body = Buffer.concat([Buffer.from([6, 0, 0, 0, 1, 25, 0, 0, 0, 32]), Buffer.alloc(32)]);
    const target = readTarget(body, Buffer.alloc(32, 7));
    if (target === undefined) throw new Error("no target");
    expect(() => writePkesk(target, prepareSessionKey(Buffer.alloc(32), "aes256", 6))).toThrow(
      expect.objectContaining({ code: "weak-algorithm" }),
    );
  });
});

describe("kept certificates", () => {
  test("have a bound; the least recently used goes first; each is validated again after a day", async () => {
    let now = new Date();
    const members = await Promise.all([1, 2, 3].map(() => memberOf("v4 Curve25519Legacy")));
    const [a, b, c] = members.map((member) => writeSealingKey(sealingHalf(member)));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three");
    const recipients = new Recipients(2, () => now);
    const first = await recipients.ofCertificate(a);
    const second = await recipients.ofCertificate(b);
    expect(await recipients.ofCertificate(a)).toBe(first);
    await recipients.ofCertificate(c);
    expect(recipients.size).toBe(2);
    expect(await recipients.ofCertificate(a)).toBe(first);
    const again = await recipients.ofCertificate(b);
    expect(again).not.toBe(second);
    expect(await recipients.ofCertificate(b)).toBe(again);
    now = new Date(now.getTime() + 25 * 3_600_000);
    expect(await recipients.ofCertificate(b)).not.toBe(again);
  });
});
