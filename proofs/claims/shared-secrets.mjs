/**
 * Claims: what holds when seals are made with shared secrets instead of key pairs, and when all members' copies share
 * one encrypted literal.
 * Leaves out: how the secrets are agreed; guessing (they are random, 256 bits).
 */
import { inBothModes } from "../claim.mjs";
import { att, attackerHas } from "../model.mjs";
import { FULL, keyPacket, memberSecret, senderSecret } from "../protocol.mjs";
import { BOB_READS, SECRET, secrecyWorld } from "../worlds.mjs";

const MALLORYS_SECRETS = [senderSecret("ks1", "km"), memberSecret("ks1", "km"), "secret_of_all_senders"];
/** A server knows every secret that it shares with somebody: here with Alice, Bob and Carol. */
const SERVERS_SECRETS = ["ka", "kb", "kc"].flatMap((who) => [
  senderSecret("ks1", who),
  memberSecret("ks1", who),
]);

/** @param {import("../protocol.mjs").Protocol} p */
const former = (p) =>
  secrecyWorld(p, {
    // Of shared literals she knows the session key of an old post, from when she was a member.
    has: [
      "km",
      "kl1",
      "kl2",
      ...MALLORYS_SECRETS,
      `sharedkey(${keyPacket(p, "oldkey", "kl1")})`,
      "sharedkey_of_every_post",
    ],
  });

/** @param {import("../protocol.mjs").Protocol} p */
const server = (p) =>
  secrecyWorld(p, { has: ["ks1", "gs1", "ks2", "gs2", ...SERVERS_SECRETS, "secret_of_all_senders"] });

const bobWithSecrets = {
  ...BOB_READS,
  with: attackerHas("kb", "kl1", memberSecret("ks1", "kb")).map((r) => ({ ...r, name: `${r.name}_as_bob` })),
};

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => {
    /** @type {import("../protocol.mjs").Protocol} */
    const p = { ...FULL, mode, serverSeal: "pairwise" };
    return {
      name: "secrets: a server-sender secret of one sender keeps promise 2",
      says: "Where each sender shares a secret of their own with the server, a former member reads nothing more.",
      leavesOut: "A sender who hands out their secret.",
      world: former(p),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without: "one secret per sender: with one for all, a former sender opens everybody's outer seal",
          world: former({ ...p, serverSeal: "one for all" }),
        },
      ],
    };
  }),
  ...inBothModes((mode) => {
    /** @type {import("../protocol.mjs").Protocol} */
    const p = { ...FULL, mode, listSeal: "secret", serverSeal: "pairwise", memberSeal: "secret" };
    return {
      name: "secrets: all three roles as shared secrets keep promise 2",
      says: "With a list secret, pairwise server-sender secrets and server-member secrets, a former member reads nothing more.",
      leavesOut: "Signatures, for which everybody still has a key pair.",
      world: former(p),
      never: [att(SECRET)],
      works: bobWithSecrets,
      twins: [{ without: "the seal for each member", world: former({ ...p, memberSeal: "none" }) }],
    };
  }),
  ...inBothModes((mode) => {
    /** @type {import("../protocol.mjs").Protocol} */
    const p = { ...FULL, mode, listSeal: "secret", serverSeal: "pairwise", memberSeal: "secret" };
    return {
      name: "secrets: all three roles as shared secrets keep promise 3",
      says: "A server that knows every secret it shares with senders and members doesn't read.",
      leavesOut: "Sending it the list secret (new-list-key.mjs).",
      world: server(p),
      never: [att(SECRET)],
      works: { ...BOB_READS, with: attackerHas("kl1").map((r) => ({ ...r, name: `${r.name}_as_bob` })) },
      twins: [{ without: "the inner seal", world: server({ ...p, listSeal: "none" }) }],
    };
  }),
  ...inBothModes((mode) => {
    /** @type {import("../protocol.mjs").Protocol} */
    const p = { ...FULL, mode, reseal: "fresh" };
    return {
      name: "one encrypted literal for all members: a session key of its own per post keeps promise 2",
      says: "A former member who knows the session keys of old shared literals opens no new one.",
      leavesOut: "Members of the same post, who may know its session key: they read that post anyway.",
      world: former(p),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without: "a fresh session key: one that is used again opens later posts",
          world: former({ ...p, reseal: "reused" }),
        },
      ],
    };
  }),
];
