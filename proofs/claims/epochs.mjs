/**
 * Claims: what a server and a former member can read together ends with the epoch, also where the notice of the next list key is
 * sealed once for all and rides in the members' copies.
 * Leaves out: order and interruptions (spin/epochs.pml); how long an epoch lasts, which is what they can read.
 */
import { ATTACKER } from "../attacker.mjs";
import { aenc, att, attackerHas, fact, pk, rule, senc, sig, tuple } from "../model.mjs";
import { FULL, LIST1, memberSecret, sends, serverTakes } from "../protocol.mjs";
import { SECRET } from "../worlds.mjs";

/**
 * @typedef {object} Epoch
 * @property {string[]} packetsFor  for whom the owner makes a session key packet of the one notice
 * @property {boolean} signed  the notice is signed by the owner
 * @property {"none" | "some"} grace  whether a post under the ended key is still passed on
 * @property {boolean} one  members seal under one key: the server takes the first owner's and refuses the other's
 */
/** @type {Epoch} */
const EPOCH = { packetsFor: ["ka", "kb"], signed: true, grace: "none", one: true };

/** The session key of the notice, which each packet holds. */
const NOTICE_KEY = "noticekey";

/** @param {Epoch} e @param {string} key */
const said = (e, key) => {
  const body = tuple("newkey", "list1", key);
  return e.signed ? sig(body, "ko") : body;
};

/**
 * Server and Eve put together all that they have: the server's keys, and the list key of the epoch in which she left. Whatever a
 * copy carries, the server may have put there; Alice's add-on takes a notice from any copy, if an owner signed it.
 * @param {Epoch} e
 */
const world = (e) => [
  ...ATTACKER,
  ...attackerHas("ks1", "gs1", "km", "kl1", ...["ka", "kb", "kc"].map((m) => memberSecret("ks1", m))),
  fact("owner_uploads_the_notice_once", att(senc(said(e, "kl1new"), NOTICE_KEY))),
  ...e.packetsFor.map((member) =>
    fact(`owner_uploads_a_packet_for_${member}`, att(aenc(NOTICE_KEY, pk(member)))),
  ),
  rule(
    "alice_takes_the_notice_that_rides_in_a_copy",
    [att(tuple(aenc("N", pk("ka")), senc(said(e, "Z"), "N"), aenc("C", pk("ka"))))],
    "uses(ka,Z)",
  ),
  // before she has had a copy, she seals under the key that she has: a letter that nobody else gets (former-key-answer)
  ...(e.grace === "some" ? [fact("alice_posts_under_the_ended_key_within_grace", "uses(ka,kl1)")] : []),
  // the other owner's key, which is not the list's: made for a record in which Eve still stood
  ...(e.one
    ? []
    : [
        fact("the_other_owner_uploads_a_packet_for_eve", att(aenc("othernoticekey", pk("km")))),
        fact("the_other_owner_uploads_a_packet_for_alice", att(aenc("othernoticekey", pk("ka")))),
        fact("the_other_owner_uploads_a_notice", att(senc(said(e, "kl1next"), "othernoticekey"))),
      ]),
  ...sends(FULL, {
    name: "alice_secret",
    list: { ...LIST1, listKey: "Z" },
    author: "ka",
    from: "alice",
    id: "secretid",
    text: SECRET,
    sessionKey: "sessionkey(Z)",
    when: ["uses(ka,Z)"],
  }),
  ...serverTakes(FULL, { ...LIST1, listKey: "kl1new" }, ["ka", "kb"], "members"),
];

/** @type {import("../claim.mjs").Claim[]} */
export default [
  {
    name: "epochs: server and former member read nothing that is posted after the epoch that she left in",
    says: "The notice rides in the copies, which are the server's to make; they have it, every packet, and all that they ever had.",
    leavesOut: "A member who helps the server; a certificate that is broken (quantum.mjs).",
    world: world(EPOCH),
    never: [att(SECRET)],
    works: {
      what: "Bob opens his packet, has the next list key, and reads what Alice posts under it",
      with: [...attackerHas("kb"), fact("alice_uses_the_next_key", "uses(ka,kl1new)")],
      reached: [att("kl1new"), att(SECRET)],
    },
    twins: [
      {
        without: "packets for members alone: one for the server's ghost opens the notice",
        world: [...world({ ...EPOCH, packetsFor: ["ka", "kb", "kghost"] }), ...attackerHas("kghost")].concat(
          fact("alice_took_it", "uses(ka,kl1new)"),
        ),
      },
      {
        without: "the owner's own log: by the server's roster, Eve is still there",
        world: world({ ...EPOCH, packetsFor: ["ka", "kb", "km"] }).concat(
          fact("alice_took_it", "uses(ka,kl1new)"),
        ),
      },
      {
        without: "the end of the former key: a post within grace is under the key that she has",
        world: world({ ...EPOCH, grace: "some" }),
      },
      {
        without:
          "one owner's word: of two at once, the one who did not know that Eve left has Alice seal for her",
        world: world({ ...EPOCH, one: false }),
      },
      {
        without: "the owner's signature: what rides in a copy is the server's own key",
        world: world({ ...EPOCH, signed: false }),
      },
    ],
  },
];
