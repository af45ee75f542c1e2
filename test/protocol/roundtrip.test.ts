/** Claims 1 to 5 of the seed: each mode and delivery, in both profiles, from author to member. */
import {
  type DeliveryMode,
  forwardOpened,
  type Mode,
  openAtServer,
  openPost,
  type PreparedReseal,
  type Profile,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice, serverContext } from "./people.js";

const roster = { number: 7, hash: "ab".repeat(32) };
const payload = new TextEncoder().encode("Subject: 封\r\n\r\nThe marker and nothing else.\r\n");

async function prepare(cast: Cast, sealed: SealedMessage): Promise<PreparedReseal> {
  const context = serverContext(cast);
  return prepareReseal(await openAtServer(sealed, context), { ...context, roster });
}

const settings: [Profile, Mode, DeliveryMode][] = (["compatible", "rfc9580"] as const).flatMap((profile) =>
  (["key", "whole"] as const).flatMap((mode) =>
    (["resealed", "opened"] as const).map((delivery): [Profile, Mode, DeliveryMode] => [
      profile,
      mode,
      delivery,
    ]),
  ),
);

describe.each(settings)("%s, mode %s, delivery %s", (profile, mode, delivery) => {
  let cast: Cast;
  let submitted: SealedMessage;
  let copy: SealedMessage;

  beforeAll(async () => {
    cast = await makeCast(profile);
    submitted = await aliceSeals(cast, mode, payload);
    const prepared = await prepare(cast, submitted);
    copy = delivery === "opened" ? forwardOpened(prepared) : await resealFor(prepared, sealingHalf(cast.bob));
  });

  test("Bob reads it, by Alice, through the list", async () => {
    const opened = await openPost(copy, keysOf(cast, cast.bob), saysAlice(cast));
    if (opened.kind !== "opened") throw new Error("not opened");
    expect(opened.payload).toEqual(payload);
    expect(opened.author).toBe(cast.alice.fingerprint);
    expect(opened.passage).toEqual({
      via: "list",
      by: cast.alice.fingerprint,
      roster,
      signedAt: expect.any(Date),
    });
  });

  test("the list's word for a non-member's post is said as that, and never as a member's", async () => {
    const context = { ...serverContext(cast), roster, kind: "through-nonmember" } as const;
    const prepared = await prepareReseal(await openAtServer(submitted, context), context);
    const strange =
      delivery === "opened" ? forwardOpened(prepared) : await resealFor(prepared, sealingHalf(cast.bob));
    const opened = await openPost(strange, keysOf(cast, cast.bob), saysAlice(cast));
    if (opened.kind !== "opened") throw new Error("not opened");
    expect(opened.passage).toEqual({
      via: "list-from-nonmember",
      by: cast.alice.fingerprint,
      roster,
      signedAt: expect.any(Date),
    });
  });

  test("the body is not touched on the way", () => {
    if (submitted.mode !== "key" || copy.mode !== "key") return expect(mode).toBe("whole");
    expect(copy.body).toEqual(submitted.body);
  });

  test("Alice reads her own copy in Sent", async () => {
    const opened = await openPost(submitted, keysOf(cast, cast.alice), saysAlice(cast));
    if (opened.kind !== "opened") throw new Error("not opened");
    expect(opened.passage).toEqual({ via: "own-copy" });
  });

  test("Eve, who left with the list key, opens neither leg (or, in `opened`, that is what the setting gives up)", async () => {
    const own = keysOf(cast, cast.eve);
    await expect(openPost(submitted, own, saysAlice(cast))).resolves.toEqual({ kind: "not-for-me" });
    const result = await openPost(copy, own, saysAlice(cast));
    expect(result.kind).toBe(delivery === "opened" ? "opened" : "not-for-me");
  });

  test("the server's key opens neither the inner seal nor a copy", async () => {
    const { openLayer } = await import("../../src/openpgp/open-layer.js");
    // delivery `opened` carries the bare key packet: a message only together with its body
    const whole = copy.mode === "whole" ? copy.message : undefined;
    const sealedKey = copy.mode === "key" && delivery === "resealed" ? copy.key : undefined;
    for (const part of [whole, sealedKey])
      if (part !== undefined) await expect(openLayer(part, cast.serverKey)).resolves.toBe("not-for-me");
    const { literal, body } = await openAtServer(submitted, serverContext(cast));
    const inner = body === undefined ? literal : new Uint8Array([...literal, ...body]);
    await expect(openLayer(inner, cast.serverKey)).resolves.toBe("not-for-me");
  });
});
