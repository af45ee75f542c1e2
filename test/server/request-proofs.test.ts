/** What a stranger sends costs the server's own thread nothing, and its signatures are counted before one is verified. */
import { jest } from "@jest/globals";
import { type AnyPacket, type PacketList, PrivateKey, readKey, SignaturePacket } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import type { Command } from "../../src/membership/request/request.js";
import { assertUsable, readOneCertificate, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { fullReadingConfig } from "../../src/openpgp/policy.js";
import { MAX_BROUGHT_PACKETS } from "../../src/server/base/limits.js";
import {
  asks,
  begin,
  certificate,
  claim,
  invites,
  join,
  joins,
  olga,
  play,
  refused,
  says,
  submitted,
  written,
} from "./asking.js";
import { type Person, PlayServer, person, textOf } from "./play-server.js";
import { readHere } from "./read-here.js";

afterEach(() => jest.restoreAllMocks());

/** A certificate with its subkey's signature many times: each is good, and each is verified by whoever looks for the newest. */
async function withSignatures(who: Person, count: number): Promise<Uint8Array> {
  const key = await readKey({
    binaryKey: writeSealingKey(sealingHalf(who.key)),
    config: fullReadingConfig(),
  });
  const [subkey] = key.subkeys;
  const [signature] = subkey?.bindingSignatures ?? [];
  if (subkey === undefined || signature === undefined) throw new Error("no subkey");
  subkey.bindingSignatures = Array.from({ length: count }, () => signature);
  return key.write();
}

const packetsOf = async (octets: Uint8Array): Promise<number> => {
  const packets: PacketList<AnyPacket> = (await readKey({ binaryKey: octets })).toPacketList();
  return packets.length;
};

describe("a certificate of as many signatures as fit", () => {
  let bob: Person;
  let many: Uint8Array;
  beforeAll(async () => {
    bob = await person("Bob");
    many = await withSignatures(bob, MAX_BROUGHT_PACKETS);
  });

  test("costs a reader that counts octets alone a verification each", async () => {
    const verify = jest.spyOn(SignaturePacket.prototype, "verify");
    await assertUsable(await readOneCertificate(many));
    expect(verify.mock.calls.length).toBeGreaterThan(MAX_BROUGHT_PACKETS);
  });

  test("ours counts its packets, and verifies none", async () => {
    const verify = jest.spyOn(SignaturePacket.prototype, "verify");
    const refusal = { kind: "refused", code: "too-large" };
    const at = Date.now();
    expect(await readHere.do("certificate", { certificate: many, at })).toEqual(refusal);
    const signed = { bytes: new Uint8Array(), signatures: new Uint8Array() };
    const by = { kind: "claim", certificate: many } as const;
    expect(await readHere.do("prove", { signed, by, at })).toEqual(refusal);
    expect(verify).not.toHaveBeenCalled();
  });

  test("one packet fewer is looked at", async () => {
    const fewer = await withSignatures(
      bob,
      MAX_BROUGHT_PACKETS - (await packetsOf(many)) + MAX_BROUGHT_PACKETS,
    );
    expect(await packetsOf(fewer)).toBe(MAX_BROUGHT_PACKETS);
    expect(await readHere.do("certificate", { certificate: fewer, at: Date.now() })).toMatchObject({
      kind: "certificate",
    });
  });
});

describe("at a server", () => {
  beforeEach(() => begin());
  afterEach(() => play.discard());

  test("a stranger's claim, join and command are verified in the thread that reads, and not in its own", async () => {
    const eve = await person("Eve");
    const bob = await invites(await person("Bob"));
    await says(olga, claim());
    const own = jest.spyOn(SignaturePacket.prototype, "verify");
    for (const sent of [
      await written(claim(eve, "0".repeat(32)), [eve.key]),
      await written(join({ ...bob, who: eve }), [bob.introduction, eve.key]),
      await written({ do: "leave" }, [eve.key]),
    ]) {
      own.mockClear();
      expect(await submitted(sent)).toBe(550);
      expect(own).not.toHaveBeenCalled();
    }
    expect(await joins(bob)).toMatchObject({ kind: "done" });
  });

  test("a certificate of many packets is refused to an owner who enrols it, too", async () => {
    await says(olga, claim());
    const bob = await person("Bob");
    const enrol = (octets: Uint8Array): Command => ({
      do: "enrol",
      name: bob.name,
      address: parseAddress(bob.address),
      shape: "encrypted",
      certificate: octets,
    });
    const many = await withSignatures(bob, MAX_BROUGHT_PACKETS);
    expect(await asks(olga, await written(enrol(many), [olga.key]))).toEqual(refused("too-large"));
    expect(await asks(olga, await written(enrol(certificate(bob.key)), [olga.key]))).toMatchObject({
      kind: "done",
    });
  });
});

test.each(["key", "whole"] as const)(
  "a post in mode %s is opened in the thread that reads, when it comes and when its copies are made",
  async (mode) => {
    const server = await PlayServer.make();
    try {
      const alice = await person("Alice");
      const list = await server.createList("team@lists.test", { mode });
      await server.join(list, alice);
      await server.start();
      const own = jest.spyOn(PrivateKey.prototype, "getDecryptionKeys");
      expect(await server.post(list, alice)).toMatchObject({ code: 250 });
      await server.sink.until(({ caught }) => caught.length === 1);
      expect(own).not.toHaveBeenCalled();
      const [copy] = server.sink.caught;
      expect(await textOf(list, alice, copy?.raw ?? new Uint8Array())).toBe("Hello");
      // and it would have been seen: the reader's own opening is
      expect(own).toHaveBeenCalled();
    } finally {
      await server.discard();
    }
  },
);
