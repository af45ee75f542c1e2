/** Sequoia's sq and sqop, and RNP: they open what we write in `compatible`, and we open what they write. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { sha256 } from "../../src/openpgp/digest.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { checkLiteral, keyPacketTarget } from "../../src/openpgp/packets.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import {
  type DeliveryMode,
  join,
  type Mode,
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";
import {
  aliceSeals,
  type Cast,
  keysOf,
  listOf,
  makeCast,
  saysAlice,
  serverContext,
} from "../protocol/people.js";
import { copyForBob, roster } from "./copies.js";
import { type OtherTool, otherTools } from "./other-tools.js";
import { describeWith, must } from "./tools.js";

const payload = new Uint8Array(70_000).map((_, i) => (i * 7) % 256);
const settings = (["key", "whole"] as const).flatMap((mode) =>
  (["resealed", "opened"] as const).map((delivery): [Mode, DeliveryMode] => [mode, delivery]),
);

const flip = (bytes: Uint8Array, at: number) => bytes.map((value, i) => (i === at ? value ^ 1 : value));

for (const tool of otherTools) {
  describeWith(tool.needs, tool.name, () => {
    let cast: Cast;

    beforeAll(async () => {
      cast = await makeCast("compatible");
    });

    /** Bob's copy as far as the list key: his own key opens the outer seal. */
    async function openOuterWithTool(copy: SealedMessage, delivery: DeliveryMode): Promise<Uint8Array> {
      const outer = copy.mode === "key" ? copy.key : copy.message;
      if (delivery === "opened") return copy.mode === "key" ? join(outer, copy.body) : outer;
      const opened = await tool.open(outer, cast.bob, sealingHalf(cast.serverKey));
      expect(opened).toMatchObject({ status: 0, verified: true });
      return copy.mode === "key" ? join(opened.bytes, copy.body) : opened.bytes;
    }

    test.each(settings)(
      "opens mode %s, delivery %s, and finds both signatures good",
      async (mode, delivery) => {
        const copy = await copyForBob(cast, await aliceSeals(cast, mode, payload), delivery);
        const inner = await openOuterWithTool(copy, delivery);
        const opened = await tool.open(inner, cast.listKey, sealingHalf(cast.alice));
        expect(opened).toMatchObject({ status: 0, verified: true });
        expect(opened.bytes).toEqual(payload);
      },
    );

    // above 256 KiB our own writer makes the data packet, above a million octets a compressed one
    test.each([300_000, 1_100_000])("opens a large post of %d octets in both modes", async (size) => {
      const large = new Uint8Array(size).map((_, i) => (i * 7) % 251);
      for (const mode of ["key", "whole"] as const) {
        const copy = await copyForBob(cast, await aliceSeals(cast, mode, large), "resealed");
        const inner = await openOuterWithTool(copy, "resealed");
        const opened = await tool.open(inner, cast.listKey, sealingHalf(cast.alice));
        expect(opened).toMatchObject({ status: 0, verified: true });
        expect(Buffer.compare(opened.bytes, large)).toBe(0);
      }
    });

    test("refuses a flipped bit and a missing end", async () => {
      const copy = await copyForBob(cast, await aliceSeals(cast, "key", payload), "opened");
      const inner = await openOuterWithTool(copy, "opened");
      for (const damaged of [flip(inner, inner.length >> 1), inner.subarray(0, -1)]) {
        const opened = await tool.open(damaged, cast.listKey, sealingHalf(cast.alice));
        expect(opened.status).not.toBe(0);
      }
    });

    test("opens nothing of the profile rfc9580", async () => {
      const modern = await makeCast("rfc9580");
      const copy = await copyForBob(modern, await aliceSeals(modern, "whole", payload), "opened");
      if (copy.mode !== "whole") throw new Error("another mode");
      const outcome = await tool
        .open(copy.message, modern.listKey, sealingHalf(modern.alice))
        .catch(() => ({ status: 1, bytes: new Uint8Array() }));
      expect(outcome.status).not.toBe(0);
      expect(outcome.bytes).toHaveLength(0);
    });

    describe.each(["key", "whole"] as const)("what it seals, mode %s", (mode) => {
      let submitted: SealedMessage;
      let inner: Uint8Array;

      beforeAll(async () => {
        [submitted, inner] = await sealWith(tool, cast, mode);
      });

      test("opens here, layer by layer, with good signatures; its key packet is taken on bytes", async () => {
        const outer = submitted.mode === "key" ? submitted.key : submitted.message;
        const layer = await openLayer(outer, cast.serverKey);
        if (layer === "not-for-me") throw new Error("not opened");
        const { keyPacket, dataPacket } = split(inner);
        expect(layer.literal).toEqual(mode === "key" ? keyPacket : inner);
        const target = await keyPacketTarget(listOf(cast).key);
        expect(checkLiteral(layer.literal, mode, target).keyPacket).toEqual(keyPacket);
        const alice = sealingHalf(cast.alice).certificate;
        await expect(verifyOnly(layer.literal, layer.signatures, alice, new Date())).resolves.toMatchObject({
          by: cast.alice.fingerprint,
        });

        const letter = await openLayer(join(keyPacket, dataPacket), cast.listKey);
        if (letter === "not-for-me") throw new Error("not opened");
        expect(letter.literal).toEqual(payload);
        await expect(verifyOnly(payload, letter.signatures, alice, new Date())).resolves.toMatchObject({
          by: cast.alice.fingerprint,
        });
      });

      test("is refused as a post: its signatures do not say what they are for", async () => {
        await expect(openAtServer(submitted, serverContext(cast))).rejects.toMatchObject({
          code: "binding-missing",
        });
      });

      test("is refused by a reader too, were a server to pass it on", async () => {
        const { keyPacket, dataPacket } = split(inner);
        const opened = {
          mode,
          literal: mode === "key" ? keyPacket : inner,
          ...(mode === "key" ? { body: dataPacket } : {}),
          messageId: "<1@example.test>",
          signedAt: new Date(),
          by: cast.alice.fingerprint,
          keyPacketDigest: await sha256(keyPacket),
          dataPacketDigest: "",
        };
        const prepared = await prepareReseal(opened, { ...serverContext(cast), roster });
        const copy = await resealFor(prepared, sealingHalf(cast.bob));
        const reading = openPost(copy, keysOf(cast, cast.bob), saysAlice(cast));
        await expect(reading).rejects.toMatchObject({ code: "binding-missing" });
      });
    });
  });
}

