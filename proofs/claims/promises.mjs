/**
 * Claims: the three promises of the scheme (JPH10-107832, [0064] to [0066]).
 * Leaves out: lengths, times and who writes to whom, which stay visible; a member who passes mail on; a server that
 * works together with a former member (see collusion.mjs).
 */

import { ATTACKER } from "../attacker.mjs";
import { inBothModes } from "../claim.mjs";
import { att, attackerHas } from "../model.mjs";
import { FULL, keyPacket, LIST1, sends } from "../protocol.mjs";
import { BOB_READS, mallorysList, SECRET, SECRET_KEY, secrecyWorld } from "../worlds.mjs";

/** A former member, who also runs a list of her own on the same server. */
const FORMER_MEMBER = ["km", "kl1", "kl2"];
/** The server of both lists: it opens and signs for them. */
const SERVER = ["ks1", "gs1", "ks2", "gs2"];

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    const line = (/** @type {typeof p} */ q) => [
      ...ATTACKER,
      ...attackerHas(...FORMER_MEMBER),
      ...sends(q, {
        name: "alice_secret",
        list: LIST1,
        author: "ka",
        from: "alice",
        id: "secretid",
        text: SECRET,
        sessionKey: SECRET_KEY,
      }),
    ];
    const opened = [att(keyPacket(p, SECRET_KEY, "kl1"))];
    return {
      name: "promise 1: between sender and server only the server opens the outer seal",
      says: "From the line between sender and server nobody but the server gets the key packet, a former member not either.",
      leavesOut: "What happens behind the server (promise 2).",
      world: line(p),
      never: opened,
      works: { what: "the server opens the outer seal", with: attackerHas("ks1"), reached: opened },
      twins: [
        {
          without: "the outer seal: the key packet lies open on the line",
          world: line({ ...p, serverSeal: "none" }),
        },
      ],
    };
  }),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    const world = (/** @type {typeof p} */ q) => [
      ...secrecyWorld(q, { has: FORMER_MEMBER }),
      // Her own list 2 is on the same server, and she got it registered with the list key of list 1.
      ...mallorysList(q, { serverKey2: "ks2", listKey2: "kl1" }),
    ];
    return {
      name: "promise 2: a former member with the list key and a wiretap reads nothing more",
      says: "After a removal that changed the roster alone, the list key and every byte on every line don't give the text.",
      leavesOut: "Mail from before the removal; posts that the former member is sent by a member.",
      world: world(p),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without: "the seal for each member (delivery `opened`): she reads on the way out",
          world: world({ ...p, memberSeal: "none" }),
        },
        { without: "the outer seal: she reads on the way in", world: world({ ...p, serverSeal: "none" }) },
      ],
    };
  }),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    const world = (/** @type {typeof p} */ q) => secrecyWorld(q, { has: SERVER });
    return {
      name: "promise 3: the server, and whoever runs it, can't read",
      says: "All server keys, all traffic and anything that a server can send or choose don't give the text.",
      leavesOut:
        "A server that also has a list key: from a former member (collusion.mjs) or sent to it by mistake (new-list-key.mjs).",
      world: world(p),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without: "the inner seal (the prior way 3 of the document): the server reads",
          world: world({ ...p, listSeal: "none" }),
        },
      ],
    };
  }),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode, memberSeal: /** @type {const} */ ("none") };
    const world = (/** @type {typeof p} */ q) => secrecyWorld(q, { has: ["km", "kl2"] });
    return {
      name: "promise 3: third parties can't read, even with delivery `opened`",
      says: "Somebody who owns the wire and another list, but never had the list key, doesn't get the text.",
      leavesOut: "Former members, against whom delivery `opened` gives no protection (a twin of promise 2).",
      world: world(p),
      never: [att(SECRET)],
      works: { what: "Bob, a member, reads the post", with: attackerHas("kl1"), reached: [att(SECRET)] },
      twins: [
        {
          without: "the inner seal, the only one left on the way out: anybody reads",
          world: world({ ...p, listSeal: "none" }),
        },
      ],
    };
  }),
];
