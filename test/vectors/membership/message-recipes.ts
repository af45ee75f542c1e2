import { writeAnswer } from "../../../src/membership/request/answers.js";
import { writeRequest } from "../../../src/membership/request/request.js";
import { armorCertificate } from "../../../src/openpgp/armor.js";
import { sealingHalf } from "../../../src/openpgp/keys.js";
import { addresses, DAY, later, type MembershipCast, NOW, team } from "./cast.js";
import { flipped, type Json, toBase64 } from "./forge.js";
import { recipe } from "./format.js";
import { revokedCertificate } from "./list-words.js";

import { type Bend, certificateOf, DATE, ID, listOf, type Recipes, sealing } from "./sealing.js";

const requestJson = (cast: MembershipCast): Json => ({
  listseal: 1,
  kind: "request",
  id: ID,
  date: DATE,
  list: listOf(cast),
  do: "remove",
  address: addresses.eve,
  fingerprint: cast.eve.fingerprint,
});
const asked = sealing(requestJson, { by: "olga", to: "server", says: { kind: "request" } });
const request = (bend: Bend = {}) => asked({ ...bend, given: { by: "olga", ...bend.given } });

const join = (cast: MembershipCast): Json => ({
  do: "join",
  name: "Bob",
  certificate: certificateOf(cast.joinedBob),
  introduction: certificateOf(cast.introduction),
  shape: "encrypted",
});
const claim = (cast: MembershipCast): Json => ({
  do: "claim",
  code: ID,
  name: "Olga",
  address: addresses.olga,
  certificate: certificateOf(cast.olga),
  listKey: certificateOf(cast.list),
  shape: "encrypted",
});
const joining = (bend: Bend = {}) =>
  asked({ json: join, by: (cast) => [cast.introduction, cast.joinedBob], ...bend, given: { by: "join" } });