/** A submission as a sender makes it who has this program and knows nothing of notations; with its inner seal. */
async function sealWith(tool: OtherTool, cast: Cast, mode: Mode): Promise<[SealedMessage, Uint8Array]> {
  const inner = await tool.seal(payload, cast.alice, [sealingHalf(cast.listKey)]);
  const outerFor = [sealingHalf(cast.serverKey), sealingHalf(cast.alice)];
  if (mode === "whole") return [{ mode, message: await tool.seal(inner, cast.alice, outerFor) }, inner];
  const { keyPacket, dataPacket } = split(inner);
  return [{ mode, key: await tool.seal(keyPacket, cast.alice, outerFor), body: dataPacket }, inner];
}

describeWith(["sq"], "sq packet split", () => {
  test("cuts a message where we cut it", async () => {
    const cast = await makeCast("compatible");
    const copy = await copyForBob(cast, await aliceSeals(cast, "whole", payload), "opened");
    if (copy.mode !== "whole") throw new Error("another mode");
    const folder = await mkdtemp(joinPath(tmpdir(), "ls-"));
    try {
      await must("sq", ["packet", "split", "--prefix", joinPath(folder, "p")], { input: copy.message });
      const names = (await readdir(folder)).sort();
      const packets = await Promise.all(names.map((name) => readFile(joinPath(folder, name))));
      const { keyPacket, dataPacket } = split(copy.message);
      expect(packets.map((packet) => Uint8Array.from(packet))).toEqual([keyPacket, dataPacket]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
