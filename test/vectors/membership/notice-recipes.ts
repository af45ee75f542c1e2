/** Notices and receipts. */
import { writeNotice, writeReceipt } from "../../../src/membership/notice/owner-notice.js";
import { armorOpeningKey, type OpeningKey, sealingHalf } from "../../../src/openpgp/keys.js";
import { addresses, later, type MembershipCast, NOW, team } from "./cast.js";
import { flipped, type Json, toBase64 } from "./forge.js";
import { recipe } from "./format.js";

import { renamed } from "./list-words.js";
import { type Bend, certificateOf, DATE, listOf, type Recipes, sealing } from "./sealing.js";

const noticeJson = async (cast: MembershipCast): Promise<Json> => ({
  listseal: 1,
  kind: "new-list-key",
  date: DATE,
  serial: 2,
  list: listOf(cast),
  listKey: await armorOpeningKey(cast.newList),
  graceEnds: "2025-06-15T00:00:00Z",
});
const notice = sealing(noticeJson, { by: "olga", to: "bob", says: { kind: "new-list-key" } });
const term = (key: OpeningKey<"member">, name: "olga" | "oscar", more: Json = {}) => ({
  certificate: certificateOf(key),
  address: addresses[name],
  from: 0,
  ...more,
});
/** An `owners` notice that names these. */
const owners = (named: (cast: MembershipCast) => readonly Json[], bend: Bend = {}) =>
  notice({
    says: { kind: "owners" },
    ...bend,
    json: (cast) => ({ kind: "owners", listKey: undefined, graceEnds: undefined, owners: named(cast) }),
  });
const newServer = (json: (cast: MembershipCast) => Json = () => ({})) =>
  notice({
    says: { kind: "new-server-key" },
    json: (cast) => ({
      kind: "new-server-key",
      server: certificateOf(cast.newServer),
      replaces: cast.server.fingerprint,
      ...json(cast),
    }),
  });

export const noticeRecipes: Recipes = [
  recipe(
    "good",
    "news new-list-key 2",
    "As the product writes it.",
    async (cast) => {
      const { olga, bob, list, newList: listKey } = cast;
      const news = { kind: "new-list-key", listKey, graceEnds: new Date("2025-06-15T00:00:00Z") } as const;
      const written = { serial: 2, date: NOW, list: { address: team, key: list.fingerprint }, news };
      return {
        given: {
          sealed: toBase64(await writeNotice(written, olga, sealingHalf(bob))),
          now: NOW.toISOString(),
        },
      };
    },
    true,
  ),
  recipe(
    "good-owners",
    "news owners 2",
    "Oscar becomes an owner with serial 2.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { from: 2 })]),
  ),
  recipe("good-server", "news new-server-key 2", "Another server key.", newServer()),
  recipe("for-another", "not-for-me", "Sealed to Eve.", notice({ to: ({ eve }) => eve })),
  recipe(
    "too-large",
    "too-large",
    "Above 512 KiB.",
    notice({ file: () => new Uint8Array(), given: { zeros: "524289" } }),
  ),
  recipe(
    "flipped",
    "damaged",
    "One bit of the data packet.",
    notice({ file: (sealed) => flipped(sealed, sealed.length - 40) }),
  ),
  recipe("signed-otherwise", "bad-signature", "The signature is of another text.", notice({ signed: "{}" })),
  recipe("unsigned", "unknown-author", "Nobody signed it.", notice({ by: () => [] })),
  recipe("by-nonowner", "unknown-author", "Eve signed.", notice({ by: ({ eve }) => [eve] })),
  recipe(
    "by-former-owner",
    "unknown-author",
    "Oscar, an owner until serial 1.",
    notice({ by: ({ oscar }) => [oscar], given: { oscar: "former" } }),
  ),
  recipe(
    "two-owners",
    "several-signatures",
    "Both owners signed.",
    notice({ by: ({ olga, oscar }) => [olga, oscar], given: { oscar: "present" } }),
  ),
  recipe("future", "from-the-future", "Signed 11 minutes ahead.", notice({ date: later(660_000) })),
  recipe(
    "other-readers",
    "wrong-list",
    "Eve's copy, sealed anew to Bob.",
    notice({ readers: ({ eve }) => [eve] }),
  ),
  recipe(
    "no-readers",
    "news new-list-key 2",
    "Signed for all members, as one that is sealed once is.",
    notice({ readers: () => [] }),
  ),
  recipe("no-json", "damaged", "Text.", notice({ text: "a new key" })),
  recipe(
    "unknown-kind",
    "wrong-kind",
    "A kind that there is not.",
    notice({ json: () => ({ kind: "new-colour" }) }),
  ),
  recipe("later-version", "unsupported-version", "listseal 2.", notice({ json: () => ({ listseal: 2 }) })),
  recipe("kind-owners", "wrong-kind", "Signed as another notice.", notice({ says: { kind: "owners" } })),
  recipe("no-kind", "binding-missing", "No notation.", notice({ says: {} })),
  recipe("serial-negative", "damaged", "serial is -1.", notice({ json: () => ({ serial: -1 }) })),
  recipe(
    "other-list",
    "wrong-list",
    "Another list's address.",
    notice({ json: (cast) => ({ list: { ...listOf(cast), address: "other@lists.example" } }) }),
  ),
  recipe(
    "list-key-unknown",
    "news new-list-key 2",
    "It replaces a key that is not known here.",
    notice({ json: (cast) => ({ list: { address: team, key: cast.eve.fingerprint } }) }),
  ),
  recipe(
    "list-key-public",
    "key-damaged",
    "The list key without its secret.",
    notice({ json: (cast) => ({ listKey: certificateOf(cast.newList) }) }),
  ),
  recipe(
    "list-key-of-other-role",
    "wrong-role",
    "The server key as list key.",
    notice({ json: async (cast) => ({ listKey: await armorOpeningKey(cast.newServer) }) }),
  ),
  recipe(
    "server-key-of-other-role",
    "wrong-role",
    "A list key as server key.",
    newServer((cast) => ({ server: certificateOf(cast.newList) })),
  ),
  recipe(
    "list-key-is-the-server-key",
    "wrong-role",
    "The server key under a list key's name.",
    notice({
      json: async (cast) => ({ listKey: await armorOpeningKey(await renamed(cast.server, "list")) }),
    }),
  ),
  recipe(
    "server-key-is-the-list-key",
    "wrong-role",
    "The list key under a server key's name.",
    async (cast) => {
      const server = certificateOf(await renamed(cast.list, "server"));
      return newServer(() => ({ server }))(cast);
    },
  ),
  recipe(
    "term-ends-ahead",
    "binding-mismatch",
    "A term that ends after this serial.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { to: 3 })]),
  ),
  recipe(
    "term-begins-otherwise",
    "binding-mismatch",
    "Oscar's time began with serial 1, and now with 0.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar")], { given: { oscar: "since-1" } }),
  ),
  recipe(
    "no-owner-left",
    "binding-mismatch",
    "Everybody's term has ended.",
    owners((cast) => [term(cast.olga, "olga", { to: 2 })]),
  ),
  recipe(
    "owner-twice",
    "binding-mismatch",
    "Olga is named twice.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.olga, "olga", { from: 1 })]),
  ),
  recipe(
    "term-ahead",
    "binding-mismatch",
    "A term that begins after this serial.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { from: 3 })]),
  ),
  recipe(
    "term-backwards",
    "binding-mismatch",
    "A term that ends before it begins.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { from: 2, to: 1 })]),
  ),
  recipe(
    "owner-missing",
    "binding-mismatch",
    "Oscar, a former owner, is left out.",
    owners((cast) => [term(cast.olga, "olga")], { given: { oscar: "former" } }),
  ),
  recipe(
    "term-altered",
    "binding-mismatch",
    "Oscar's time ended with serial 1, and now with 2.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { to: 2 })], {
      given: { oscar: "former" },
    }),
  ),
  recipe(
    "term-ended-before",
    "binding-mismatch",
    "An end before the serial that is known.",
    owners((cast) => [term(cast.olga, "olga"), term(cast.oscar, "oscar", { to: 1 })], {
      given: { oscar: "present", taken: "1" },
    }),
  ),
  recipe(
    "old-serial",
    "old-serial",
    "Serial 2 was taken.",
    owners((cast) => [term(cast.olga, "olga")], { given: { taken: "2" } }),
  ),
  recipe(
    "late-list-key",
    "former-list-key new-list-key 2",
    "Serial 3 was taken: a key to read old mail with.",
    notice({ given: { taken: "3" } }),
  ),
  recipe(
    "late-known-list-key",
    "old-serial",
    "Serial 3 was taken, and the key is known.",
    notice({ given: { taken: "3", keys: "newList" } }),
  ),
];

