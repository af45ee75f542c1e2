/** Many members' packets of a notice by the platform's own crypto: what the library makes one by one, and gpg opens. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { type ListBeforeNotice, type Notice, openNotice } from "../../src/membership/notice/owner-notice.js";
import {
  noticeOf,
  packetFor,
  packetsFor,
  sealForMembers,
  targetOf,
} from "../../src/membership/notice/shared-notice.js";
import {
  armorOpeningKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { paddedSessionKey, readRecipientKey } from "../../src/openpgp/pkesk-layout.js";
import { wrappable } from "../../src/openpgp/pkesk-webcrypto.js";
import { prepareSessionKey, readTarget, writePkesk } from "../../src/openpgp/pkesk-writer.js";
import type { SplitSeal } from "../../src/openpgp/split-seal.js";
import { type GpgHome, makeGpgHome } from "../interop/gpg-home.js";
import { describeWith } from "../interop/tools.js";
import { team } from "./chain.js";

describe.each(["compatible", "rfc9580"] as const)("packets for many (%s)", (profile) => {
  let olga: OpeningKey<"member">;
  let members: readonly OpeningKey<"member">[];
  let known: ListBeforeNotice;
  let notice: Notice;
  let seal: SplitSeal;

  beforeAll(async () => {
    const person = (name: string) => generateMemberKey({ address: `${name}@x.test`, name, profile });
    olga = await person("olga");
    members = await Promise.all(["bob", "carol", "dan"].map(person));
    const before = await generateKey("list", { address: team, profile });
    const now = new Date(Math.floor(Date.now() / 1000) * 1000);
    const listKey = await generateKey("list", { address: team, profile });
    notice = {
      serial: 1,
      date: now,
      list: { address: team, key: before.fingerprint },
      news: { kind: "new-list-key", listKey, graceEnds: now },
    };
    known = {
      address: team,
      profile,
      keys: [before.fingerprint],
      secrets: [],
      owners: [{ certificate: sealingHalf(olga), address: parseAddress("olga@x.test"), from: 0 }],
      server: sealingHalf(await generateKey("server", { address: team, profile })),
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
    seal = await sealForMembers(notice, olga);
  });

  const target = async (member: OpeningKey<"member"> | undefined) => {
    const found = member && (await targetOf(sealingHalf(member), notice.date));
    if (found === undefined) throw new Error("no key on Curve25519");
    return found;
  };

  test("each member opens theirs and nobody else's; no two packets are alike", async () => {
    const targets = await Promise.all([...members, ...members].map(target));
    const packets = await packetsFor(targets, seal.sessionKey, profile);
    const seen = new Set<string>();
    for (const [index, packet] of packets.entries()) {
      if (packet === null) throw new Error("no packet");
      seen.add(Buffer.from(packet).toString("hex"));
      const sealed = noticeOf(packet, seal.dataPacket);
      for (const [number, member] of members.entries()) {
        const read = await openNotice(sealed, member, known);
        expect(read.kind).toBe(number === index % members.length ? "news" : "not-for-me");
      }
    }
    expect(seen.size).toBe(packets.length);
  });

  test("a packet is as long as the library's and the server's for the same key", async () => {
    const [bob] = members;
    const found = await target(bob);
    const [ours] = await packetsFor([found], seal.sessionKey, profile);
    const library = await packetFor(sealingHalf(bob ?? olga), seal.sessionKey, notice.date);
    expect(ours?.length).toBe(library.length);
    const native = readTarget(found.key, found.fingerprint);
    if (native === undefined) throw new Error("no target");
    const key = prepareSessionKey(Buffer.from(seal.sessionKey), "aes256", profile === "compatible" ? 3 : 6);
    const servers = writePkesk(native, key);
    expect(servers.length).toBe(library.length);
    // all but the ephemeral key and what is wrapped
    const head = profile === "compatible" ? 14 : 38;
    expect([...(ours ?? new Uint8Array()).subarray(0, head)]).toEqual([...library.subarray(0, head)]);
    expect([...servers.subarray(0, head)]).toEqual([...library.subarray(0, head)]);
    expect(await openNotice(noticeOf(servers, seal.dataPacket), bob ?? olga, known)).toMatchObject({
      kind: "news",
    });
  });

  test("a point of small order gets no packet, and the others theirs", async () => {
    const good = await target(members[0]);
    const recipient = readRecipientKey(good.key, good.fingerprint);
    const at = Buffer.from(good.key).indexOf(Buffer.from(recipient?.point ?? []));
    const key = Uint8Array.from(good.key).fill(0, at, at + 32);
    const packets = await packetsFor([{ ...good, key }, good], seal.sessionKey, profile);
    expect(packets.map((packet) => packet === null)).toEqual([true, false]);
  });

  test("what is no key on Curve25519 is none of its targets", async () => {
    const good = await target(members[0]);
    const other = Uint8Array.from(good.key);
    other[5] = 1;
    await expect(packetsFor([{ ...good, key: other }], seal.sessionKey, profile)).rejects.toMatchObject({
      code: "key-damaged",
    });
    await expect(wrappable(new Uint8Array(16), 3)).rejects.toMatchObject({ code: "unsupported-algorithm" });
  });
});

test("a session key as ECDH wraps it (RFC 9580, 11.5)", () => {
  const octets = Uint8Array.from({ length: 32 }, (_, at) => at);
  const padded = paddedSessionKey(octets, "aes256", 3);
  // cipher, key, checksum 0x01f0, five octets of padding that say so
  expect(Buffer.from(padded).toString("hex")).toBe(
    "09000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01f00505050505",
  );
  expect(paddedSessionKey(octets, "aes256", 6)).toHaveLength(40);
});

describeWith(["gpg", "gpgconf"], "gpg", () => {
  let home: GpgHome;
  beforeAll(async () => {
    home = await makeGpgHome();
  });
  afterAll(() => home.close());

  test("opens a notice that was sealed once for all", async () => {
    const profile = "compatible";
    const olga = await generateMemberKey({ address: "olga@x.test", name: "olga", profile });
    const bob = await generateMemberKey({ address: "bob@x.test", name: "bob", profile });
    const listKey = await generateKey("list", { address: team, profile });
    const date = new Date(Math.floor(Date.now() / 1000) * 1000);
    const { dataPacket, sessionKey } = await sealForMembers(
      {
        serial: 1,
        date,
        list: { address: team, key: listKey.fingerprint },
        news: { kind: "new-list-key", listKey, graceEnds: date },
      },
      olga,
    );
    const found = await targetOf(sealingHalf(bob), date);
    if (found === undefined) throw new Error("no target");
    const [packet] = await packetsFor([found], sessionKey, profile);
    await home.import(bob);
    await home.import(sealingHalf(olga));
    await home.save("notice.pgp", noticeOf(packet ?? new Uint8Array(), dataPacket));
    const { status, stdout, stderr } = await home.shell("gpg --batch -d notice.pgp");
    expect(stderr).toContain("Good signature");
    expect(status).toBe(0);
    expect(Buffer.from(stdout).toString()).toContain((await armorOpeningKey(listKey)).split("\n")[2]);
  });
});
