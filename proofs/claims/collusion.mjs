/**
 * Claims: a new list key ends what a server and a former member can read together.
 * Leaves out: posts sealed under the old key, which they can read (the twin shows it, and the documents say so); how the
 * new key reaches the members (new-list-key.mjs).
 */
import { inBothModes } from "../claim.mjs";
import { att, attackerHas } from "../model.mjs";
import { FULL, LIST1 } from "../protocol.mjs";
import { SECRET, secrecyWorld } from "../worlds.mjs";

/** Server and former member put together what they have. */
const BOTH = ["ks1", "gs1", "ks2", "gs2", "km", "kl1"];

/** @type {import("../claim.mjs").Claim[]} */
export default inBothModes((mode) => {
  const p = { ...FULL, mode };
  return {
    name: "collusion: server and former member read nothing that is posted under a new list key",
    says: "With the server's keys and the old list key, posts under the new list key stay closed.",
    leavesOut: "Posts of a sender who has not heard of the new key yet.",
    world: secrecyWorld(p, { has: BOTH, list: { ...LIST1, listKey: "kl1new" } }),
    never: [att(SECRET)],
    works: {
      what: "Bob reads the post with the new list key",
      with: attackerHas("kb", "kl1new"),
      reached: [att(SECRET)],
    },
    twins: [
      {
        without: "the new list key: together they read, as the scheme says openly",
        world: secrecyWorld(p, { has: BOTH }),
      },
    ],
  };
});
