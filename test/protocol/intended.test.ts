/** Intended Recipient Fingerprint: written, read back, and checked. */

import { openPost, sealingHalf, split } from "../../src/protocol/index.js";
import { intendedRecipients } from "../../src/protocol/intended.js";
import { openLayer } from "../../src/protocol/unseal.js";
import { aliceSeals, keysOf, makeCast, saysAlice } from "./people.js";

const payload = new TextEncoder().encode("x");

describe.each(["compatible", "rfc9580"] as const)("%s", (profile) => {
  test("the outer signature names the server and the author, the inner one the list", async () => {
    const cast = await makeCast(profile);
    const sealed = await aliceSeals(cast, "whole", payload);
    if (sealed.mode !== "whole") throw new Error("mode");
    const outer = await openLayer(sealed.message, cast.serverKey);
    if (outer === "not-for-me") throw new Error("not opened");
    const inner = await openLayer(outer.literal, cast.listKey);
    if (inner === "not-for-me") throw new Error("not opened");
    const readers = (layer: typeof outer) =>
      layer.signatures.flatMap(({ packets }) => packets.map(intendedRecipients));
    expect(readers(outer)).toEqual([[cast.serverKey.fingerprint, cast.alice.fingerprint]]);
    expect(readers(inner)).toEqual([[cast.listKey.fingerprint]]);
    expect(split(outer.literal).keyPacket.length).toBeGreaterThan(0);
  });

  test("a signature made for other readers is refused", async () => {
    const cast = await makeCast(profile);
    const other = await makeCast(profile);
    // Alice's post for the other list's key, which somebody encrypted again to this list under the same address
    const sealed = await aliceSeals({ ...cast, listKey: other.listKey }, "whole", payload);
    if (sealed.mode !== "whole") throw new Error("mode");
    const attempt = openPost(sealed, keysOf(cast, cast.alice), saysAlice(cast));
    await expect(attempt).rejects.toMatchObject({ code: "wrong-list" });
    expect(sealingHalf(other.listKey).fingerprint).not.toBe(cast.listKey.fingerprint);
  });
});
