/**
 * The protocol of docs/FORMAT.md as rules. One definition of each signed literal serves its maker and its checker,
 * as one function of the real code does; a checker's unknowns are variables (capitals).
 *
 * Every defence is a field of {@link Protocol}. A twin is the same world with one field changed.
 */
import { aenc, att, fact, hash, pk, rule, senc, sig, tuple } from "./model.mjs";

/** @typedef {import("./model.mjs").Rule} Rule */

/**
 * @typedef {object} Protocol
 * @property {"key" | "whole"} mode  embodiment 2 or 1 of the seed
 * @property {"key" | "secret" | "none"} listSeal  what the inner seal is made with
 * @property {"key" | "pairwise" | "one for all" | "none"} serverSeal  outer seal: server key; a secret of server and one sender; one secret of all senders
 * @property {"key" | "secret" | "none"} memberSeal  the seal for each member; "none" is delivery `opened`
 * @property {"a copy each" | "fresh" | "reused"} reseal  one encrypted literal a post for all members ("fresh": with a session key of its own; "reused": the same session key for every post), or a copy each
 * @property {boolean} submitSigned  the outer literal is signed by a sender whom the server knows
 * @property {boolean} submitNamesList  that signature names the list, and the server compares
 * @property {boolean} submitNamesBody  that signature names the hash of the data packet (mode `key`)
 * @property {boolean} keyPacketCheck  the opened key packet must name the list's own key, and nothing stands beside it
 * @property {boolean} kinds  every signature says what kind it is, and a verifier refuses every other kind
 * @property {boolean} innerSigned  the payload is signed by its author
 * @property {boolean} innerNamesList  that signature names the list
 * @property {boolean} innerNamesId  that signature names the message id
 * @property {boolean} innerMarksRequired  a signature without any notations is refused
 * @property {boolean} fromCompared  the protected From must be the address that the signer's introduction proves
 * @property {boolean} throughNamesBody  the list signature names the hash of the data packet (mode `whole`: covers it)
 * @property {boolean} throughNamesId  the list signature names the message id
 * @property {boolean} throughNamesAuthor  the list signature names whose outer signature was checked (`by`)
 * @property {boolean} nonmembersMarked  the list signature is of another kind where its author was not on the roster (`through-nonmember`)
 */

/** Everything on, as docs/FORMAT.md has it by default. @type {Protocol} */
export const FULL = {
  mode: "key",
  listSeal: "key",
  serverSeal: "key",
  memberSeal: "key",
  reseal: "a copy each",
  submitSigned: true,
  submitNamesList: true,
  submitNamesBody: true,
  keyPacketCheck: true,
  kinds: true,
  innerSigned: true,
  innerNamesList: true,
  innerNamesId: true,
  innerMarksRequired: true,
  fromCompared: true,
  throughNamesBody: true,
  throughNamesId: true,
  throughNamesAuthor: true,
  nonmembersMarked: true,
};

/** @typedef {{ name: string, listKey: string, serverKey: string, signKey: string }} List */

/** Alice's list. @type {List} */
export const LIST1 = { name: "list1", listKey: "kl1", serverKey: "ks1", signKey: "gs1" };

/** A secret that only the server and one sender, or the server and one member, share. @param {string} serverKey @param {string} person */
export const senderSecret = (serverKey, person) => `sendersecret(${serverKey},${person})`;
/** @param {string} serverKey @param {string} person */
export const memberSecret = (serverKey, person) => `membersecret(${serverKey},${person})`;

/** The key packet. @param {Protocol} p @param {string} sessionKey @param {string} listKey */
export function keyPacket(p, sessionKey, listKey) {
  if (p.listSeal === "none") return sessionKey;
  return p.listSeal === "key" ? aenc(sessionKey, pk(listKey)) : senc(sessionKey, listKey);
}

/**
 * The signed payload.
 * @param {Protocol} p
 * @param {{ kind?: string, list: string, id: string, from: string, text: string, key: string }} about
 */
export function payload(p, { kind = "post", list, id, from, text, key }) {
  const body = tuple(p.kinds && kind, p.innerNamesList && list, p.innerNamesId && id, tuple(from, text));
  return p.innerSigned ? sig(body, key) : body;
}

/**
 * What the outer seal holds: the key packet (mode `key`) or key packet and data packet (mode `whole`), signed.
 * @param {Protocol} p @param {{ list: string, id: string, key: string, data: string, author: string }} post
 */
