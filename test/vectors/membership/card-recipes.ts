import { readPrivateKey } from "openpgp";
import { writeCard } from "../../../src/membership/invitation/server-card.js";
import { generateKey, type OpeningKey, type Role } from "../../../src/openpgp/keys.js";
import { KEYS_MADE, later, type MembershipCast, NOW, team } from "./cast.js";
import { clear, flipped, type Json, type Says, toBase64 } from "./forge.js";
import { type Recipe, recipe } from "./format.js";

import { certificateOf, infoOf, words } from "./list-words.js";

type Recipes = readonly Recipe<MembershipCast>[];
const CLAIM_CODE = "00112233445566778899aabbccddeeff";
const CARD_ENDS = new Date("2025-06-08T12:00:00Z");
const cardJson = (cast: MembershipCast): Json => ({
  listseal: 1,
  kind: "card",
  list: words(cast),
  server: certificateOf(cast.server),
  code: CLAIM_CODE,
  expires: "2025-06-08T12:00:00Z",
});

/** A card with one thing else. */
const card =
  (bend: {
    readonly json?: (cast: MembershipCast) => unknown;
    readonly by?: (cast: MembershipCast) => OpeningKey<Role>;
    readonly says?: Says;
    readonly date?: Date;
    readonly file?: (file: Uint8Array) => Uint8Array;
    readonly now?: Date;
    readonly given?: Readonly<Record<string, string>>;
  }) =>
  async (cast: MembershipCast) => {
    const { json = cardJson, by = ({ server }) => server, says = { kind: "card" }, date = NOW } = bend;
    const file = await clear(json(cast), by(cast), says, date);
    return {
      given: {
        file: toBase64(bend.file?.(file) ?? file),
        now: (bend.now ?? NOW).toISOString(),
        ...bend.given,
      },
    };
  };

