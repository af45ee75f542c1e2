/**
 * Terms, rules and questions: the small language in which the models are written.
 *
 * A model is a set of Horn clauses ("if all of these facts, then that fact"). A term is a string in the notation
 * of TPTP, the provers' common input language: lower case is a constant or a function, a capital is a variable
 * that stands for any term. Facts look like `att(X)`: "the attacker has X".
 */

/**
 * @typedef {object} Rule
 * @property {string} name  unique in its world; shown in the trace of an attack
 * @property {string[]} conditions  facts that must hold
 * @property {string} conclusion  the fact that follows
 */

/**
 * "If all of these, then that."
 * @param {string} name @param {string[]} conditions @param {string} conclusion @returns {Rule}
 */
export const rule = (name, conditions, conclusion) => ({ name, conditions, conclusion });

/** @param {string} name @param {string} conclusion @returns {Rule} */
export const fact = (name, conclusion) => rule(name, [], conclusion);

/** The attacker has this. @param {string} term */
export const att = (term) => `att(${term})`;

/** What the attacker has from the start, beyond what is public. @param {...string} terms @returns {Rule[]} */
export const attackerHas = (...terms) =>
  terms.map((term) => fact(`attacker_has_${term.replaceAll(/\W+/g, "_").replace(/_$/, "")}`, att(term)));

/** Encrypted to a public key. @param {string} message @param {string} publicKey */
export const aenc = (message, publicKey) => `aenc(${message},${publicKey})`;

/** Encrypted and integrity-protected under a secret (a session key, or a shared secret). @param {string} message @param {string} secret */
export const senc = (message, secret) => `senc(${message},${secret})`;

/** A message with a signature on it; whoever has it can read the message. @param {string} message @param {string} key */
export const sig = (message, key) => `sig(${message},${key})`;

/** The public half of a key pair; also stands for its fingerprint. @param {string} key */
export const pk = (key) => `pk(${key})`;

/** A hash: can be compared, never turned round. @param {string} message */
export const hash = (message) => `hash(${message})`;

/** Longest tuple of the models. */
export const MAX_TUPLE = 6;

/**
 * A tuple; entries that are `false` are left out (how a twin drops a field). A tuple of one is its entry.
 * Flat, a function for each length: nested pairs would make the provers consider every tail, without end.
 * @param {...(string | false)} parts @returns {string}
 */
export function tuple(...parts) {
  const kept = parts.filter((part) => part !== false);
  if (kept.length === 0 || kept.length > MAX_TUPLE) throw new Error(`a tuple of ${kept.length}`);
  return kept.length === 1 ? kept.join() : `t${kept.length}(${kept.join(",")})`;
}

/**
 * A world and a question, as a TPTP problem. A prover that derives a contradiction has derived all facts of one of the
 * goals; one that stops with a complete set of consequences has shown that no such derivation exists.
 * @param {Rule[]} world
 * @param {string[][]} goals  each is a list of facts that would all have to hold
 * @param {string} comment
 * @returns {string}
 */
export function toTptp(world, goals, comment) {
  const names = new Set();
  const lines = world.map(({ name, conditions, conclusion }) => {
    if (!/^[a-z]\w*$/.test(name)) throw new Error(`not a TPTP name: ${name}`);
    if (names.has(name)) throw new Error(`two rules are called ${name}`);
    names.add(name);
    return `cnf(${name}, axiom, ${[...conditions.map((fact) => `~${fact}`), conclusion].join(" | ")}).`;
  });
  const asked = goals.map(
    (facts, i) => `cnf(goal${i}, negated_conjecture, ${facts.map((fact) => `~${fact}`).join(" | ")}).`,
  );
  return `% ${comment}\n${[...lines, ...asked].join("\n")}\n`;
}