export function submitLiteral(p, { list, id, key, data, author }) {
  const sealed = p.mode === "key" ? key : tuple(key, data);
  if (!p.submitSigned) return sealed;
  const bodyHash = p.mode === "key" && p.submitNamesBody && hash(data);
  return sig(tuple(p.kinds && "submit", p.submitNamesList && list, id, bodyHash, sealed), author);
}

/**
 * What the server makes for the members: the same bytes without the sender's signature, under the list signature.
 * In delivery `opened` the signature is detached: a term that has its literal in it, beside the literal itself.
 * @param {Protocol} p
 * @param {{ list: string, id: string, key: string, data: string, by: string, signKey: string, word?: "through" | "nonmember" }} post
 */
export function throughLiteral(p, { list, id, key, data, by, signKey, word = "through" }) {
  const whole = p.mode === "whole" && p.throughNamesBody;
  const bodyHash = p.mode === "key" && p.throughNamesBody && hash(data);
  const kind = p.nonmembersMarked ? word : "through";
  const named = tuple(
    p.kinds && kind,
    list,
    p.throughNamesId && id,
    bodyHash,
    p.throughNamesAuthor && pk(by),
  );
  const signed = sig(tuple(named, whole ? tuple(key, data) : key), signKey);
  return p.mode === "whole" && !whole ? tuple(signed, data) : signed;
}

/** @param {Protocol} p @param {string} literal @param {string} serverKey @param {string} sender */
export function outerSeal(p, literal, serverKey, sender) {
  switch (p.serverSeal) {
    case "key":
      return aenc(literal, pk(serverKey));
    case "pairwise":
      return senc(literal, senderSecret(serverKey, sender));
    case "one for all":
      return senc(literal, "secret_of_all_senders");
    case "none":
      return literal;
  }
}

/** @param {Protocol} p @param {string} literal @param {string} serverKey @param {string} member */
export function memberSeal(p, literal, serverKey, member) {
  if (p.memberSeal === "none") return literal;
  return p.memberSeal === "key" ? aenc(literal, pk(member)) : senc(literal, memberSecret(serverKey, member));
}

/**
 * A sender seals and sends (steps 201 to 204, 401 to 406). Everything that leaves the computer is the attacker's too,
 * the self copy included.
 * @param {Protocol} p
 * @param {{ name: string, list: List, author: string, from: string, id: string, text: string, sessionKey: string, when?: string[] }} post
 *   `when`: facts under which it is sent, e.g. that the attacker chose the text
 * @returns {Rule[]}
 */
export function sends(p, { name, list, author, from, id, text, sessionKey, when = [] }) {
  const key = keyPacket(p, sessionKey, list.listKey);
  const data = senc(payload(p, { list: list.name, id, from, text, key: author }), sessionKey);
  const literal = submitLiteral(p, { list: list.name, id, key, data, author });
  const rules = [
    rule(`${name}_outer_on_the_wire`, when, att(outerSeal(p, literal, list.serverKey, author))),
    rule(`${name}_self_copy_on_the_wire`, when, att(aenc(literal, pk(author)))),
  ];
  if (p.mode === "key") rules.push(rule(`${name}_data_packet_on_the_wire`, when, att(data)));
  return rules;
}

/**
 * The server takes a post and makes the copies (steps 205 to 208, 407 to 410).
 * It notes `taken(list, author, id, key packet, data packet)`.
 * @param {Protocol} p @param {List} list
 * @param {string[]} roster  the members' private keys: who gets copies
 * @param {"members" | "anyone" | "open"} policy  whose outer signature is good enough; "open" (and, once released,
 *   "moderated"): anybody's, and the list signature says so where it is no member's
 * @returns {Rule[]}
 */
export function serverTakes(p, list, roster, policy) {
  // One rule for each member: a variable with the condition "is on the roster" keeps the provers from finishing.
  const senders = p.submitSigned && policy !== "anyone" ? roster : ["G"];
  const fromMembers = senders.flatMap((sender) => serverTakesFrom(p, list, roster, sender));
  if (policy !== "open") return fromMembers;
  // With certificates that come along: whoever signed, a member's own post under another address included.
  const fromAnybody = serverTakesFrom(p, list, roster, "G", "nonmember");
  return [...fromMembers, ...fromAnybody.map((rule) => ({ ...rule, name: `${rule.name}_from_anybody` }))];
}

