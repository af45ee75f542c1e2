/** Intended Recipient Fingerprint: written and read back. The check of it: test/attacks/intended.test.ts. */

import { intendedRecipients } from "../../src/openpgp/intended-recipients.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { split } from "../../src/protocol/index.js";
import { aliceSeals, makeCast } from "./people.js";

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
});
