/**
 * Claims: "came through the list" is said only of a post whose outer signature, by its author, the server checked.
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

/** Bob, a current member, attacks; `sb` is a session key that he made. @param {Protocol} p */
const withBob = (p) => [
  ...ATTACKER,
  ...attackerHas("kb", "kl1", "kl2", "sb"),
  ...talkingAlice(p),
  ...serverTakes(p, LIST1, ["ka", "kb", "kc"], "members"),
  ...PEOPLE,
  ...reads(p, LIST1, "kc"),
];

/**
 * Mallory posted once, as a member: her copy of it is all that she has from the server. Then she was removed.
 * The server answers requests, too, hers included: an answer names the id and the hash of the request and the asker,
 * and can have the asker's own words in it.
 * @param {Protocol} p
 */
function withMallory(p) {
  const key = keyPacket(p, "sm", "kl1");
  const data = senc(
    payload(p, { list: "list1", id: "oldid", from: "mallory", text: "oldtext", key: "km" }),
    "sm",
  );
  const copy = throughLiteral(p, { list: "list1", id: "oldid", key, data, by: "km", signKey: "gs1" });
  const answer = tuple(p.kinds && "answer", "list1", "I", hash("X"), pk("km"));
  return [
    ...ATTACKER,
    ...attackerHas("km", "kl1", "sm", "oldid", "oldtext"),
    fact("mallory_kept_her_copy_of_an_old_post", att(memberSeal(p, copy, "ks1", "km"))),
    rule("the_server_answers_mallory", [att("I"), att("X"), att("Y")], att(sig(tuple(answer, "Y"), "gs1"))),
    ...serverTakes(p, LIST1, ["ka", "kb", "kc"], "members"),
    ...talkingAlice(p),
    ...PEOPLE,
    ...reads(p, LIST1, "kc"),
  ];
}

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    const bobs = senc("P", "sb");
    return {
      name: "through: a current member can't re-post Alice's signed payload as hers",
      says: "No data packet that Bob made is shown as Alice's and 'through the list', whatever of hers it has in it.",
      leavesOut: "The same post shown without that remark: readers refuse a message id that they have seen.",
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
  ...inBothModes((mode) => {
    const p = { ...FULL, mode };
    return {
      name: "through: a former member can't move an old list signature to a new text",
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