const receiptJson = (cast: MembershipCast): Json => ({
  listseal: 1,
  kind: "receipt",
  date: DATE,
  list: listOf(cast),
  news: "new-list-key",
  serial: 2,
  by: cast.bob.fingerprint,
});
const receipt = sealing(receiptJson, { by: "bob", to: "olga", says: { kind: "receipt" } });

export const receiptRecipes: Recipes = [
  recipe(
    "good",
    "new-list-key 2",
    "As the product writes it.",
    async (cast) => {
      const { olga, bob, list, newList: listKey } = cast;
      const taken = {
        serial: 2,
        date: NOW,
        list: { address: team, key: list.fingerprint },
        news: { kind: "new-list-key", listKey, graceEnds: NOW } as const,
      };
      return {
        given: {
          sealed: toBase64(await writeReceipt(taken, bob, sealingHalf(olga), NOW)),
          now: NOW.toISOString(),
        },
      };
    },
    true,
  ),
  recipe("for-another", "not-for-me", "Sealed to Oscar.", receipt({ to: ({ oscar }) => oscar })),
  recipe("too-large", "too-large", "Above 512 KiB.", async () => ({
    given: { sealed: "", zeros: "524289", now: NOW.toISOString() },
  })),
  recipe(
    "flipped",
    "damaged",
    "One bit of the data packet.",
    receipt({ file: (sealed) => flipped(sealed, sealed.length - 40) }),
  ),
  recipe("other-kind", "wrong-kind", "An answer's kind.", receipt({ json: () => ({ kind: "answer" }) })),
  recipe(
    "news-unknown",
    "damaged",
    "A notice that there is not.",
    receipt({ json: () => ({ news: "weather" }) }),
  ),
  recipe(
    "of-nobody",
    "unknown-author",
    "by names Eve, who was sent nothing.",
    receipt({ by: ({ eve }) => [eve], json: (cast) => ({ by: cast.eve.fingerprint }) }),
  ),
  recipe("by-another", "unknown-author", "by names Bob; Eve signed.", receipt({ by: ({ eve }) => [eve] })),
  recipe("signed-otherwise", "bad-signature", "The signature is of another text.", receipt({ signed: "{}" })),
  recipe("unsigned", "not-signed", "Nobody signed it.", receipt({ by: () => [] })),
  recipe("future", "from-the-future", "Signed 11 minutes ahead.", receipt({ date: later(660_000) })),
  recipe(
    "other-readers",
    "wrong-list",
    "Oscar's receipt, sealed anew to Olga.",
    receipt({ readers: ({ oscar }) => [oscar] }),
  ),
  recipe("kind-request", "wrong-kind", "Signed as a request.", receipt({ says: { kind: "request" } })),
];