/** @param {Protocol} p @param {List} list @param {string[]} roster @param {string} sender @param {"through" | "nonmember"} [word] @returns {Rule[]} */
function serverTakesFrom(p, list, roster, sender, word = "through") {
  const key = p.keyPacketCheck ? keyPacket(p, "S", list.listKey) : "K";
  const literal = submitLiteral(p, { list: list.name, id: "I", key, data: "B", author: sender });
  const conditions = [att(outerSeal(p, literal, list.serverKey, sender))];
  if (p.mode === "key") conditions.push(att("B"));
  // Unsigned, there is no id and nobody to name.
  const [id, by] = p.submitSigned ? ["I", sender] : ["id0", "nobody"];
  const resealed = throughLiteral(p, {
    list: list.name,
    id,
    key,
    data: "B",
    by,
    signKey: list.signKey,
    word,
  });
  const name = `server_of_${list.name}`;
  const from = sender === "G" ? "" : `_from_${sender}`;
  const taken = `${word === "through" ? "taken" : "takenfromanybody"}(${list.name},${by},${id},${key},B)`;
  const forEach = (/** @type {string} */ what, /** @type {string} */ content) =>
    roster.map((member) =>
      rule(
        `${name}_sends_${what}_to_${member}${from}`,
        [taken],
        att(memberSeal(p, content, list.serverKey, member)),
      ),
    );
  const takes = rule(`${name}_takes_a_post${from}`, conditions, taken);
  if (p.reseal === "a copy each") return [takes, ...forEach("a_copy", resealed)];
  const shared = p.reseal === "fresh" ? `sharedkey(${key})` : "sharedkey_of_every_post";
  return [
    takes,
    ...forEach("a_key", shared),
    rule(`${name}_sends_the_shared_literal${from}`, [taken], att(senc(resealed, shared))),
  ];
}

/** The reader's add-on holds a valid introduction of this key for this address. @param {string} list @param {[string, string][]} pairs @returns {Rule[]} */
export const introduced = (list, pairs) =>
  pairs.map(([key, address]) =>
    fact(`introduced_${address}_on_${list}`, `introduced(${list},${key},${address})`),
  );

/**
 * A member's add-on reads (steps 209 to 212, 410 to 415), from the server or from anybody else.
 * It notes `shown(From, list, id, text, data packet)` and, if the list signature fits, `camethrough(...)` of the same, or
 * `fromoutside(...)` where it says that the author was no member. Delivery `opened` has no seal for the reader; the list
 * signature stands beside what it covers.
 * @param {Protocol} p @param {List} list @param {string} reader  the reader's private key
 * @returns {Rule[]}
 */
export function reads(p, list, reader) {
  const key = keyPacket(p, "S", list.listKey);
  const signed = payload(p, { list: list.name, id: "I", from: "F", text: "X", key: "G" });
  const data = senc(signed, "S");
  const seen = (/** @type {string} */ verdict) => `${verdict}(F,${list.name},I,X,${data})`;
  const author = p.innerSigned
    ? [p.fromCompared ? `introduced(${list.name},G,F)` : `introduced(${list.name},G,H)`]
    : [];
  const beside = p.mode === "key" ? [att(data)] : [];
  const bare = p.mode === "key" ? key : tuple(key, data);
  const copy = (/** @type {string} */ content) =>
    att(p.memberSeal === "none" ? content : aenc(content, pk(reader)));
  const listSigned = (/** @type {"through" | "nonmember"} */ word) =>
    copy(throughLiteral(p, { list: list.name, id: "I", key, data, by: "G", signKey: list.signKey, word }));
  const rules = [
    rule("reader_opens_a_copy", [copy(bare), ...beside, ...author], seen("shown")),
    rule(
      "reader_opens_a_list_signed_copy",
      [listSigned("through"), ...beside, ...author],
      seen("camethrough"),
    ),
    rule(
      "reader_opens_a_copy_of_a_nonmembers_post",
      [listSigned("nonmember"), ...beside, ...author],
      seen("fromoutside"),
    ),
    rule("what_came_through_the_list_is_shown", ["camethrough(F,L,I,X,B)"], "shown(F,L,I,X,B)"),
    rule("what_came_from_outside_is_shown", ["fromoutside(F,L,I,X,B)"], "shown(F,L,I,X,B)"),
  ];
  if (!p.innerMarksRequired) {
    const unmarked = senc(sig(tuple("unmarked", "F", "X"), "G"), "S");
    const both = p.mode === "key" ? [copy(key), att(unmarked)] : [copy(tuple(key, unmarked))];
    rules.push(
      rule("reader_opens_an_unmarked_copy", [...both, ...author], `shown(F,${list.name},I,X,${unmarked})`),
    );
  }
  return rules;
}
