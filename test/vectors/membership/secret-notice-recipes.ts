/** Notices that bring the next secret of a list. `secrets`: those that the reader has, in hex, the present one first. */
import { writeNotice } from "../../../src/membership/notice/owner-notice.js";
import { sealingHalf } from "../../../src/openpgp/keys.js";
import { readListSecret } from "../../../src/openpgp/list-keys.js";
import type { Profile } from "../../../src/openpgp/profiles.js";
import { profileOf } from "../../../src/openpgp/secrets.js";
import { type MembershipCast, NOW, team } from "./cast.js";
import { toBase64 } from "./forge.js";
import { recipe } from "./format.js";
import { DATE, type Recipes, sealing } from "./sealing.js";

const FIRST = "33".repeat(32);
const SECOND = "44".repeat(32);
const THIRD = "55".repeat(32);

/** As the product writes it: `next` after the first of `before`. */
const written = async (
  cast: MembershipCast,
  { next, before, called = next }: { next: string; before: readonly string[]; called?: string },
): Promise<string> => {
  const profile: Profile = profileOf(cast.olga);
  const secrets = await Promise.all(before.map((text) => readListSecret(text, profile)));
  const [replaced] = secrets;
  if (replaced === undefined) throw new Error("no secret before");
  const { fingerprint } = await readListSecret(called, profile);
  const listKey = { ...(await readListSecret(next, profile)), fingerprint };
  const news = { kind: "new-list-key", listKey, graceEnds: NOW } as const;
  const notice = { serial: 2, date: NOW, list: { address: team, key: replaced.fingerprint }, news };
  return toBase64(await writeNotice(notice, cast.olga, sealingHalf(cast.bob), secrets));
};

const given = (sealed: string, secrets: string) => ({ given: { sealed, now: NOW.toISOString(), secrets } });

export const secretNoticeRecipes: Recipes = [
  recipe(
    "next-secret",
    "news new-list-key 2",
    "The next secret, under the one before.",
    async (cast) => given(await written(cast, { next: SECOND, before: [FIRST] }), FIRST),
    true,
  ),
  recipe(
    "next-secret-under-several",
    "news new-list-key 2",
    "Its reader was away, and has the last but one.",
    async (cast) => given(await written(cast, { next: THIRD, before: [SECOND, FIRST] }), FIRST),
  ),
  recipe(
    "next-secret-under-unknown",
    "former-secret-missing",
    "Under a secret that its reader doesn't have.",
    async (cast) => given(await written(cast, { next: THIRD, before: [SECOND] }), FIRST),
  ),
  recipe("next-secret-of-another-id", "damaged", "Another secret than its id says.", async (cast) =>
    given(await written(cast, { next: SECOND, before: [FIRST], called: THIRD }), FIRST),
  ),
  recipe(
    "next-secret-in-clear",
    "damaged",
    "A secret that is sealed to the member's certificate alone.",
    async (cast) => {
      const { fingerprint } = await readListSecret(FIRST, profileOf(cast.olga));
      const careless = sealing(
        () => ({
          listseal: 1,
          kind: "new-list-key",
          date: DATE,
          serial: 2,
          list: { address: team, key: fingerprint },
          listKey: SECOND,
          graceEnds: DATE,
        }),
        { by: "olga", to: "bob", says: { kind: "new-list-key" } },
      );
      return careless({ given: { secrets: FIRST } })(cast);
    },
  ),
  recipe("next-secret-after-a-pair", "wrong-list", "A list with a pair keeps one.", async (cast) => ({
    given: { sealed: await written(cast, { next: SECOND, before: [FIRST] }), now: NOW.toISOString() },
  })),
];