export const requestRecipes: Recipes = [
  recipe(
    "good",
    "taken",
    "As the product writes it.",
    async (cast) => {
      const { olga, eve, list, server } = cast;
      const command = { do: "remove", address: addresses.eve, fingerprint: eve.fingerprint } as const;
      const asking = { id: ID, date: NOW, list: { address: team, key: list.fingerprint }, command };
      const sealed = await writeRequest(asking, { signers: [olga], server: sealingHalf(server) });
      return { given: { sealed: toBase64(sealed), by: "olga", now: NOW.toISOString() } };
    },
    true,
  ),
  recipe("good-join", "taken", "Signed by introduction and member key.", joining(), true),
  recipe(
    "good-claim",
    "taken",
    "Signed by the key that comes with it.",
    asked({ json: claim, given: { by: "claim" } }),
  ),
  recipe(
    "claim-by-another",
    "unknown-author",
    "Eve signed a claim with Olga's certificate.",
    asked({ json: claim, by: ({ eve }) => [eve], given: { by: "claim" } }),
  ),
  recipe(
    "fingerprint-upper-case",
    "taken",
    "As gpg shows it.",
    request({ json: (cast) => ({ fingerprint: cast.eve.fingerprint.toUpperCase() }) }),
  ),
  recipe("no-readers", "taken", "No Intended Recipient: GnuPG writes none.", request({ readers: () => [] })),
  recipe("too-large", "too-large", "Above 4 MiB, sealed.", async () => ({
    given: { sealed: "", zeros: "4194305", by: "olga", now: NOW.toISOString() },
  })),
  recipe(
    "too-large-opened",
    "too-large",
    "A command of 70 kB that is no notice, compressed.",
    request({ json: () => ({ more: "x".repeat(70_000) }), compressed: true }),
  ),
  recipe(
    "other-server-key",
    "wrong-list",
    "Sealed to another server key.",
    request({ to: ({ otherServer }) => otherServer }),
  ),
  recipe(
    "flipped",
    "damaged",
    "One bit of the data packet.",
    request({ file: (sealed) => flipped(sealed, sealed.length - 40) }),
    true,
  ),
  recipe("not-json", "damaged", "Text.", request({ text: "remove eve" })),
  recipe("later-version", "unsupported-version", "listseal 2.", request({ json: () => ({ listseal: 2 }) })),
  recipe("other-kind", "wrong-kind", "An answer's kind.", request({ json: () => ({ kind: "answer" }) })),
  recipe("id-short", "damaged", "31 digits.", request({ json: () => ({ id: ID.slice(1) }) })),
  recipe(
    "unknown-command",
    "unsupported-version",
    "A command of a later version.",
    request({ json: () => ({ do: "dance" }) }),
  ),
  recipe(
    "field-missing",
    "damaged",
    "Without fingerprint.",
    request({ json: () => ({ fingerprint: undefined }) }),
  ),
  recipe(
    "role-unknown",
    "damaged",
    "set-role to a role that there is not.",
    request({ json: () => ({ do: "set-role", role: "king" }) }),
  ),
  recipe(
    "armor-damaged",
    "damaged",
    "An armor that can't be decoded.",
    request({ json: () => ({ do: "renew", certificate: "-----BEGIN PGP nothing" }) }),
  ),
  recipe(
    "base64-spelling",
    "damaged",
    "Unused bits that are not 0.",
    request({ json: () => ({ do: "receipt", news: "owners", serial: 1, receipt: "QR==" }) }),
  ),
  recipe(
    "base64-blanks",
    "damaged",
    "A line break in base64.",
    request({ json: () => ({ do: "receipt", news: "owners", serial: 1, receipt: "QUFB\nQUFB" }) }),
  ),
  recipe(
    "other-list",
    "wrong-list",
    "For another list.",
    request({ json: (cast) => ({ list: { ...listOf(cast), address: "other@lists.example" } }) }),
  ),
  recipe(
    "unknown-list-key",
    "wrong-list",
    "A list key that the list never had.",
    request({ json: (cast) => ({ list: { address: team, key: cast.newList.fingerprint } }) }),
  ),
  recipe(
    "other-readers",
    "wrong-list",
    "Made for another reader, and sealed to the server.",
    request({ readers: ({ bob }) => [bob] }),
  ),
  recipe("signed-otherwise", "bad-signature", "The signature is of another text.", request({ signed: "{}" })),
  recipe("unsigned", "not-signed", "Nobody signed it.", request({ by: () => [] })),
  recipe(
    "two-signatures",
    "several-signatures",
    "Olga and Oscar.",
    request({ by: ({ olga, oscar }) => [olga, oscar] }),
  ),
  recipe(
    "by-another",
    "unknown-author",
    "Eve signed what Olga is said to ask.",
    request({ by: ({ eve }) => [eve] }),
  ),
  recipe("kind-post", "wrong-kind", "Signed as a post.", request({ says: { kind: "post" } })),
  recipe("no-kind", "binding-missing", "No notation.", request({ says: {} })),
  recipe(
    "says-more",
    "binding-mismatch",
    "A notation too many.",
    request({ says: { kind: "request", msgid: "<1@x>" } }),
  ),
  recipe("key-revoked", "key-revoked", "Olga's key is revoked.", request({ given: { revoked: "yes" } })),
  recipe("revoke-again", "taken", "A revoke by a key that is revoked already.", async (cast) => {
    const certificate = armorCertificate(await revokedCertificate(cast.olga, NOW));
    return request({ json: () => ({ do: "revoke", certificate }), given: { revoked: "yes" } })(cast);
  }),
  recipe("signed-long-ago", "too-old", "Signed 8 days ago.", request({ date: later(-8 * DAY) })),
  recipe(
    "dated-long-ago",
    "too-old",
    "Its own date is 8 days ago.",
    request({ json: () => ({ date: "2025-05-24T11:59:59Z" }) }),
  ),
  recipe("signed-ahead", "from-the-future", "Signed 11 minutes ahead.", request({ date: later(660_000) })),
  recipe(
    "dated-ahead",
    "from-the-future",
    "Its own date is 11 minutes ahead.",
    request({ json: () => ({ date: "2025-06-01T12:11:00Z" }) }),
  ),
  recipe(
    "join-by-member-alone",
    "several-signatures",
    "Only the member key signed.",
    joining({ by: ({ joinedBob }) => [joinedBob] }),
  ),
  recipe(
    "join-by-introduction-alone",
    "several-signatures",
    "Only the introduction signed.",
    joining({ by: ({ introduction }) => [introduction] }),
  ),
  recipe(
    "join-twice-by-member",
    "not-signed",
    "The member key signed twice.",
    joining({ by: ({ joinedBob }) => [joinedBob, joinedBob] }),
  ),
  recipe(
    "join-not-certified",
    "wrong-address",
    "A certificate that the introduction did not certify.",
    joining({ json: (cast) => ({ ...join(cast), certificate: certificateOf(cast.bob) }) }),
  ),
  recipe(
    "join-without-introduction",
    "wrong-role",
    "An owner's key as introduction.",
    joining({ json: (cast) => ({ ...join(cast), introduction: certificateOf(cast.olga) }) }),
  ),
];

const answerJson = (cast: MembershipCast): Json => ({
  listseal: 1,
  kind: "answer",
  request: ID,
  date: DATE,
  list: listOf(cast),
  result: { kind: "done", head: { number: 1, hash: "0".repeat(64) } },
  server: certificateOf(cast.server),
});
const answer = sealing(answerJson, { by: "server", to: "bob", says: { kind: "answer" } });

