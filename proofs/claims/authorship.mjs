/**
 * Claims: a member's add-on shows a post as Alice's only if Alice sealed exactly this for this list.
 * Leaves out: whether it is shown for the first time (spin/reader.pml); whose key is Alice's (introductions.mjs).
 *
 * The attacker is everybody else at once: a current member, a former one and the server of the list, with all of their
 * keys. Alice signs anything elsewhere: posts to another list, requests, private mail (worlds.mjs, `talkingAlice`).
 */

import { ATTACKER } from "../attacker.mjs";
import { inBothModes } from "../claim.mjs";
import { attackerHas } from "../model.mjs";
import { FULL, introduced, LIST1, reads } from "../protocol.mjs";
import { talkingAlice } from "../worlds.mjs";

/** @param {import("../protocol.mjs").Protocol} p */
const world = (p) => [
  ...ATTACKER,
  ...attackerHas("kb", "km", "kl1", "kl2", "ks1", "gs1"),
  ...talkingAlice(p),
  ...introduced("list1", [
    ["ka", "alice"],
    ["kb", "bob"],
    ["km", "mallory"],
  ]),
  ...reads(p, LIST1, "kc"),
];

const FORGED = ["shown(alice,list1,I,forged,B)"];
const MIXED = ["shown(alice,list1,mid(n1),say(n2),B)"];
const works = { what: "Carol is shown Alice's own post", reached: ["shown(alice,list1,mid(n1),say(n1),B)"] };

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    return {
      name: "authorship: shown as Alice's on list 1 only if she sealed it for list 1",
      says: "A text that Alice signed for another list, in a request or in a private mail, or not at all, is never shown as her post.",
      leavesOut: "A reader who goes by the name beside the address.",
      world: world(p),
      never: FORGED,
      works,
      twins: [
        {
          without: "the inner signature: any member forges any member",
          world: world({ ...p, innerSigned: false }),
        },
        {
          without:
            "the comparison of From with the introduced address: Bob signs, and writes Alice into From",
          world: world({ ...p, fromCompared: false }),
        },
        {
          without:
            "the list name in the inner signature: a post to list 2 is forwarded to list 1 (surreptitious forwarding)",
          world: world({ ...p, innerNamesList: false }),
        },
        {
          without: "kinds: the server shows Alice's signed request as her post",
          world: world({ ...p, kinds: false }),
        },
        {
          without:
            "the refusal of signatures without notations: Bob re-encrypts a private mail of Alice's to the list",
          world: world({ ...p, innerMarksRequired: false }),
        },
      ],
    };
  }),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    return {
      name: "authorship: one post's text is never shown under another post's message id",
      says: "What is shown as Alice's under a message id is what she sealed under this message id.",
      leavesOut: "That the notation and the protected header both carry the id: the model has it once.",
      world: world(p),
      never: MIXED,
      works,
      twins: [
        {
          without: "the message id in the inner signature: an old post comes again as a new one",
          world: world({ ...p, innerNamesId: false }),
        },
      ],
    };
  }),
];
