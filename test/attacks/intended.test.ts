/**
 * A signature that says everything right and was made for other readers (RFC 9580, 5.2.3.36).
 *
 * The notations name list and list key, but not the server's key: what Alice signed for the list's old server key, whoever
 * stole that key can encrypt again to the new one. The naive copies don't know the subpacket, as openpgp.js and GnuPG 2.2.
 */

import { sha256 } from "../../src/openpgp/digest.js";
import { split } from "../../src/openpgp/packets.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  type Fingerprint,
  generateKey,
  openAtServer,
  openPost,
  type SealedMessage,
  sealingHalf,
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
import { bytes, encryptWith, firstOf, nameOf, opened, submits } from "./forge.js";
import { naiveReader } from "./naive/naive-reader.js";
import { naiveServer } from "./naive/naive-server.js";

const messageId = "<1@example.test>";
const refused = { code: "wrong-list" };

describe.each(["compatible", "rfc9580"] as const)("%s", (profile) => {
  let cast: Cast;
  let other: Cast;
  beforeAll(async () => {
    [cast, other] = await Promise.all([makeCast(profile), makeCast(profile, "press@lists.example")]);
  });

  describe("an inner signature with the notations of a post to this list", () => {
    /** The post as the server would forward it in delivery `opened`: sealed to the list, signed for `readers`. */
    async function postFor(readers: readonly Fingerprint[]): Promise<SealedMessage> {
      const payload = bytes("I resign.");
      const says = { kind: "post", list: nameOf(listOf(cast)), msgid: messageId } as const;
      const signature = await signBinding(payload, cast.alice, says, readers, new Date());
      const { certificate } = sealingHalf(cast.listKey);
      const { keyPacket, dataPacket } = split(await encryptWith(payload, [signature], [certificate]));
      const member = [sealingHalf(cast.bob).certificate];
      return { mode: "key", key: await encryptWith(keyPacket, [], member), body: dataPacket };
    }
    const bobReads = (sealed: SealedMessage) => openPost(sealed, keysOf(cast, cast.bob), saysAlice(cast));

    test("made for another list's members: shows as Alice's where only the notations are looked at", async () => {
      const sealed = await postFor([other.listKey.fingerprint]);
      const shown = await naiveReader({ without: [] })(sealed, keysOf(cast, cast.bob), saysAlice(cast));
      expect(shown).toMatchObject({ text: "I resign.", author: cast.alice.fingerprint });
    });

    test("made for another list's members: the real reader refuses it", async () => {
      await expect(bobReads(await postFor([other.listKey.fingerprint]))).rejects.toMatchObject(refused);
      const two = [other.listKey.fingerprint, other.bob.fingerprint];
      await expect(bobReads(await postFor(two))).rejects.toMatchObject(refused);
    });

    test("made for this list beside others, or for nobody in particular as GnuPG does: the real reader shows it", async () => {
      const among = await postFor([other.listKey.fingerprint, cast.listKey.fingerprint]);
      await expect(bobReads(among)).resolves.toMatchObject({
        kind: "opened",
        author: cast.alice.fingerprint,
      });
      await expect(bobReads(await postFor([]))).resolves.toMatchObject({ kind: "opened" });
    });
  });

  describe("a submission for the list's old server key, which its thief encrypts again to the new one", () => {
    async function again(submitted: SealedMessage): Promise<SealedMessage> {
      if (submitted.mode !== "key") throw new Error("mode key is meant");
      const layer = await opened(submitted.key, cast.serverKey);
      const { certificate } = sealingHalf(renewed.serverKey);
      return { ...submitted, key: await encryptWith(layer.literal, [firstOf(layer)], [certificate]) };
    }
    let renewed: Cast;
    let submitted: SealedMessage;
    beforeAll(async () => {
      renewed = { ...cast, serverKey: await generateKey("server", { address: cast.address, profile }) };
      submitted = await aliceSeals(cast, "key", bytes("I resign."));
    });

    test("is taken where only the notations are looked at: list and list key are the same", async () => {
      const taken = await naiveServer({ without: [] }).open(await again(submitted), serverContext(renewed));
      expect(taken).toMatchObject({ by: cast.alice.fingerprint, messageId });
    });

    test("is refused by the real server: made for another reader", async () => {
      await expect(openAtServer(submitted, serverContext(cast))).resolves.toMatchObject({ messageId });
      const attempt = openAtServer(await again(submitted), serverContext(renewed));
      await expect(attempt).rejects.toMatchObject(refused);
    });

    test("a submission that names no reader is taken: GnuPG can't write the subpacket", async () => {
      const { certificate } = sealingHalf(cast.listKey);
      const sealed = await encryptWith(bytes("x"), [], [certificate]);
      const foreign = await submits(renewed, cast.alice, sealed, messageId);
      if (foreign.mode !== "key") throw new Error("mode key is meant");
      const taken = await openAtServer(foreign, serverContext(renewed));
      expect(taken.keyPacketDigest).toBe(await sha256(split(sealed).keyPacket));
    });
  });
});