export const answerRecipes: Recipes = [
  recipe(
    "good",
    "done",
    "As the product writes it.",
    async (cast) => {
      const { server, bob, list } = cast;
      const head = { number: 1, hash: "0".repeat(64) };
      const said = {
        request: ID,
        date: NOW,
        list: { address: team, key: list.fingerprint },
        result: { kind: "done", head } as const,
        server: sealingHalf(server),
      };
      return {
        given: {
          sealed: toBase64(await writeAnswer(said, server, sealingHalf(bob))),
          now: NOW.toISOString(),
        },
      };
    },
    true,
  ),
  recipe(
    "refused",
    "refused not-allowed",
    "A refusal.",
    answer({ json: () => ({ result: { kind: "refused", code: "not-allowed" } }) }),
  ),
  recipe(
    "refused-later-code",
    "refused unsupported-version",
    "A code that a reader does not know.",
    answer({ json: () => ({ result: { kind: "refused", code: "too-blue" } }) }),
  ),
  recipe("for-another", "not-for-me", "Sealed to Eve.", answer({ to: ({ eve }) => eve })),
  recipe("too-large", "too-large", "Above 8 MiB.", async () => ({
    given: { sealed: "", zeros: "8388609", now: NOW.toISOString() },
  })),
  recipe(
    "flipped",
    "damaged",
    "One bit of the data packet.",
    answer({ file: (sealed) => flipped(sealed, sealed.length - 40) }),
  ),
  recipe("signed-otherwise", "bad-signature", "The signature is of another text.", answer({ signed: "{}" })),
  recipe("unsigned", "not-signed", "Nobody signed it.", answer({ by: () => [] })),
  recipe(
    "two-signatures",
    "several-signatures",
    "Twice by the server key.",
    answer({ by: ({ server }) => [server, server] }),
  ),
  recipe(
    "by-another-server",
    "unknown-author",
    "Another server key.",
    answer({ by: ({ otherServer }) => [otherServer] }),
  ),
  recipe("future", "from-the-future", "Signed 11 minutes ahead.", answer({ date: later(660_000) })),
  recipe(
    "other-readers",
    "wrong-list",
    "Eve's answer, sealed anew to Bob.",
    answer({ readers: ({ eve }) => [eve] }),
  ),
  recipe("kind-through", "wrong-kind", "Signed as a list signature.", answer({ says: { kind: "through" } })),
  recipe(
    "says-more",
    "binding-mismatch",
    "A notation too many.",
    answer({ says: { kind: "answer", list: "x" } }),
  ),
  recipe("not-json", "damaged", "Text.", answer({ text: "done" })),
  recipe("other-kind", "wrong-kind", "A request's kind.", answer({ json: () => ({ kind: "request" }) })),
  recipe("later-version", "unsupported-version", "listseal 2.", answer({ json: () => ({ listseal: 2 }) })),
  recipe(
    "other-list",
    "wrong-list",
    "Another list's address.",
    answer({ json: (cast) => ({ list: { ...listOf(cast), address: "other@lists.example" } }) }),
  ),
  recipe(
    "unknown-result",
    "unsupported-version",
    "A result of a later version.",
    answer({ json: () => ({ result: { kind: "danced" } }) }),
  ),
  recipe(
    "head-missing",
    "damaged",
    "done without head.",
    answer({ json: () => ({ result: { kind: "done" } }) }),
  ),
  recipe(
    "not-asked",
    "binding-mismatch",
    "To a request that nobody here made.",
    answer({ json: () => ({ request: "f".repeat(32) }) }),
  ),
  recipe(
    "unasked",
    "server-key",
    "server-key needs no request.",
    answer({
      json: () => ({
        request: "f".repeat(32),
        result: { kind: "server-key", head: { number: 1, hash: "0".repeat(64) } },
      }),
    }),
  ),
  recipe(
    "delivery-unasked",
    "delivery",
    "A delivery needs no request.",
    answer({
      json: () => ({
        request: "f".repeat(32),
        result: {
          kind: "delivery",
          head: { number: 1, hash: "0".repeat(64) },
          messageId: "<1@example.test>",
          readers: 25,
          waiting: 1,
          failed: 2,
        },
      }),
    }),
  ),
  recipe(
    "delivery-without-numbers",
    "damaged",
    "A delivery that does not say how many got it.",
    answer({
      json: () => ({
        result: {
          kind: "delivery",
          head: { number: 1, hash: "0".repeat(64) },
          messageId: "<1@example.test>",
          waiting: 1,
          failed: 2,
        },
      }),
    }),
  ),
  recipe(
    "other-certificate",
    "binding-mismatch",
    "A server certificate of another primary key.",
    answer({ json: (cast) => ({ server: certificateOf(cast.newServer) }) }),
  ),
];
