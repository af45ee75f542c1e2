/**
 * The attacker: owns every line (reads, keeps, drops, sends anything to anyone) and can do with terms whatever can be
 * done without breaking the cryptography. This is the usual symbolic attacker of Dolev and Yao.
 */
import { aenc, att, fact, hash, MAX_TUPLE, pk, rule, senc, sig, tuple } from "./model.mjs";

/** Prefix of the rules below; traces leave them out. */
export const ABILITY = "can_";

const abilities = [
  rule("can_encrypt_to_key", [att("M"), att("E")], att(aenc("M", "E"))),
  rule("can_decrypt_with_key", [att(aenc("M", pk("K"))), att("K")], att("M")),
  rule("can_encrypt_under_secret", [att("M"), att("S")], att(senc("M", "S"))),
  rule("can_decrypt_with_secret", [att(senc("M", "S")), att("S")], att("M")),
  rule("can_take_public_half", [att("K")], att(pk("K"))),
  rule("can_sign", [att("M"), att("K")], att(sig("M", "K"))),
  rule("can_read_what_is_signed", [att(sig("M", "K"))], att("M")),
  rule("can_hash", [att("M")], att(hash("M"))),
  rule("can_make_message_id", [att("Y")], att("mid(Y)")),
  rule("can_make_text", [att("Y")], att("say(Y)")),
  ...tuples(),
];

/** Put together and taken apart, for every length. @returns {import("./model.mjs").Rule[]} */
function tuples() {
  const lengths = Array.from({ length: MAX_TUPLE - 1 }, (_, i) => i + 2);
  return lengths.flatMap((length) => {
    const parts = Array.from({ length }, (_, i) => `X${i + 1}`);
    const all = att(tuple(...parts));
    return [
      rule(`can_make_tuple_of_${length}`, parts.map(att), all),
      ...parts.map((part, i) => rule(`can_take_${i + 1}_of_${length}`, [all], att(part))),
    ];
  });
}

/** Names, notation kinds and sample texts: known to everybody. */
const PUBLIC_NAMES = [
  ...["list1", "list2", "list3"],
  ...[
    "post",
    "submit",
    "through",
    "nonmember",
    "request",
    "answer",
    "introduction",
    "member",
    "newkey",
    "unmarked",
  ],
  ...["alice", "bob", "carol", "mallory", "owner"],
  ...["id0", "n1", "n2", "forged"],
];

/**
 * Every private key of the models: server keys s*, server signing keys g*, list keys l*, people a b c m o.
 * The attacker has their public halves; what else it has is said in each claim.
 */
export const PRIVATE_KEYS = [
  "ks1",
  "ks2",
  "gs1",
  "gs2",
  "kl1",
  "kl1new",
  "kl1next",
  "kl2",
  "kl3",
  "ka",
  "kb",
  "kc",
  "km",
  "ko",
];

/** What every attacker can do and knows. @type {import("./model.mjs").Rule[]} */
export const ATTACKER = [
  ...abilities,
  ...PUBLIC_NAMES.map((name) => fact(`public_${name}`, att(name))),
  ...PRIVATE_KEYS.map((key) => fact(`public_half_of_${key}`, att(pk(key)))),
];

/**
 * "Holds" is asked in a stronger form: the attacker gets no private key either, beyond those that it starts with.
 * That is true in every world here, and it lets the provers drop at once whatever needs such a key; without it some
 * of them don't finish.
 * @param {import("./model.mjs").Rule[]} world @returns {string[][]} one goal a key
 */
export function noOtherKey(world) {
  const has = new Set(world.filter((rule) => rule.conditions.length === 0).map((rule) => rule.conclusion));
  return PRIVATE_KEYS.map(att)
    .filter((fact) => !has.has(fact))
    .map((fact) => [fact]);
}
