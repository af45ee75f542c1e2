/** What a post brings of its author: certificates and introductions, honest and not. */
import { enums, readPrivateKey, type SignaturePacket } from "openpgp";
import { certifyMember, makeIntroduction } from "../../../src/membership/introduction/introduction.js";
import { certify, withUserId } from "../../../src/openpgp/certification.js";
import {
  generateKey,
  type OpeningKey,
  type Role,
  sealingHalf,
  writeSealingKey,
} from "../../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../../src/openpgp/revocation.js";
import { notations } from "../../../src/protocol/binding.js";
import { cheat } from "../../membership/chain.js";
import {
  addresses,
  DAY,
  INVITED,
  JOIN_BY,
  KEYS_MADE,
  later,
  type MembershipCast,
  NOW,
  proofList,
  team,
} from "./cast.js";
import { type Says, toBase64 } from "./forge.js";
import { type Recipe, recipe } from "./format.js";

const octets = (key: OpeningKey<Role>) => writeSealingKey(sealingHalf(key));

interface Evidence {
  readonly member: OpeningKey<"member">;
  readonly introduction?: Uint8Array;
  readonly certificate?: Uint8Array;
  readonly signer?: string;
  readonly from?: string;
  readonly signedAt?: Date;
}

const given = ({ member, introduction, certificate, signer, from, signedAt = NOW }: Evidence) => ({
  given: {
    signer: signer ?? member.fingerprint,
    signedAt: signedAt.toISOString(),
    from: from ?? addresses.bob,
    certificate: toBase64(certificate ?? octets(member)),
    ...(introduction === undefined ? {} : { introduction: toBase64(introduction) }),
    now: NOW.toISOString(),
  },
});

/** An introduction that says `says`, certified by `by`. */
async function introductionBy(
  cast: MembershipCast,
  by: OpeningKey<Role>,
  says: Says,
  date = INVITED,
  address: string = addresses.bob,
): Promise<OpeningKey<"introduction">> {
  const bare = await generateKey("introduction", { address, profile: cast.profile, date: KEYS_MADE });
  const made = await certify(bare, address, by, notations(says), date);
  if (made === "no-such-user-id") throw new Error("no User ID");
  return made;
}

/** Bob's key, certified by an introduction, saying `says`. */
async function bobBy(
  cast: MembershipCast,
  introduction: OpeningKey<"introduction">,
  says: Says,
  date = NOW,
): Promise<OpeningKey<"member">> {
  const named = await withUserId(cast.bob, addresses.bob, NOW);
  const made = await certify(named, addresses.bob, introduction, notations(says), date);
  if (made === "no-such-user-id") throw new Error("no User ID");
  return made;
}

/** An introduction that Olga certified as she ought to, but for what is bent. */
const bentBy =
  (bend: (packet: SignaturePacket) => void) =>
  async (cast: MembershipCast): Promise<OpeningKey<"introduction">> => {
    const bare = await generateKey("introduction", {
      address: addresses.bob,
      profile: cast.profile,
      date: KEYS_MADE,
    });
    return cheat(bare, cast.olga, { date: INVITED, values: owners(cast), bend });
  };

const value = (
  cast: MembershipCast,
  address: string = addresses.bob,
  list: string = team,
  key = cast.list.fingerprint,
) => `${list} ${key} ${address}`;
const owners = (cast: MembershipCast): Says => ({
  kind: "introduction",
  introduction: value(cast),
  "join-by": "2025-06-10T00:00:00Z",
});
const members = (cast: MembershipCast): Says => ({ kind: "member", introduction: value(cast) });

/** Bob by an introduction that is bent, and as honest as it can be from there. */
const byIntroduction =
  (make: (cast: MembershipCast) => Promise<OpeningKey<"introduction">>) => async (cast: MembershipCast) => {
    const introduction = await make(cast);
    const member = await bobBy(cast, introduction, members(cast));
    return given({ member, introduction: octets(introduction) });
  };
const byMember =
  (make: (cast: MembershipCast) => Promise<OpeningKey<"member">>) => async (cast: MembershipCast) =>
    given({ member: await make(cast), introduction: octets(cast.introduction) });

