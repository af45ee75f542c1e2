/**
 * Claims: the server is no oracle that opens whatever was ever sealed to it.
 * Leaves out: what error texts give away; requests that are signed as posts by their own author.
 *
 * The attack: Bob, a member, captures somebody's sealed request and sends it as a post. A naive server opens it and
 * reseals what it found to the members.
 */
import { inBothModes } from "../claim.mjs";
import { aenc, att, attackerHas, fact, pk } from "../model.mjs";
import { FULL, payload } from "../protocol.mjs";
import { secrecyWorld } from "../worlds.mjs";

/** @param {import("../protocol.mjs").Protocol} p */
function world(p) {
  const request = {
    kind: "request",
    list: "list1",
    id: "requestid",
    from: "alice",
    text: "requestsecret",
    key: "ka",
  };
  return [
    ...secrecyWorld(p, { has: ["kb", "kl1"], policy: "members" }),
    fact("alices_request_on_the_wire", att(aenc(payload(p, request), pk("ks1")))),
  ];
}

const never = [att("requestsecret")];
const works = { what: "the server opens the request", with: attackerHas("ks1"), reached: never };

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => {
    // Byte check and body hash off, so that nothing but the kind is left to stop it.
    const p = { ...FULL, mode, keyPacketCheck: false, submitNamesBody: false };
    return {
      name: "oracle: the kind in the signature is enough",
      says: "Sent as a post, a sealed request is not opened and resealed, because its signature is no `submit`.",
      leavesOut: "Sealed things without a signature, which the next claim covers.",
      world: world(p),
      never,
      works,
      twins: [
        {
          without: "kinds: the request is resealed to the members, Bob among them",
          world: world({ ...p, kinds: false }),
        },
      ],
    };
  }),
  (() => {
    const p = { ...FULL, submitSigned: false };
    return {
      name: "oracle: the check of the key packet is enough, mode key",
      says: "Sent as a post, a sealed request is not resealed, because it is no key packet for the list's key.",
      leavesOut:
        "Mode whole, where a data packet must follow as well; a request sealed to the list key, which no add-on makes.",
      world: world(p),
      never,
      works,
      twins: [{ without: "the check of the key packet", world: world({ ...p, keyPacketCheck: false }) }],
    };
  })(),
];
