/**
 * Claims: a key counts as Alice's on list 1 only if an owner introduced that address there and Alice's own
 * introduction certified the key.
 * Leaves out: that an introduction lets one key in, once (spin/joins.pml); who is a member now.
 */
import { ATTACKER } from "../attacker.mjs";
import { att, attackerHas, fact, pk, rule, sig, tuple } from "../model.mjs";

/**
 * @typedef {object} Chain
 * @property {boolean} kinds  the certification notations say what they are
 * @property {boolean} namesList  they name the list
 * @property {boolean} sameAddress  the certified address is the introduced one
 * @property {boolean} ownersOnly  the first certification must be by an owner whom the reader knows
 */
/** @type {Chain} */
const CHAIN = { kinds: true, namesList: true, sameAddress: true, ownersOnly: true };

/** @param {Chain} c @param {"introduction" | "member"} kind @param {string} list @param {string} address @param {string} key @param {string} by */
const certifies = (c, kind, list, address, key, by) =>
  sig(tuple(c.kinds && kind, c.namesList && list, address, pk(key)), by);

/**
 * The owner introduced Alice and Bob to list 1, and on list 2 somebody who calls himself alice there.
 * Bob and that somebody have the secrets of their introductions (ib, i2); Mallory was introduced, too (im).
 * As people do with OpenPGP keys, the owner also certified Fred's key (kf) for the address that Fred gave.
 * @param {Chain} c
 */
const world = (c) => [
  ...ATTACKER,
  ...attackerHas("ib", "i2", "im", "kb", "km", "kf"),
  fact("owner_introduces_alice", att(certifies(c, "introduction", "list1", "alice", "ia", "ko"))),
  fact("owner_introduces_bob", att(certifies(c, "introduction", "list1", "bob", "ib", "ko"))),
  fact("owner_introduces_mallory", att(certifies(c, "introduction", "list1", "mallory", "im", "ko"))),
  fact(
    "owner_introduces_another_alice_on_list2",
    att(certifies(c, "introduction", "list2", "alice", "i2", "ko")),
  ),
  fact("owner_certified_fred_as_a_member", att(certifies(c, "member", "list1", "alice", "kf", "ko"))),
  fact("alices_introduction_certifies_her_key", att(certifies(c, "member", "list1", "alice", "ka", "ia"))),
  rule(
    "the_reader_checks_the_chain",
    [
      att(certifies(c, "introduction", "list1", c.sameAddress ? "F" : "H", "J", c.ownersOnly ? "ko" : "O")),
      att(certifies(c, "member", "list1", "F", "G", "J")),
      att(pk("G")),
    ],
    "introduced(list1,G,F)",
  ),
];

/** A key that the attacker has is taken for Alice's. */
const TAKEN = ["introduced(list1,G,alice)", att("G")];

/** @type {import("../claim.mjs").Claim[]} */
export default [
  {
    name: "introductions: no key of anybody else counts as Alice's",
    says: "Members, former members, members of the owner's other lists and people whose keys the owner certified can't make a chain for Alice's address.",
    leavesOut: "Whoever intercepts Alice's invitation and its code (the owners see the second join).",
    world: world(CHAIN),
    never: TAKEN,
    works: { what: "Alice's own key counts as hers", reached: ["introduced(list1,ka,alice)"] },
    twins: [
      {
        without:
          "the same address in both certifications: Bob's introduction certifies a key for Alice's address",
        world: world({ ...CHAIN, sameAddress: false }),
      },
      {
        without: "the list name: the introduction to list 2 is good on list 1",
        world: world({ ...CHAIN, namesList: false }),
      },
      {
        without: "kinds: a key that the owner certified otherwise introduces others",
        world: world({ ...CHAIN, kinds: false }),
      },
      {
        without: "the owner's key (known beforehand, not taken from the mail): anybody introduces anybody",
        world: world({ ...CHAIN, ownersOnly: false }),
      },
    ],
  },
];
