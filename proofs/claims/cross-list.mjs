/**
 * Claims: a post captured on list 1 can't be read by sending it to list 2, which the attacker owns on the same server.
 * Leaves out: replay to the same list, which needs time (spin/replay.pml). That all defences together hold is part of
 * promise 2 (promises.mjs), whose world has list 2 in it.
 *
 * The attack: Mallory was removed from list 1 and still has its list key. She owns list 2, where Alice is a member
 * as well, and sends it what she captured. A naive server opens it and seals it for the members of list 2: for her.
 */
import { inBothModes } from "../claim.mjs";
import { att } from "../model.mjs";
import { FULL } from "../protocol.mjs";
import { BOB_READS, mallorysList, SECRET, secrecyWorld } from "../worlds.mjs";

/**
 * @param {import("../protocol.mjs").Protocol} p
 * @param {Parameters<typeof mallorysList>[1]} list2
 */
const world = (p, list2) => [
  ...secrecyWorld(p, { has: ["km", "kl1", "kl2"], policy: "members" }),
  ...mallorysList(p, list2),
];

const sameServerKey = { serverKey2: "ks1", listKey2: "kl2" };
const mallorysChoice = { serverKey2: "ks1", listKey2: "kl1" };
const worstOwn = { serverKey2: "ks2", listKey2: "kl1" };

const naive = { ...FULL, submitSigned: false, keyPacketCheck: false };
const onlyBinding = { ...FULL, keyPacketCheck: false };
const onlyCheck = { ...FULL, submitSigned: false };

/** @type {import("../claim.mjs").Claim[]} */
export default inBothModes((mode) => ({
  name: "cross-list: a fresh server key per list is enough",
  says: "With a server key of its own per list, and no other check at all, list 2 opens nothing that was sealed for list 1.",
  leavesOut: "An address created again with the old key, which is the same as a shared key.",
  world: world({ ...naive, mode }, worstOwn),
  never: [att(SECRET)],
  works: BOB_READS,
  twins: [
    {
      without: "server keys per list: list 2 opens and reseals it to Mallory",
      world: world({ ...naive, mode }, mallorysChoice),
    },
    {
      without:
        "opening only with the key of the addressed list (the server tries every key, or takes anonymous recipients)",
      world: world({ ...naive, mode }, { ...worstOwn, triesAllKeys: true }),
    },
  ],
}))
  .concat(
    inBothModes((mode) => ({
      name: "cross-list: the signed list name is enough",
      says: "With one server key for all lists, the outer signature's list name alone keeps list 2 from taking the post.",
      leavesOut: "Senders who sign for list 2 what they got from list 1.",
      world: world({ ...onlyBinding, mode }, mallorysChoice),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without: "the list name in the outer signature: Alice's signature is good on list 2, too",
          world: world({ ...onlyBinding, mode, submitNamesList: false }, mallorysChoice),
        },
      ],
    })),
  )
  .concat(
    inBothModes((mode) => ({
      name: "cross-list: the check of the key packet's key holds only while no list key is used twice",
      says: "With one server key, no signatures and the check that the key packet names the list's own key, list 2 takes nothing sealed under another list key.",
      leavesOut: "That the server compares key material, not fingerprints, when it refuses a used list key.",
      world: world({ ...onlyCheck, mode }, sameServerKey),
      never: [att(SECRET)],
      works: BOB_READS,
      twins: [
        {
          without:
            "the refusal of a list key that was ever used: Mallory registers list 2 with the list key of list 1",
          world: world({ ...onlyCheck, mode }, mallorysChoice),
        },
        { without: "the check of the key packet", world: world({ ...naive, mode }, sameServerKey) },
      ],
    })),
  );
