/**
 * Claims: "came through the list" is said only of a post whose outer signature, by its author, the server checked; that
 * the author was no member is never left out; and both hold for a detached list signature, too.
 * Leaves out: that it is said once (spin/reader.pml); a dishonest server, which can say what it likes.
 */

import { ATTACKER } from "../attacker.mjs";
import { inBothModes } from "../claim.mjs";
import { att, attackerHas, fact, hash, pk, rule, senc, sig, tuple } from "../model.mjs";
import {
  FULL,
  introduced,
  keyPacket,
  LIST1,
  memberSeal,
  payload,
  reads,
  serverTakes,
  throughLiteral,
} from "../protocol.mjs";
import { aliceDataPacket, aliceKeyPacket, talkingAlice } from "../worlds.mjs";

/** @typedef {import("../protocol.mjs").Protocol} Protocol */

const PEOPLE = introduced("list1", [
  ["ka", "alice"],
  ["kb", "bob"],
  ["km", "mallory"],
]);

/** The deliveries, and how they are called in a claim's name. @type {readonly (readonly [Protocol["memberSeal"], string])[]} */
const DELIVERIES = [
  ["key", "through"],
  ["none", "through, delivery `opened` with a detached list signature"],
];

/**
 * Bob, a current member, attacks; `sb` is a session key that he made.
 * @param {Protocol} p @param {"members" | "open"} [policy]
 */
const withBob = (p, policy = "members") => [
  ...ATTACKER,
  ...attackerHas("kb", "kl1", "kl2", "sb"),
  ...talkingAlice(p),
  ...serverTakes(p, LIST1, ["ka", "kb", "kc"], policy),
  ...PEOPLE,
  ...reads(p, LIST1, "kc"),
];

/**
 * Mallory posted once, as a member: her copy of it is all that she has from the server. Then she was removed.
 * The server answers requests, too, hers included: an answer names the id and the hash of the request and the asker,
 * and can have the asker's own words in it.
 * @param {Protocol} p @param {"members" | "open"} [policy]
 */
