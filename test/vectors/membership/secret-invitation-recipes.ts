/** Invitations to a list that has a secret in place of a pair. */
import { makeIntroduction } from "../../../src/membership/introduction/introduction.js";
import { writeInvitation } from "../../../src/membership/invitation/invitation.js";
import { armorOpeningKey, sealingHalf } from "../../../src/openpgp/keys.js";
import { readListSecret } from "../../../src/openpgp/list-keys.js";
import { addresses, INVITED, JOIN_BY, type MembershipCast, NOW, team } from "./cast.js";
import { CODE, invitation } from "./file-recipes.js";
import { type Json, toBase64 } from "./forge.js";
import { recipe } from "./format.js";
import { infoOf } from "./list-words.js";
import type { Recipes } from "./sealing.js";

const SECRET = "66".repeat(32);
const OTHER = "77".repeat(32);

/** Bob's introduction, for the list with this secret. */
async function introductionTo(cast: MembershipCast, secret: string) {
  const listKey = await readListSecret(secret, cast.profile);
  const said = { list: team, listKey: listKey.fingerprint, address: addresses.bob, joinBy: JOIN_BY };
  return { listKey, introduction: await makeIntroduction(cast.olga, said, cast.profile, INVITED) };
}

/** The fields that are other than in an invitation to a list with a pair. */
const fields =
  (change: Json = {}, introducedTo = SECRET) =>
  async (cast: MembershipCast): Promise<Json> => {
    const { introduction } = await introductionTo(cast, introducedTo);
    return {
      listseal: 2,
      listKey: SECRET,
      introduction: await armorOpeningKey(introduction),
      ...change,
    };
  };

export const secretInvitationRecipes: Recipes = [
  recipe(
    "secret",
    "read",
    "A list's secret, as the product writes it.",
    async (cast) => {
      const { server, olga, oscar } = cast;
      const { listKey, introduction } = await introductionTo(cast, SECRET);
      const content = {
        ...infoOf(cast),
        ...{ listKey, introduction, server: sealingHalf(server), invitee: addresses.bob, joinBy: JOIN_BY },
        owners: [sealingHalf(olga), sealingHalf(oscar)],
      };
      const file = await writeInvitation(content, olga, CODE, NOW);
      return { given: { file: toBase64(file), code: CODE, now: NOW.toISOString() } };
    },
    true,
  ),
  recipe(
    "secret-as-written",
    "read",
    "The same, by the program of the vectors.",
    invitation({ json: fields() }),
  ),
  recipe(
    "secret-in-version-1",
    "invitation-damaged",
    "A secret in version 1, which had none.",
    invitation({ json: fields({ listseal: 1 }) }),
  ),
  recipe(
    "secret-in-later-version",
    "unsupported-version",
    "listseal 3.",
    invitation({ json: fields({ listseal: 3 }) }),
  ),
  recipe(
    "secret-short",
    "invitation-damaged",
    "A secret of 62 digits.",
    invitation({ json: fields({ listKey: SECRET.slice(2) }) }),
  ),
  recipe(
    "secret-in-upper-case",
    "invitation-damaged",
    "Another spelling of the digits would be another passphrase.",
    invitation({ json: fields({ listKey: "AB".repeat(32) }) }),
  ),
  recipe(
    "secret-introduction-other",
    "invitation-damaged",
    "The introduction is for a list with another secret.",
    invitation({ json: fields({}, OTHER) }),
  ),
  recipe(
    "secret-known-as-pair",
    "list-conflict",
    "The list is known with a pair.",
    invitation({ json: fields(), given: { known: "same" } }),
  ),
];
