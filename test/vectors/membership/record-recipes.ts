import { NO_PREVIOUS } from "../../../src/membership/roster/log.js";
import { armorCertificate } from "../../../src/openpgp/armor.js";
import { addresses, type MembershipCast, NOW } from "./cast.js";
import { toBase64 } from "./forge.js";
import { type Recipe, recipe } from "./format.js";
import { revokedCertificate } from "./list-words.js";
import {
  AT,
  addEve,
  after,
  chained,
  claim,
  confirms,
  create,
  enrolEve,
  id,
  join,
  of,
  operator,
  pages,
  removeBob,
  said,
} from "./record-forge.js";
import { certificateOf, ID, octetsOf } from "./sealing.js";

const BOTH = "followed bob:member:introduction olga:owner:claim; noted 1:operator";
const OLGA = "followed olga:owner:claim; noted 1:operator";
const altered = "roster-altered";

export const recordRecipes: readonly Recipe<MembershipCast>[] = [
  recipe("good", BOTH, "Made, claimed, joined.", after(), true),
  recipe(
    "removed",
    OLGA,
    "Bob is removed; two pages.",
    pages((second) => second),
  ),
  recipe(
    "operators",
    "followed bob:owner:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:operator 6:operator",
    "What the operator did: added Eve, made Bob an owner, set the policy.",
    after(
      addEve,
      () => operator("role", { address: addresses.bob, role: "owner" }),
      () => operator("policy", { policy: "open" }),
    ),
  ),
  recipe(
    "link",
    `${OLGA} 4:link`,
    "Bob used the unsubscribe link.",
    after((cast) => ({
      do: "remove",
      address: addresses.bob,
      fingerprint: cast.bob.fingerprint,
      by: "link",
      at: AT,
    })),
  ),
  recipe(
    "later-entry",
    `${BOTH} 4:operator`,
    "An unsigned entry of a later version is noted and passed over.",
    after(() => operator("dance", { twice: true })),
  ),
  recipe(
    "enrolled",
    "followed bob:member:introduction eve:member:owner olga:owner:claim; noted 1:operator 4:operator",
    "The operator added Eve; Olga confirmed her.",
    after(addEve, (cast) => enrolEve(cast, "eve", cast.olga)),
  ),
  recipe(
    "renewed",
    BOTH,
    "Bob renewed his certificate.",
    after((cast) =>
      said(
        cast,
        { do: "renew", certificate: certificateOf(cast.joinedBob) },
        { by: [cast.joinedBob], id: id("2") },
      ),
    ),
  ),
  recipe(
    "revoked",
    `${BOTH} 5:unentitled`,
    "Bob revoked his key; what it commands afterwards counts for nothing.",
    after(
      async (cast) =>
        said(
          cast,
          { do: "revoke", certificate: armorCertificate(await revokedCertificate(cast.joinedBob, NOW)) },
          { by: [cast.joinedBob], id: id("2") },
        ),
      (cast) => said(cast, { do: "leave" }, { by: [cast.joinedBob], id: id("3") }),
    ),
  ),
  recipe(
    "by-nonmember",
    `${BOTH} 4:unentitled`,
    "Eve, who is nobody, removes Bob: noted, and the record goes on.",
    after((cast) => removeBob(cast, { by: [cast.eve] })),
  ),
  recipe(
    "by-plain-member",
    `${BOTH} 4:unentitled`,
    "Bob, who is no owner, removes Olga.",
    after((cast) =>
      said(
        cast,
        { do: "remove", address: addresses.olga, fingerprint: cast.olga.fingerprint },
        { by: [cast.joinedBob], id: id("2") },
      ),
    ),
  ),
  recipe(
    "about-nobody",
    `${BOTH} 4:unentitled`,
    "Olga removes somebody who is not there.",
    after((cast) =>
      said(
        cast,
        { do: "remove", address: addresses.eve, fingerprint: cast.eve.fingerprint },
        { by: [cast.olga], id: id("2") },
      ),
    ),
  ),
  recipe("resumed", BOTH, "Olga resumed after the entry before.", async (cast) => {
    const first = chained([create, await claim(cast), await join(cast)]);
    const head = { number: 3, hash: first.at(-1)?.hash };
    return {
      given: { now: AT },
      pages: [
        first,
        chained([await said(cast, { do: "resume-server", head }, { by: [cast.olga], id: id("2") })], first),
      ],
    };
  }),
  recipe(
    "resumed-after-another",
    altered,
    "Olga named another entry.",
    after((cast) =>
      said(
        cast,
        { do: "resume-server", head: { number: 3, hash: "0".repeat(64) } },
        { by: [cast.olga], id: id("2") },
      ),
    ),
  ),
  recipe(
    "entry-missing",
    altered,
    "The first entry of the second page is left out.",
    pages((second) => second.slice(1)),
  ),
  recipe(
    "forked",
    "roster-forked",
    "The second page follows another entry.",
    pages((second, first) =>
      chained(
        second.map(({ entry }) => entry),
        [...first.slice(0, 1), ...chained([operator("policy", { policy: "open" })], first.slice(0, 1))],
      ),
    ),
  ),
  recipe(
    "other-previous",
    altered,
    "An entry names another one before it.",
    pages(([one, two]) => (one && two ? [one, { ...two, previous: NO_PREVIOUS }] : [])),
  ),
  recipe(
    "hash-of-another",
    altered,
    "An entry with another's hash.",
    pages(([one, two]) => (one && two ? [one, { ...two, hash: one.hash }] : [])),
  ),
  recipe(
    "not-json",
    altered,
    "An entry that is no JSON.",
    after(() => "{"),
  ),
  recipe(
    "at-without-milliseconds",
    altered,
    "An instant in another spelling.",
    after((cast) => removeBob(cast, { entry: { at: "2025-06-01T12:00:00Z" } })),
  ),
  recipe(
    "command-unreadable",
    altered,
    "base64 with a blank.",
    after((cast) => removeBob(cast, { entry: { command: "AA AA" } })),
  ),
  recipe(
    "not-what-was-signed",
    altered,
    "do is another command than the signed one.",
    after((cast) => removeBob(cast, { entry: { do: "withdraw" } })),
  ),
  recipe(
    "other-list",
    altered,
    "Signed for another list.",
    after((cast) =>
      removeBob(cast, { json: { list: { address: "other@lists.example", key: cast.list.fingerprint } } }),
    ),
  ),
  recipe(
    "carried-out-twice",
    altered,
    "One command stands there twice.",
    after(
      (cast) => said(cast, { do: "withdraw", address: addresses.eve }, { by: [cast.olga], id: id("2") }),
      (cast) => said(cast, { do: "withdraw", address: addresses.eve }, { by: [cast.olga], id: id("2") }),
    ),
  ),
  recipe(
    "by-another",
    altered,
    "by is Olga; Eve signed.",
    after((cast) => removeBob(cast, { by: [cast.eve], entry: { by: cast.olga.fingerprint } })),
  ),
  recipe(
    "unsigned-command",
    altered,
    "A command without a signature.",
    after((cast) => removeBob(cast, { by: [], entry: { by: cast.olga.fingerprint } })),
  ),
  recipe(
    "claim-by-stranger",
    altered,
    "Eve claimed the list.",
    of(
      () => create,
      (cast) =>
        said(
          cast,
          {
            do: "claim",
            code: ID,
            name: "Eve",
            address: addresses.eve,
            certificate: certificateOf(cast.eve),
            listKey: certificateOf(cast.list),
            shape: "mixed",
          },
          { by: [cast.eve] },
        ),
    ),
  ),
  recipe(
    "claim-by-another-key",
    altered,
    "by is another key than the certificate's.",
    of((cast) => claim(cast, { entry: { by: cast.eve.fingerprint } })),
  ),
  recipe(
    "claim-not-signed",
    altered,
    "Eve signed Olga's claim.",
    of((cast) => claim(cast, { by: [cast.eve], entry: { by: cast.olga.fingerprint } })),
  ),
  recipe(
    "claim-twice",
    altered,
    "Oscar claimed it as well.",
    after((cast) =>
      said(
        cast,
        {
          do: "claim",
          code: ID,
          name: "Oscar",
          address: addresses.oscar,
          certificate: certificateOf(cast.oscar),
          listKey: certificateOf(cast.list),
          shape: "mixed",
        },
        { by: [cast.oscar] },
      ),
    ),
  ),
  recipe(
    "join-by-another-key",
    altered,
    "by is another key than the certificate's.",
    of(
      (cast) => claim(cast),
      (cast) => join(cast, { entry: { by: cast.eve.fingerprint } }),
    ),
  ),
  recipe(
    "join-not-signed",
    altered,
    "The introduction did not sign.",
    of(
      (cast) => claim(cast),
      (cast) => join(cast, { by: [cast.joinedBob] }),
    ),
  ),
  recipe(
    "join-not-introduced",
    altered,
    "The introduction did not certify the key.",
    of(
      (cast) => claim(cast),
      (cast) =>
        join(cast, { by: [cast.introduction, cast.bob], json: { certificate: certificateOf(cast.bob) } }),
    ),
  ),
  recipe(
    "join-carried-out-late",
    altered,
    "at is after join-by.",
    of(
      (cast) => claim(cast),
      (cast) => join(cast, { entry: { at: "2025-06-10T00:00:01.000Z" } }),
    ),
  ),
  recipe(
    "join-dated-late",
    altered,
    "Dated 11 minutes after join-by, and carried out before it.",
    of(
      (cast) => claim(cast),
      (cast) => join(cast, { json: { date: "2025-06-10T00:11:00Z" } }),
    ),
  ),
  recipe(
    "join-clock-ahead",
    "followed bob:member:introduction olga:owner:claim; noted",
    "Dated 9 minutes after join-by, and carried out before it: Bob's clock was ahead.",
    of(
      (cast) => claim(cast),
      (cast) =>
        join(cast, { json: { date: "2025-06-10T00:09:00Z" }, entry: { at: "2025-06-09T23:59:59.000Z" } }),
    ),
  ),
  recipe(
    "join-again",
    altered,
    "By a used introduction, after he was removed.",
    after(
      (cast) => removeBob(cast, { json: { date: "2025-05-01T00:00:00Z" } }),
      (cast) => join(cast, { id: id("3") }),
    ),
  ),
  recipe(
    "join-burnt",
    altered,
    "By an introduction that a withdrawal had burnt.",
    of(
      (cast) => claim(cast),
      (cast) => said(cast, { do: "withdraw", address: addresses.bob }, { by: [cast.olga], id: id("2") }),
      (cast) => join(cast),
    ),
  ),
  recipe(
    "enrol-twice",
    altered,
    "Bob's address gets Eve's key.",
    after((cast) => enrolEve(cast, "bob", cast.olga)),
  ),
  recipe(
    "added-again",
    altered,
    "The operator adds Bob, who is there, with his own key: no server records that.",
    after((cast) =>
      operator("add", {
        address: addresses.bob,
        fingerprint: cast.joinedBob.fingerprint,
        certificate: toBase64(octetsOf(cast.joinedBob)),
      }),
    ),
  ),
  recipe(
    "added-with-another-key",
    altered,
    "The certificate is Oscar's, the fingerprint Eve's.",
    after((cast) =>
      operator("add", {
        address: addresses.eve,
        fingerprint: cast.eve.fingerprint,
        certificate: toBase64(octetsOf(cast.oscar)),
      }),
    ),
  ),
  recipe(
    "role-for-nobody",
    altered,
    "The operator gives Eve, who is not there, a role.",
    after(() => operator("role", { address: addresses.eve, role: "owner" })),
  ),
  recipe(
    "renewed-with-another-key",
    altered,
    "Bob's renewal brings Eve's key.",
    after((cast) =>
      said(
        cast,
        { do: "renew", certificate: certificateOf(cast.eve) },
        { by: [cast.joinedBob], id: id("2") },
      ),
    ),
  ),
  recipe(
    "revoke-of-nothing",
    altered,
    "A certificate that is not revoked.",
    after((cast) =>
      said(
        cast,
        { do: "revoke", certificate: certificateOf(cast.joinedBob) },
        { by: [cast.joinedBob], id: id("2") },
      ),
    ),
  ),
  recipe(
    "not-recorded",
    altered,
    "A command that has no place in the record.",
    after((cast) => said(cast, { do: "pause" }, { by: [cast.joinedBob], id: id("2") })),
  ),
  recipe(
    "role-by-operators-owner",
    "followed bob:owner:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:operator 6:unconfirmed",
    "Bob, an owner by the operator's word, confirms Eve: she stays the operator's.",
    after(
      addEve,
      () => operator("role", { address: addresses.bob, role: "owner" }),
      (cast) => enrolEve(cast, "eve", cast.joinedBob),
    ),
  ),
  recipe(
    "confirmed",
    "followed bob:owner:introduction eve:member:owner olga:owner:claim; noted 1:operator 4:operator 5:operator",
    "The operator added Eve and made Bob an owner; Olga confirmed both, and somebody who is not there.",
    after(
      addEve,
      () => operator("role", { address: addresses.bob, role: "owner" }),
      (cast) =>
        confirms(
          cast,
          [{ who: "eve" }, { who: "bob", role: "owner" }, { who: "bob", key: "eve" }],
          cast.olga,
        ),
    ),
  ),
  recipe(
    "confirmed-with-another-key",
    "followed bob:member:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:unentitled",
    "Olga was shown another key of Eve's: nobody is confirmed.",
    after(addEve, (cast) => confirms(cast, [{ who: "eve", key: "bob" }], cast.olga)),
  ),
  recipe(
    "confirmed-in-another-role",
    "followed bob:member:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:unentitled",
    "Olga was shown Eve as a moderator: nobody is confirmed.",
    after(addEve, (cast) => confirms(cast, [{ who: "eve", role: "moderator" }], cast.olga)),
  ),
  recipe(
    "confirmed-by-plain-member",
    "followed bob:member:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:unentitled",
    "Bob, who is no owner, confirms Eve.",
    after(addEve, (cast) => confirms(cast, [{ who: "eve" }], cast.joinedBob)),
  ),
  recipe(
    "confirmed-by-operators-owner",
    "followed bob:owner:introduction eve:member:operator olga:owner:claim; noted 1:operator 4:operator 5:operator 6:unconfirmed",
    "Bob, an owner by the operator's word, confirms Eve: she stays the operator's.",
    after(
      addEve,
      () => operator("role", { address: addresses.bob, role: "owner" }),
      (cast) => confirms(cast, [{ who: "eve" }], cast.joinedBob),
    ),
  ),
];
