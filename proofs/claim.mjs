/**
 * What a claim is made of.
 *
 * @typedef {import("./model.mjs").Rule} Rule
 *
 * @typedef {object} Twin  the same world without one defence; the attack must be found
 * @property {string} without  what is taken away, and what then happens
 * @property {Rule[]} world
 *
 * @typedef {object} Claim
 * @property {string} name
 * @property {string} says  one sentence
 * @property {string} leavesOut  one sentence
 * @property {Rule[]} world
 * @property {string[]} never  facts that can't all be reached: the attack. That no private key is reached either is asked with every claim (`noOtherKey`)
 * @property {{ what: string, with?: Rule[], reached: string[] }} works  what an honest person can do in this world; without it a model in which nothing happens would "hold"
 * @property {Twin[]} twins
 */

/**
 * The same claim for both modes.
 * @param {(mode: "key" | "whole") => Claim} claim
 * @returns {Claim[]}
 */
export const inBothModes = (claim) =>
  /** @type {const} */ (["key", "whole"]).map((mode) => {
    const made = claim(mode);
    return { ...made, name: `${made.name}, mode ${mode}` };
  });
