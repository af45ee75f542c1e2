/** The cases as a suite of `npm run vectors`, which takes the checks of `mutations.ts` out of a copy of the sources. */
import { readFileSync } from "node:fs";
import type { Profile } from "../../../src/protocol/index.js";
import type { Checked, Suite } from "../suite.js";
import { castOf, type MembershipCast } from "./cast.js";
import { groups, readVectors, vectorFile } from "./format.js";
import { outcomeOf } from "./run.js";

const casts = new Map<Profile, Promise<MembershipCast>>();
function castFor(profile: Profile): Promise<MembershipCast> {
  const cast = casts.get(profile) ?? castOf(profile);
  casts.set(profile, cast);
  return cast;
}

/** Of these each case takes long: Argon2, and a server with its store. */
const slow: readonly string[] = ["server", "backup", "invitation"];

/** The groups, those first that a fault in `file` is likeliest to show in. */
const inOrder = (file: string) =>
  groups.toSorted((one, other) => {
    const rank = (group: string) => (file.includes(group) ? -1 : slow.indexOf(group) + 1);
    return rank(one) - rank(other);
  });

export const suite: Suite = {
  check: async (file, named) => {
    const checked: Checked[] = [];
    for (const group of file === undefined ? groups : inOrder(file)) {
      for (const vector of readVectors(readFileSync(vectorFile(group), "utf8"))) {
        const name = `membership/${group}/${vector.name}/${vector.profile}`;
        if (named !== undefined && !named.has(name)) continue;
        const found = await outcomeOf(group, vector, await castFor(vector.profile)).catch(String);
        checked.push({ name, expected: vector.expect, found });
        // all of them take half a minute: of a mutation, the first case that notices will do
        if (file !== undefined && named === undefined && found !== vector.expect) return checked;
      }
    }
    return checked;
  },
};