export const cardRecipes: Recipes = [
  recipe(
    "good",
    "read",
    "As the product writes it.",
    async (cast) => {
      const file = await writeCard(
        { ...infoOf(cast), code: CLAIM_CODE, expires: CARD_ENDS, listKeys: ["pair"] },
        cast.server,
        NOW,
      );
      return { given: { file: toBase64(file), now: NOW.toISOString() } };
    },
    true,
  ),
  recipe(
    "unknown-fields",
    "read",
    "Fields of a later version.",
    card({
      json: (cast) => ({ ...cardJson(cast), later: [1], list: { ...words(cast), colour: "red" } }),
    }),
  ),
  recipe(
    "name-twice",
    "read",
    "A name stands twice; the last counts.",
    card({ json: (cast) => JSON.stringify(cardJson(cast)).replace("{", '{"kind":"backup",') }),
  ),
  recipe(
    "too-large",
    "too-large",
    "Above 64 KiB.",
    card({ file: () => new Uint8Array(), given: { zeros: "65537" } }),
  ),
  recipe("cut", "card-damaged", "The end is missing.", card({ file: (file) => file.subarray(0, -20) })),
  recipe(
    "flipped",
    "card-damaged",
    "One bit of the signature.",
    card({ file: (file) => flipped(file, file.length - 40) }),
  ),
  recipe("not-json", "card-damaged", "Half of the JSON.", card({ json: () => '{"listseal":1,' })),
  recipe(
    "no-version",
    "card-damaged",
    "No listseal.",
    card({ json: (cast) => ({ ...cardJson(cast), listseal: "1" }) }),
  ),
  recipe(
    "later-version",
    "unsupported-version",
    "listseal 2.",
    card({ json: (cast) => ({ ...cardJson(cast), listseal: 2 }) }),
  ),
  recipe(
    "other-kind",
    "wrong-file-kind",
    "An invitation's kind.",
    card({ json: (cast) => ({ ...cardJson(cast), kind: "invitation" }) }),
  ),
  recipe(
    "no-code",
    "card-damaged",
    "A field is missing.",
    card({ json: (cast) => ({ ...cardJson(cast), code: undefined }) }),
  ),
  recipe(
    "code-upper-case",
    "card-damaged",
    "Hex in upper case.",
    card({ json: (cast) => ({ ...cardJson(cast), code: CLAIM_CODE.toUpperCase() }) }),
  ),
  recipe(
    "date-with-fraction",
    "card-damaged",
    "Milliseconds.",
    card({ json: (cast) => ({ ...cardJson(cast), expires: "2025-06-08T12:00:00.000Z" }) }),
  ),
  recipe(
    "date-of-no-day",
    "card-damaged",
    "The 31st of June.",
    card({ json: (cast) => ({ ...cardJson(cast), expires: "2025-06-31T12:00:00Z" }) }),
  ),
  recipe(
    "address-upper-case",
    "card-damaged",
    "An address in another spelling.",
    card({
      json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), address: "Team@lists.example" } }),
    }),
  ),
  recipe(
    "name-of-two-lines",
    "card-damaged",
    "A line break in a line.",
    card({ json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), name: "Team\nX" } }) }),
  ),
  recipe(
    "name-that-turns",
    "card-damaged",
    "U+202E in a line.",
    card({ json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), name: "a\u202eb" } }) }),
  ),
  recipe(
    "name-of-101",
    "card-damaged",
    "101 code points.",
    card({ json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), name: "x".repeat(101) } }) }),
  ),
  recipe(
    "name-of-100",
    "read",
    "100 code points, 200 of UTF-16.",
    card({
      json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), name: "\u{20b9f}".repeat(100) } }),
    }),
  ),
  recipe(
    "server-unreadable",
    "card-damaged",
    "Armor around nothing.",
    card({
      json: (cast) => ({
        ...cardJson(cast),
        server: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n",
      }),
    }),
  ),
  recipe(
    "server-of-other-role",
    "wrong-role",
    "The list key as server key.",
    card({
      by: ({ list }) => list,
      json: (cast) => ({ ...cardJson(cast), server: certificateOf(cast.list) }),
    }),
  ),
  recipe("server-expired", "key-expired", "A server key that has run out.", async (cast) => {
    const server = await generateKey("server", {
      address: team,
      profile: cast.profile,
      date: KEYS_MADE,
      expiresInSeconds: 86_400 * 30,
    });
    const file = await clear(
      { ...cardJson(cast), server: certificateOf(server) },
      server,
      { kind: "card" },
      new Date("2025-01-10T00:00:00Z"),
    );
    return { given: { file: toBase64(file), now: NOW.toISOString() } };
  }),
  recipe(
    "server-without-subkey",
    "weak-algorithm",
    "A server key that nothing can be sealed to.",
    async (cast) => {
      const bare = await readPrivateKey({ binaryKey: cast.server.secret.write() });
      bare.subkeys = [];
      const server = { ...cast.server, secret: bare };
      return card({ json: (all) => ({ ...cardJson(all), server: certificateOf(server) }) })(cast);
    },
  ),
  recipe(
    "other-profile",
    "card-damaged",
    "The list is said to be of the other profile.",
    card({ json: (cast) => ({ ...cardJson(cast), list: { ...words(cast), profile: "rfc9580" } }) }),
  ),
  recipe(
    "by-another",
    "card-damaged",
    "Signed by another key than the one inside.",
    card({ by: ({ otherServer }) => otherServer }),
  ),
  recipe("kind-post", "card-damaged", "A signature of another kind.", card({ says: { kind: "answer" } })),
  recipe("no-kind", "card-damaged", "A signature without notations.", card({ says: {} })),
  recipe("says-more", "card-damaged", "A notation too many.", card({ says: { kind: "card", by: "x" } })),
  recipe("future", "from-the-future", "Signed 11 minutes ahead.", card({ date: later(660_000) })),
  recipe("ahead", "read", "Signed 9 minutes ahead.", card({ date: later(540_000) })),
  recipe("expired", "card-expired", "expires is now.", card({ now: CARD_ENDS })),
];
