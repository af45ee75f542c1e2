/**
 * Letters past the list: sealed to one member, and never taken for a post, nor a post for one. Each attack first succeeds where only
 * what a library checks is checked.
 */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { type OpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { sealLayer } from "../../src/openpgp/seal-layer.js";
import { profileOf } from "../../src/openpgp/secrets.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { listValue, signBinding } from "../../src/protocol/binding.js";
import { openPost } from "../../src/protocol/open-post.js";
import { openPrivate, sealPrivate } from "../../src/protocol/private-letter.js";
import { openAtServer } from "../../src/protocol/reseal.js";
import { sealPost } from "../../src/protocol/seal-post.js";
import { profiles } from "../server/prepared.js";
import { type Cast, makeCast, serverContext } from "./people.js";

describe.each(profiles)("%s", (profile) => {
  let cast: Cast;
  let carol: OpeningKey<"member">;
  const payload = new TextEncoder().encode("for Bob alone");
  const messageId = "<1@example.test>";
  const date = new Date();

  beforeAll(async () => {
    cast = await makeCast(profile);
    carol = cast.eve;
  });
  const list = () => listValue(cast.address, cast.listKey.fingerprint);
  const letter = (author = cast.alice, to = cast.bob) =>
    sealPrivate({ payload, messageId, list: list(), to: sealingHalf(to), author, date });
  const identify =
    (author = cast.alice) =>
    async () => ({ author: sealingHalf(author), messageId });
  const opens = (sealed: Uint8Array, own: OpeningKey<"member">, author = cast.alice) =>
    openPrivate(sealed, [own], identify(author), new Date());
  /** What a program does that opens what it can and asks who has signed it, as gpg does. */
  const naive = async (
    sealed: Uint8Array,
    own: OpeningKey<"member"> | OpeningKey<"list">,
    author = cast.alice,
  ) => {
    const layer = await openLayer(sealed, own);
    if (layer === "not-for-me") return layer;
    await verifyOnly(layer.literal, layer.signatures, sealingHalf(author).certificate, new Date());
    return new TextDecoder().decode(layer.literal);
  };
  /** Somebody who has opened it seals it anew, with the signature that is inside. */
  const sealedAnew = async (
    sealed: Uint8Array,
    own: OpeningKey<"member">,
    to: OpeningKey<"member"> | OpeningKey<"list">,
  ) => {
    const layer = await openLayer(sealed, own);
    const [signature] = layer === "not-for-me" ? [] : layer.signatures;
    if (layer === "not-for-me" || signature === undefined) throw new Error("not opened");
    return sealLayer(layer.literal, signature, [sealingHalf(to)], profileOf(sealingHalf(to)), date);
  };

  test("its reader opens it, and its author does; nobody else", async () => {
    const sealed = await letter();
    const expected = {
      author: cast.alice.fingerprint,
      messageId,
      list: list(),
      to: cast.bob.fingerprint,
      payload,
    };
    expect(await opens(sealed, cast.bob)).toMatchObject(expected);
    expect(await opens(sealed, cast.alice)).toMatchObject(expected);
    expect(await opens(sealed, carol)).toBe("not-for-me");
    expect(await openLayer(sealed, cast.listKey)).toBe("not-for-me");
    expect(await openLayer(sealed, cast.serverKey)).toBe("not-for-me");
  });

  test("its reader seals it anew to somebody else, as if it were for them", async () => {
    const anew = await sealedAnew(await letter(), cast.bob, carol);
    expect(await naive(anew, carol)).toBe("for Bob alone");
    await expect(opens(anew, carol)).rejects.toMatchObject({ code: "binding-mismatch" });
  });

  test("its reader seals it anew to the list, as if it had been posted", async () => {
    const anew = await sealedAnew(await letter(), cast.bob, cast.listKey);
    expect(await naive(anew, cast.listKey)).toBe("for Bob alone");
    // as a copy: the list's seal inside Bob's own
    const copy = await signBinding(anew, cast.bob, { kind: "private", list: list() }, [], date);
    const message = await sealLayer(anew, copy, [sealingHalf(cast.bob)], profile, date);
    const keys = {
      member: [cast.bob],
      list: { address: cast.address, key: cast.listKey },
      server: sealingHalf(cast.serverKey),
    };
    await expect(openPost({ mode: "whole", message }, keys, identify())).rejects.toMatchObject({
      code: "wrong-kind",
    });
  });

  test("a post is sealed to one member, as if it were private", async () => {
    const post = await sealPost({
      ...{ mode: "whole", payload, messageId, author: cast.alice, date },
      list: { address: cast.address, key: sealingHalf(cast.listKey) },
      server: sealingHalf(cast.serverKey),
    });
    if (post.mode !== "whole") throw new Error("another mode");
    const outer = await openLayer(post.message, cast.serverKey);
    const inner = outer === "not-for-me" ? outer : await openLayer(outer.literal, cast.listKey);
    const [signature] = inner === "not-for-me" ? [] : inner.signatures;
    if (inner === "not-for-me" || signature === undefined) throw new Error("not opened");
    const anew = await sealLayer(inner.literal, signature, [sealingHalf(cast.bob)], profile, date);
    expect(await naive(anew, cast.bob)).toBe("for Bob alone");
    await expect(opens(anew, cast.bob)).rejects.toMatchObject({ code: "wrong-kind" });
  });

  test("sent to the list, the server has nothing to open; a letter that somebody else signed is not Alice's", async () => {
    const sealed = await letter();
    await expect(openAtServer({ mode: "whole", message: sealed }, serverContext(cast))).rejects.toMatchObject(
      {
        code: "wrong-list",
      },
    );
    await expect(opens(await letter(carol), cast.bob)).rejects.toMatchObject({ code: "unknown-author" });
  });

  test("under another message id, or for other readers, it is refused", async () => {
    const says = {
      kind: "private",
      list: list(),
      msgid: "<2@example.test>",
      to: cast.bob.fingerprint,
    } as const;
    const other = await signBinding(payload, cast.alice, says, [], date);
    const sealed = await sealLayer(payload, other, [sealingHalf(cast.bob)], profile, date);
    await expect(opens(sealed, cast.bob)).rejects.toMatchObject({ code: "binding-mismatch" });
    const named = await signBinding(
      payload,
      cast.alice,
      { ...says, msgid: messageId },
      [carol.fingerprint],
      date,
    );
    const forCarol = await sealLayer(payload, named, [sealingHalf(cast.bob)], profile, date);
    await expect(opens(forCarol, cast.bob)).rejects.toMatchObject({ code: "wrong-list" });
  });
});