function withMallory(p, policy = "members") {
  const key = keyPacket(p, "sm", "kl1");
  const data = senc(
    payload(p, { list: "list1", id: "oldid", from: "mallory", text: "oldtext", key: "km" }),
    "sm",
  );
  const copy = throughLiteral(p, { list: "list1", id: "oldid", key, data, by: "km", signKey: "gs1" });
  const answer = tuple(p.kinds && "answer", "list1", "I", hash("X"), pk("km"));
  return [
    ...ATTACKER,
    ...attackerHas("km", "kl1", "sm", "oldid", "oldtext", "newid"),
    fact("mallory_kept_her_copy_of_an_old_post", att(memberSeal(p, copy, "ks1", "km"))),
    rule("the_server_answers_mallory", [att("I"), att("X"), att("Y")], att(sig(tuple(answer, "Y"), "gs1"))),
    ...serverTakes(p, LIST1, ["ka", "kb", "kc"], policy),
    ...talkingAlice(p),
    ...PEOPLE,
    ...reads(p, LIST1, "kc"),
  ];
}

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...DELIVERIES.flatMap(([memberSeal, name]) =>
    inBothModes((mode) => {
      const p = { ...FULL, mode, memberSeal };
      const bobs = senc("P", "sb");
      return {
        name: `${name}: a current member can't re-post Alice's signed payload as hers`,
        says: "No data packet that Bob made is shown as Alice's and 'through the list', whatever of hers it has in it.",
        leavesOut:
          "The same post shown without that remark: readers refuse a message id that they have seen.",
        world: withBob(p),
        never: [`camethrough(alice,list1,I,X,${bobs})`],
        works: {
          what: "Alice's own post came through the list",
          reached: [`camethrough(alice,list1,mid(n1),say(n1),${aliceDataPacket(p, "n1")})`],
        },
        twins: [
          {
            without: "`by`: Bob's outer signature vouches for Alice's old payload",
            world: withBob({ ...p, throughNamesAuthor: false }),
          },
        ],
      };
    }),
  ),
  ...DELIVERIES.flatMap(([memberSeal, name]) =>
    inBothModes((mode) => {
      const p = { ...FULL, mode, memberSeal };
      return {
        name: `${name}: a former member can't move an old list signature to a new text`,
        says: "After her removal Mallory gets nothing shown as 'through the list' but what she had posted before.",
        leavesOut: "Her old post again, which readers refuse by its message id.",
        world: withMallory(p),
        never: ["camethrough(mallory,list1,I,forged,B)"],
        works: {
          what: "the old post came through the list",
          reached: ["camethrough(mallory,list1,oldid,oldtext,B)"],
        },
        twins: [
          {
            without:
              "the data packet in the list signature: key packet and signature fit any body under the same session key",
            world: withMallory({ ...p, throughNamesBody: false }),
          },
          ...(mode === "key"
            ? [
                {
                  without: "kinds: a signed answer of the server, with her words in it, is a list signature",
                  world: withMallory({ ...p, kinds: false }),
                },
              ]
            : []),
        ],
      };
    }),
  ),
  ...DELIVERIES.flatMap(([memberSeal, name]) =>
    inBothModes((mode) => {
      // the data packet is what ties the id otherwise: its author signed the id inside
      const p = { ...FULL, mode, memberSeal, throughNamesBody: false };
      return {
        name: `${name}: the signed message id alone keeps an old list signature to its id`,
        says: "Where the list signature does not name the data packet, Mallory still gets nothing shown as 'through the list' under another id than that of her old post.",
        leavesOut: "Another text under the old id, which readers refuse because they have seen the id.",
        world: withMallory(p),
        never: ["camethrough(mallory,list1,newid,forged,B)"],
        works: {
          what: "the old post came through the list",
          reached: ["camethrough(mallory,list1,oldid,oldtext,B)"],
        },
        twins: [
          {
            without: "the message id in the list signature: it is good for a new one",
            world: withMallory({ ...p, throughNamesId: false }),
          },
        ],
      };
    }),
  ),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    return {
      name: "through-nonmember: on an open list, nothing that a former member posts counts as a member's",
      says: "Where anybody may post, 'through the list' without a remark is said of members' posts alone, and Mallory's old introduction changes nothing.",
      leavesOut:
        "What a moderator releases as a member's by mistake: the server goes by the roster of the day it came.",
      world: withMallory(p, "open"),
      never: ["camethrough(mallory,list1,I,forged,B)"],
      works: {
        what: "what she posts after her removal is shown as from outside",
        reached: ["fromoutside(mallory,list1,I,forged,B)"],
      },
      twins: [
        {
          without: "a kind of its own for non-members' posts: hers comes through the list like a member's",
          world: withMallory({ ...p, nonmembersMarked: false }, "open"),
        },
      ],
    };
  }),
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    const bobs = senc("P", "sb");
    const vouched = ["camethrough", "fromoutside"].map((word) =>
      rule(`${word}_is_a_word_of_the_list`, [`${word}(F,L,I,X,B)`], "vouched(F,L,I,X,B)"),
    );
    const world = (/** @type {Protocol} */ q) => [...withBob(q, "open"), ...vouched];
    return {
      name: "through-nonmember: nobody re-posts Alice's signed payload, not under a certificate made for one post either",
      says: "On an open list no data packet that Bob made is shown as Alice's with the list's word, whether as a member's or from outside.",
      leavesOut: "The same post shown without the list's word.",
      world: world(p),
      never: [`vouched(alice,list1,I,X,${bobs})`],
      works: {
        what: "Alice's own post comes with the list's word",
        reached: [`vouched(alice,list1,mid(n1),say(n1),${aliceDataPacket(p, "n1")})`],
      },
      twins: [
        {
          without: "`by`: the outer signature of anybody at all vouches for Alice's old payload",
          world: world({ ...p, throughNamesAuthor: false }),
        },
      ],
    };
  }),
  (() => {
    const first = aliceKeyPacket(FULL, "n1");
    const taken = (/** @type {string} */ n) => [
      `taken(list1,ka,mid(n1),${first},${aliceDataPacket(FULL, n)})`,
    ];
    return {
      name: "through: the server takes a key packet only with its own data packet, mode key",
      says: "The key packet of one post with the body of another is refused by the server, before it is remembered.",
      leavesOut: "Mode whole, where both lie under the one signature.",
      world: withBob(FULL),
      never: taken("n2"),
      works: { what: "the server takes the post with its own body", reached: taken("n1") },
      twins: [
        {
          without: "the data packet's hash in the outer signature",
          world: withBob({ ...FULL, submitNamesBody: false }),
        },
      ],
    };
  })(),
];