export const authorRecipes: readonly Recipe<MembershipCast>[] = [
  recipe(
    "introduced",
    "introduced",
    "Bob, whom Olga introduced.",
    async (cast) => given({ member: cast.joinedBob, introduction: octets(cast.introduction) }),
    true,
  ),
  recipe(
    "owner",
    "owner",
    "Olga under her address.",
    async (cast) => given({ member: cast.olga, from: addresses.olga }),
    true,
  ),
  recipe("owner-elsewhere", "absent", "Olga under Eve's address.", async (cast) =>
    given({ member: cast.olga, from: addresses.eve }),
  ),
  recipe("not-introduced", "absent", "Eve, without an introduction.", async (cast) =>
    given({ member: cast.eve, from: addresses.eve }),
  ),
  recipe("too-large", "size too-large", "Above 16 KiB together.", async (cast) =>
    given({ member: cast.joinedBob, introduction: new Uint8Array(16_384) }),
  ),
  recipe("two-certificates", "size key-damaged", "Eve's behind Bob's.", async (cast) =>
    given({
      member: cast.joinedBob,
      certificate: new Uint8Array([...octets(cast.joinedBob), ...octets(cast.eve)]),
    }),
  ),
  recipe("another-signer", "signer wrong-author", "Eve signed.", async (cast) =>
    given({
      member: cast.joinedBob,
      introduction: octets(cast.introduction),
      signer: cast.eve.fingerprint,
    }),
  ),
  recipe("future", "signer from-the-future", "Signed 11 minutes ahead.", async (cast) =>
    given({ member: cast.joinedBob, introduction: octets(cast.introduction), signedAt: later(660_000) }),
  ),
  recipe("before-its-key", "signer damaged", "Signed before the key was made.", async (cast) =>
    given({
      member: cast.joinedBob,
      introduction: octets(cast.introduction),
      signedAt: new Date("2024-12-01T00:00:00Z"),
    }),
  ),
  recipe(
    "introduction-too-many-packets",
    "introduction too-large",
    "17 packets.",
    byIntroduction(async (cast) => {
      let made = await introductionBy(cast, cast.olga, owners(cast));
      for (let more = 0; more < 13; more++) {
        const next = await certify(made, addresses.bob, cast.eve, notations(owners(cast)), INVITED);
        if (next === "no-such-user-id") throw new Error("no User ID");
        made = next;
      }
      return made;
    }),
  ),
  recipe(
    "owner-revoked",
    "signer key-revoked",
    "Olga's key is known here as revoked; the post brings it without.",
    async (cast) => {
      const { given: brought } = given({ member: cast.olga, from: addresses.olga });
      return { given: { ...brought, revoked: later(-DAY).toISOString() } };
    },
  ),
  recipe(
    "owner-expires",
    "owner-certification binding-mismatch",
    "The certification expires in a year.",
    byIntroduction(
      bentBy((packet) => {
        packet.signatureNeverExpires = false;
        packet.signatureExpirationTime = 31_536_000;
      }),
    ),
  ),
  recipe(
    "user-id-revoked",
    "owner-certification key-revoked",
    "The introduction's User ID is revoked by itself.",
    byIntroduction(async (cast) => {
      const made = await introductionBy(cast, cast.olga, owners(cast));
      return cheat(made, made, {
        date: NOW,
        bend: (packet) => {
          packet.signatureType = enums.signature.certRevocation;
        },
      });
    }),
  ),
  recipe(
    "user-id-not-own",
    "member-certification bad-signature",
    "Bob's User ID without his own signature.",
    byMember(async (cast) => {
      const copy = await readPrivateKey({ binaryKey: cast.joinedBob.secret.write() });
      for (const user of copy.users.slice(1)) user.selfCertifications = [];
      return { ...cast.joinedBob, secret: copy };
    }),
  ),
  recipe(
    "introduction-of-an-owner",
    "introduction wrong-role",
    "Oscar's own key as the introduction.",
    async (cast) => given({ member: cast.joinedBob, introduction: octets(cast.oscar) }),
  ),
  recipe(
    "introduction-with-name",
    "introduction wrong-role",
    "Its User ID has a name: Eve's own key.",
    async (cast) => given({ member: cast.joinedBob, introduction: octets(cast.eve) }),
  ),
  recipe("introduction-revoked", "introduction key-revoked", "The introduction is revoked.", async (cast) => {
    const revoked = await revokeMemberKey({ ...cast.introduction, role: "member" }, NOW);
    return given({ member: cast.joinedBob, introduction: writeSealingKey(revoked) });
  }),
  recipe(
    "by-nobody",
    "owner-certification not-signed",
    "Eve certified the introduction.",
    byIntroduction((cast) => introductionBy(cast, cast.eve, owners(cast))),
  ),
  recipe(
    "by-two-owners",
    "owner-certification several-signatures",
    "Both owners certified it.",
    byIntroduction(async (cast) => {
      const made = await introductionBy(cast, cast.olga, owners(cast));
      const twice = await certify(made, addresses.bob, cast.oscar, notations(owners(cast)), INVITED);
      if (twice === "no-such-user-id") throw new Error("no User ID");
      return twice;
    }),
  ),
  recipe(
    "owner-moved",
    "owner-certification bad-signature",
    "The owner's certification of another key.",
    byIntroduction(async (cast) => {
      const made = await introductionBy(cast, cast.olga, owners(cast));
      const bare = await generateKey("introduction", {
        address: addresses.bob,
        profile: cast.profile,
        date: KEYS_MADE,
      });
      const moved = made.secret.users[0]?.otherCertifications ?? [];
      bare.secret.users[0]?.otherCertifications.push(...moved);
      return bare;
    }),
  ),
  recipe(
    "owner-future",
    "owner-certification from-the-future",
    "Certified 11 minutes ahead.",
    byIntroduction((cast) => introductionBy(cast, cast.olga, owners(cast), later(660_000))),
  ),
  recipe(
    "owner-kind",
    "owner-certification wrong-kind",
    "Of kind member.",
    byIntroduction((cast) => introductionBy(cast, cast.olga, { ...owners(cast), kind: "member" })),
  ),
  recipe(
    "owner-no-join-by",
    "owner-certification binding-missing",
    "Without join-by.",
    byIntroduction((cast) =>
      introductionBy(cast, cast.olga, { kind: "introduction", introduction: value(cast) }),
    ),
  ),
  recipe(
    "owner-join-by-no-date",
    "owner-certification binding-mismatch",
    "join-by is no date.",
    byIntroduction((cast) => introductionBy(cast, cast.olga, { ...owners(cast), "join-by": "2025-06-10" })),
  ),
  recipe(
    "owner-says-more",
    "owner-certification binding-mismatch",
    "A notation too many.",
    byIntroduction((cast) => introductionBy(cast, cast.olga, { ...owners(cast), by: "x" })),
  ),
  recipe(
    "owner-before-key",
    "owner-certification key-expired",
    "Certified before the owner's key was made.",
    byIntroduction((cast) => introductionBy(cast, cast.olga, owners(cast), new Date("2024-12-31T00:00:00Z"))),
  ),
  recipe(
    "other-list",
    "owner-certification wrong-list",
    "For another list.",
    byIntroduction((cast) =>
      introductionBy(cast, cast.olga, {
        ...owners(cast),
        introduction: value(cast, addresses.bob, "other@lists.example"),
      }),
    ),
  ),
  recipe(
    "other-list-key",
    "owner-certification wrong-list",
    "For a list key that the list never had.",
    byIntroduction((cast) =>
      introductionBy(cast, cast.olga, {
        ...owners(cast),
        introduction: value(cast, addresses.bob, team, cast.newList.fingerprint),
      }),
    ),
  ),
  recipe(
    "other-address",
    "owner-certification wrong-list",
    "For another address than its User ID.",
    byIntroduction((cast) =>
      introductionBy(cast, cast.olga, { ...owners(cast), introduction: value(cast, addresses.eve) }),
    ),
  ),
  recipe(
    "member-is-introduction",
    "member-certification wrong-role",
    "The introduction itself writes.",
    async (cast) =>
      given({ member: { ...cast.introduction, role: "member" }, introduction: octets(cast.introduction) }),
  ),
  recipe(
    "member-without-address",
    "member-certification wrong-address",
    "No User ID <address>.",
    async (cast) => given({ member: cast.bob, introduction: octets(cast.introduction) }),
  ),
  recipe(
    "member-not-certified",
    "member-certification not-signed",
    "The introduction certified nobody.",
    byMember((cast) => withUserId(cast.bob, addresses.bob, NOW)),
  ),
  recipe(
    "member-kind",
    "member-certification wrong-kind",
    "Of kind introduction.",
    byMember((cast) => bobBy(cast, cast.introduction, { ...members(cast), kind: "introduction" })),
  ),
  recipe(
    "member-other-value",
    "member-certification wrong-list",
    "Another list key than the owner's word.",
    byMember((cast) =>
      bobBy(cast, cast.introduction, {
        kind: "member",
        introduction: value(cast, addresses.bob, team, cast.newList.fingerprint),
      }),
    ),
  ),
  recipe(
    "member-older",
    "member-certification binding-mismatch",
    "Older than the introduction.",
    byMember((cast) => bobBy(cast, cast.introduction, members(cast), new Date("2025-05-19T00:00:00Z"))),
  ),
  recipe(
    "member-says-more",
    "member-certification binding-mismatch",
    "A join-by on it.",
    byMember((cast) =>
      bobBy(cast, cast.introduction, { ...members(cast), "join-by": "2025-06-10T00:00:00Z" }),
    ),
  ),
  recipe("from-another", "from wrong-author", "Bob under Eve's address.", async (cast) =>
    given({ member: cast.joinedBob, introduction: octets(cast.introduction), from: addresses.eve }),
  ),
  recipe(
    "clock-behind",
    "introduced",
    "Bob's clock was behind the owner's: his certification has the owner's date.",
    async (cast) => {
      const terms = { list: team, listKey: cast.list.fingerprint, address: addresses.bob, joinBy: JOIN_BY };
      const introduction = await makeIntroduction(cast.olga, terms, cast.profile, later(60_000));
      const member = await certifyMember(introduction, cast.bob, proofList(cast), later(-60_000));
      return given({ member, introduction: octets(introduction) });
    },
  ),
];
