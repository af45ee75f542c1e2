/**
 * Claims: a new list key reaches the members whom the owner counts in, nobody else, and senders take it from an owner only.
 * Leaves out: roll-back to an older notice (spin/notices.pml); a member who has not opened the notice yet.
 */
import { ATTACKER } from "../attacker.mjs";
import { aenc, att, attackerHas, fact, pk, rule, senc, sig, tuple } from "../model.mjs";
import { FULL, LIST1, memberSecret, sends, serverTakes } from "../protocol.mjs";
import { SECRET } from "../worlds.mjs";

/**
 * @typedef {object} Notices
 * @property {"certificate" | "old list key" | "member secret"} sealedTo
 * @property {string[]} countedIn
 * @property {boolean} ownersLog  counted in by the owner's own log; otherwise by the server's roster
 * @property {boolean} signed
 * @property {boolean} namesList
 * @property {boolean} kinds
 */
/** @type {Notices} */
const NOTICES = {
  sealedTo: "certificate",
  countedIn: ["ka", "kb"],
  ownersLog: true,
  signed: true,
  namesList: true,
  kinds: true,
};

/** @param {Notices} n @param {string} list @param {string} key */
function notice(n, list, key) {
  const body = tuple(n.kinds && "newkey", n.namesList && list, key);
  return n.signed ? sig(body, "ko") : body;
}

/** @param {Notices} n @param {string} member @param {string} message */
function sealTo(n, member, message) {
  if (n.sealedTo === "certificate") return aenc(message, pk(member));
  return n.sealedTo === "old list key"
    ? aenc(message, pk("kl1"))
    : senc(message, memberSecret("ks1", member));
}

/**
 * The owner sends notices for list 1; Alice posts the secret text under whichever key her add-on took.
 * The owner owns list 3 as well, where Mallory is a member, and signs requests and posts with texts that anybody may choose.
 * The server and Mallory work together: that is what a new list key is for.
 * @param {Notices} n
 */
function world(n) {
  const members = n.ownersLog ? n.countedIn : [...n.countedIn, "km"];
  const taken = "uses(ka,Z)";
  return [
    ...ATTACKER,
    ...attackerHas(
      "ks1",
      "gs1",
      "km",
      "kl1",
      "kl3",
      ...["ka", "kb", "kc"].map((m) => memberSecret("ks1", m)),
    ),
    ...members.map((m) =>
      fact(`owner_sends_new_list_key_to_${m}`, att(sealTo(n, m, notice(n, "list1", "kl1new")))),
    ),
    fact("owner_sends_key_of_list3_to_its_member_mallory", att(aenc(notice(n, "list3", "kl3"), pk("km")))),
    rule("owner_signs_something_else", [att("X")], att(sig(tuple(n.kinds && "request", "list1", "X"), "ko"))),
    rule("alice_takes_the_key_of_a_notice", [att(sealTo(n, "ka", notice(n, "list1", "Z")))], taken),
    ...sends(FULL, {
      name: "alice_secret",
      list: { ...LIST1, listKey: "Z" },
      author: "ka",
      from: "alice",
      id: "secretid",
      text: SECRET,
      sessionKey: "sessionkey(Z)",
      when: [taken],
    }),
    ...serverTakes(FULL, LIST1, ["ka", "kb"], "members"),
  ];
}

const works = {
  what: "Bob gets the new key from his notice and reads",
  with: attackerHas("kb"),
  reached: [att("kl1new"), att(SECRET)],
};

/** @type {import("../claim.mjs").Claim[]} */
export default [
  {
    name: "new list key: it reaches only the members whom the owner counts in",
    says: "The server, with all secrets that it shares with members, and the former member don't get the new list key.",
    leavesOut:
      "Which members the owner ought to count in: the owner's log says so, and a person looks at it.",
    world: world(NOTICES),
    never: [att("kl1new")],
    works,
    twins: [
      {
        without: "sealing to certificates (under the old list key): the former member has that key",
        world: world({ ...NOTICES, sealedTo: "old list key" }),
      },
      {
        without: "sealing to certificates (under the server-member secret): the server has that secret",
        world: world({ ...NOTICES, sealedTo: "member secret" }),
      },
      {
        without: "the owner's own log: a server that hides the removal gets Mallory counted in",
        world: world({ ...NOTICES, ownersLog: false }),
      },
    ],
  },
  {
    name: "new list key: a sender seals only under a key that an owner made for this list",
    says: "What Alice posts after the notice stays closed to server and former member, because she takes no key from anybody else.",
    leavesOut: "An owner whose own key was stolen.",
    world: world(NOTICES),
    never: [att(SECRET)],
    works,
    twins: [
      {
        without: "the owner's signature on the notice: the server sends Alice a key of its own",
        world: world({ ...NOTICES, signed: false }),
      },
      {
        without: "the list name in the notice: the key of list 3 is passed off as list 1's",
        world: world({ ...NOTICES, namesList: false }),
      },
      {
        without: "kinds: something else that the owner signed is read as a notice",
        world: world({ ...NOTICES, kinds: false }),
      },
    ],
  },
];
