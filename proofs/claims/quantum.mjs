/**
 * Claims: of a list with a secret, an attacker who has recorded everything and breaks every encryption to a public key reads
 * nothing, unless they once had the secret.
 * Leaves out: signatures, which such an attacker forges from that day on, but not backwards; guessing the code of an invitation
 * (THREAT-MODEL says what it costs); members with GnuPG alone, to whom an owner gives the secret by another way than mail.
 */
import { inBothModes } from "../claim.mjs";
import { aenc, att, attackerHas, fact, pk, rule, senc, sig, tuple } from "../model.mjs";
import { FULL, LIST1, memberSecret } from "../protocol.mjs";
import { SECRET, secrecyWorld } from "../worlds.mjs";

/** Every X25519: what was encrypted to any public key is open, whoever has its key. */
const BREAKS_PUBLIC_KEYS = [rule("can_break_public_keys", [att(aenc("M", "E"))], att("M"))];

/**
 * @typedef {object} Ways  how a list's secrets reach its members
 * @property {"under the one before" | "certificates alone"} next
 * @property {"code" | "certificate"} invitation
 * @property {"secret" | "key"} listSeal
 */
/** @type {Ways} */
const WAYS = { next: "under the one before", invitation: "code", listSeal: "secret" };

/** The secrets of three epochs. */
const EPOCHS = ["kl1", "kl1new", "kl1next"];

/** @param {Ways} ways @param {number} epoch */
function notices({ next }, epoch) {
  const [before, key] = [EPOCHS[epoch - 1] ?? "", EPOCHS[epoch] ?? ""];
  const inside = next === "under the one before" ? senc(key, before) : key;
  return ["ka", "kb"].map((member) =>
    fact(
      `owner_sends_${key}_to_${member}`,
      att(aenc(sig(tuple("newkey", "list1", inside), "ko"), pk(member))),
    ),
  );
}

/**
 * Alice posts in the third epoch. Invitations and both notices were on the wire.
 * @param {Ways} ways @param {"key" | "whole"} mode @param {string[]} has
 */
const world = (ways, mode, has) => [
  ...secrecyWorld(
    { ...FULL, mode, listSeal: ways.listSeal },
    { has, list: { ...LIST1, listKey: "kl1next" } },
  ),
  ...BREAKS_PUBLIC_KEYS,
  fact(
    "owner_mails_an_invitation",
    att(ways.invitation === "code" ? senc("kl1", "code_of_the_invitation") : aenc("kl1", pk("kb"))),
  ),
  ...notices(ways, 1),
  ...notices(ways, 2),
];

const works = {
  what: "Bob, who typed the code, has every secret and reads",
  with: attackerHas("code_of_the_invitation").map((r) => ({ ...r, name: `${r.name}_as_bob` })),
  reached: EPOCHS.map(att).concat(att(SECRET)),
};

/** @param {"key" | "whole"} mode @param {string[]} has @returns {import("../claim.mjs").Twin[]} */
const twins = (mode, has) => [
  {
    without: "the secret before, around the next one: sealed to certificates alone, it is open",
    world: world({ ...WAYS, next: "certificates alone" }, mode, has),
  },
  {
    without: "the code around the first: an invitation that is sealed to a certificate opens every epoch",
    world: world({ ...WAYS, invitation: "certificate" }, mode, has),
  },
  {
    without: "a secret: a list with a key pair is open",
    world: world({ ...WAYS, listSeal: "key" }, mode, has),
  },
];

const SERVERS = ["ks1", "gs1", ...["ka", "kb", "kc"].map((member) => memberSecret("ks1", member))];

/** @type {import("../claim.mjs").Claim[]} */
export default [
  ...inBothModes((mode) => ({
    name: "quantum: an outsider who records everything and breaks every public key reads nothing",
    says: "Posts under the third secret stay closed, although each seal to server and members is open.",
    leavesOut: "A former member, of whom the twin says what they read.",
    world: world(WAYS, mode, []),
    never: [att(SECRET)],
    works,
    twins: [
      ...twins(mode, []),
      {
        without:
          "never having had the secret: a former member of the first epoch reads, as THREAT-MODEL says",
        world: world(WAYS, mode, ["kl1", "km"]),
      },
    ],
  })),
  ...inBothModes((mode) => ({
    name: "quantum: nor does an operator",
    says: "With the server's keys, and every public key broken, the server has the key packets under a secret that it never had.",
    leavesOut: "An operator with a member's help.",
    world: world(WAYS, mode, SERVERS),
    never: [att(SECRET)],
    works,
    twins: twins(mode, SERVERS),
  })),
];
