import { createMessage, encrypt } from "openpgp";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { readNotations } from "../../src/protocol/binding.js";
import { type OpeningKey, openPost, sealingHalf, sealPost } from "../../src/protocol/index.js";
import { openOwn, sealToOwn } from "../../src/protocol/own-seal.js";
import { type Cast, makeCast } from "./people.js";

/** Sealed drafts: only the author's key opens them, only the author's signature makes one, and none is a post. */
describe.each(["compatible", "rfc9580"] as const)("%s", (profile) => {
  const now = new Date();
  const payload = new TextEncoder().encode("Subject: 途中\r\n\r\nhalf a thought");
  let cast: Cast;
  let alice: OpeningKey<"member">;

  beforeAll(async () => {
    cast = await makeCast(profile);
    alice = cast.alice;
  });

  test("its author opens it, among other keys too", async () => {
    const sealed = await sealToOwn("draft", payload, alice, now);
    expect(await openOwn("draft", sealed, [cast.bob, alice], now)).toEqual(payload);
  });

  test("nobody else does: not the list, not the server, not a member", async () => {
    const sealed = await sealToOwn("draft", payload, alice, now);
    expect(await openOwn("draft", sealed, [cast.bob, cast.eve], now)).toBe("not-for-me");
    expect(await openLayer(sealed, cast.listKey)).toBe("not-for-me");
    expect(await openLayer(sealed, cast.serverKey)).toBe("not-for-me");
  });

  test("a draft that a mail provider made for her does not open, signed by another or not at all", async () => {
    const forged = await encrypt({
      message: await createMessage({ binary: payload, filename: "" }),
      encryptionKeys: sealingHalf(alice).certificate,
      format: "binary",
    });
    // with the defence off it does: the layer itself opens
    expect(await openLayer(forged, alice)).toMatchObject({ literal: payload });
    await expect(openOwn("draft", forged, [alice], now)).rejects.toMatchObject({ code: "not-signed" });
    const byEve = await encrypt({
      message: await createMessage({ binary: payload, filename: "" }),
      encryptionKeys: sealingHalf(alice).certificate,
      signingKeys: cast.eve.secret,
      format: "binary",
    });
    await expect(openOwn("draft", byEve, [alice], now)).rejects.toMatchObject({ code: "unknown-author" });
  });

  test("what she signed for another purpose is no draft, and a draft is no post", async () => {
    const { address, listKey, serverKey } = cast;
    const messageId = "<a@lists.example>";
    const post = await sealPost({
      mode: "whole",
      payload,
      messageId,
      list: { address, key: sealingHalf(listKey) },
      server: sealingHalf(serverKey),
      author: alice,
    });
    if (post.mode !== "whole") throw new Error("a whole one was asked for");
    await expect(openOwn("draft", post.message, [alice], now)).rejects.toMatchObject({ code: "wrong-kind" });

    const draft = await sealToOwn("draft", payload, alice, now);
    const keys = { member: [alice], list: { address, key: listKey }, server: sealingHalf(serverKey) };
    const claim = async () => ({ author: sealingHalf(alice), messageId });
    await expect(openPost({ mode: "whole", message: draft }, keys, claim)).rejects.toThrow();
    const layer = await openLayer(draft, alice);
    if (layer === "not-for-me") throw new Error("it is hers");
    const { notations } = await verifyOnly(
      layer.literal,
      layer.signatures,
      sealingHalf(alice).certificate,
      now,
    );
    expect(() => readNotations(notations, "post", ["list", "msgid"])).toThrow(
      expect.objectContaining({ code: "wrong-kind" }),
    );
  });

  test("altered or cut short: nothing of it comes out", async () => {
    const sealed = await sealToOwn("draft", payload, alice, now);
    const altered = Uint8Array.from(sealed);
    altered[altered.length - 20] = (altered[altered.length - 20] ?? 0) ^ 1;
    for (const damaged of [altered, sealed.subarray(0, sealed.length - 9)]) {
      await expect(openOwn("draft", damaged, [alice], now)).rejects.toMatchObject({ code: "damaged" });
    }
  });
});
