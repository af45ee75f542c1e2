/** The two situations that most claims are about. */
import { ATTACKER } from "./attacker.mjs";
import { att, attackerHas, rule, tuple } from "./model.mjs";
import { keyPacket, LIST1, payload, sends, serverTakes } from "./protocol.mjs";

/** @typedef {import("./model.mjs").Rule} Rule @typedef {import("./protocol.mjs").Protocol} Protocol */

/** The text of the one post that nobody outside may read. */
export const SECRET = "secrettext";
/** The session key of that post. */
export const SECRET_KEY = "secretkey";

/**
 * Alice posts one secret, and as many other texts as the attacker likes to choose, to list 1; its server does its work.
 * Alice, Bob and Carol are members now; Mallory is not (any more).
 * @param {Protocol} p
 * @param {{ has?: string[], list?: import("./protocol.mjs").List, policy?: "members" | "anyone" }} [about]
 *   `has`: what the attacker has; `policy` "anyone" gives the attacker more: the server takes its posts as well
 * @returns {Rule[]}
 */
export function secrecyWorld(p, { has = [], list = LIST1, policy = "anyone" } = {}) {
  const alice = { list, author: "ka", from: "alice" };
  return [
    ...ATTACKER,
    ...attackerHas(...has),
    ...sends(p, { ...alice, name: "alice_secret", id: "secretid", text: SECRET, sessionKey: SECRET_KEY }),
    ...sends(p, {
      ...alice,
      name: "alice_chosen_text",
      id: "I",
      text: "X",
      sessionKey: "sessionkey(I,X)",
      when: [att("I"), att("X")],
    }),
    ...serverTakes(p, list, ["ka", "kb", "kc"], policy),
  ];
}

/**
 * List 2 on the same server: Mallory owns it, she and Alice are its members.
 * @param {Protocol} p
 * @param {{ serverKey2: string, listKey2: string, triesAllKeys?: boolean }} list2  its keys; whether the server falls back to list 1's key
 * @returns {Rule[]}
 */
export function mallorysList(p, { serverKey2, listKey2, triesAllKeys = false }) {
  const list2 = { name: "list2", listKey: listKey2, serverKey: serverKey2, signKey: "gs2" };
  const roster = ["km", "ka"];
  const otherKey = serverTakes(p, { ...list2, serverKey: "ks1" }, roster, "members");
  return [
    ...serverTakes(p, list2, roster, "members"),
    ...(triesAllKeys
      ? otherKey.map((rule) => ({ ...rule, name: `with_the_key_of_list1_${rule.name}` }))
      : []),
  ];
}

/** Bob, a member, opens what his server sends him. */
export const BOB_READS = {
  what: "Bob, a member, reads the post",
  with: attackerHas("kb", "kl1").map((rule) => ({ ...rule, name: `${rule.name}_as_bob` })),
  reached: [att(SECRET)],
};

/** The `n`th of Alice's posts to list 1 in {@link talkingAlice}: message id, text and session key belong together. @param {string} n */
export const alicePost = (n) => ({
  list: "list1",
  id: `mid(${n})`,
  from: "alice",
  text: `say(${n})`,
  key: "ka",
  sessionKey: `sessionkey(${n})`,
});

/** Key packet of that post. @param {Protocol} p @param {string} n */
export const aliceKeyPacket = (p, n) => keyPacket(p, alicePost(n).sessionKey, "kl1");

/** Data packet of that post. @param {Protocol} p @param {string} n */
export const aliceDataPacket = (p, n) => `senc(${payload(p, alicePost(n))},${alicePost(n).sessionKey})`;

/**
 * Alice writes whatever can be signed: posts to list 1 (for every `n`, the text `say(n)` under the id `mid(n)`), any
 * text under any id to list 2, any request to a server, any private mail. So `forged` is signed by her for everything
 * but list 1, and `say(n)` is posted by her on list 1 under no other id than `mid(n)`.
 * @param {Protocol} p @returns {Rule[]}
 */
export function talkingAlice(p) {
  const { sessionKey, key, from, id, text } = alicePost("N");
  const anything = [att("I"), att("X")];
  const request = payload(p, {
    kind: "request",
    list: "list1",
    id: "I",
    from: "alice",
    text: "X",
    key: "ka",
  });
  const elsewhere = payload(p, { list: "list2", id: "I", from: "alice", text: "X", key: "ka" });
  return [
    ...sends(p, {
      name: "alice_posts_to_list1",
      list: LIST1,
      author: key,
      from,
      id,
      text,
      sessionKey,
      when: [att("N")],
    }),
    rule("alice_posts_to_list2", anything, att(elsewhere)),
    rule("alice_signs_a_request", anything, att(request)),
    rule(
      "alice_signs_a_private_mail",
      [att("X")],
      att(p.innerSigned ? `sig(${tuple("unmarked", "alice", "X")},ka)` : "X"),
    ),
  ];
}
