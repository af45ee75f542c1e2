import { writeBackup } from "../../../src/membership/file/backup.js";
import { makeIntroduction } from "../../../src/membership/introduction/introduction.js";
import { writeInvitation } from "../../../src/membership/invitation/invitation.js";
import {
  armorOpeningKey,
  type OpeningKey,
  type Profile,
  type Role,
  sealingHalf,
} from "../../../src/openpgp/keys.js";
import { addresses, DAY, INVITED, JOIN_BY, later, type MembershipCast, NOW, team } from "./cast.js";
import { bytesOf, flipped, type Json, type Says, toBase64, underCode } from "./forge.js";
import { type Recipe, recipe } from "./format.js";

import { certificateOf, infoOf, words } from "./list-words.js";

type Recipes = readonly Recipe<MembershipCast>[];
export const CODE = "48217-90176-33127-00009-12341";
export const BACKUP_CODE = "48217-90176-33127-00009-12341-56785-99991";
const invitationJson = async (cast: MembershipCast): Promise<Json> => ({
  listseal: 1,
  kind: "invitation",
  list: words(cast),
  listKey: await armorOpeningKey(cast.list),
  server: certificateOf(cast.server),
  owners: [certificateOf(cast.olga), certificateOf(cast.oscar)],
  invitee: addresses.bob,
  introduction: await armorOpeningKey(cast.introduction),
  joinBy: "2025-06-10T00:00:00Z",
});

interface InvitationBend {
  /** Fields that are put over the honest ones. */
  readonly json?: (cast: MembershipCast) => Promise<Json> | Json;
  readonly by?: (cast: MembershipCast) => OpeningKey<Role> | undefined;
  readonly says?: Says;
  readonly date?: Date;
  readonly file?: (file: Uint8Array) => Uint8Array;
  readonly code?: string;
  readonly given?: Readonly<Record<string, string>>;
  /** Of the message under the code, if not the cast's. */
  readonly profile?: Profile;
}

export const invitation =
  (bend: InvitationBend = {}) =>
  async (cast: MembershipCast) => {
    const { by = ({ olga }) => olga, says = { kind: "invitation" }, date = NOW, code = CODE } = bend;
    const content = { ...(await invitationJson(cast)), ...(await bend.json?.(cast)) };
    const signer = by(cast);
    const { profile = cast.profile } = bend;
    const file = await underCode(content, { code: CODE, profile, date, says, ...(signer && { by: signer }) });
    return {
      given: { file: toBase64(bend.file?.(file) ?? file), code, now: NOW.toISOString(), ...bend.given },
    };
  };

/** Bob's introduction with other terms, by somebody else. */
const introduced =
  (
    terms: { readonly address?: "eve"; readonly joinBy?: Date; readonly listKey?: "newList" },
    by: "olga" | "oscar" | "eve" = "olga",
  ) =>
  async (cast: MembershipCast): Promise<Json> => {
    const { address = "bob", joinBy = JOIN_BY, listKey = "list" } = terms;
    const said = { list: team, listKey: cast[listKey].fingerprint, address: addresses[address], joinBy };
    return {
      introduction: await armorOpeningKey(await makeIntroduction(cast[by], said, cast.profile, INVITED)),
    };
  };

export const invitationRecipes: Recipes = [
  recipe(
    "good",
    "read",
    "As the product writes it.",
    async (cast) => {
      const { list: listKey, server, olga, oscar, introduction } = cast;
      const content = {
        ...infoOf(cast),
        listKey,
        server: sealingHalf(server),
        owners: [sealingHalf(olga), sealingHalf(oscar)],
        invitee: addresses.bob,
        introduction,
        joinBy: JOIN_BY,
      };
      const file = await writeInvitation(content, olga, CODE, NOW);
      return { given: { file: toBase64(file), code: CODE, now: NOW.toISOString() } };
    },
    true,
  ),
  recipe("as-written", "read", "The same, by the program of the vectors.", invitation()),
  recipe("too-large", "too-large", "Above 1 MiB.", async () => ({
    given: { file: "", zeros: "1048577", code: CODE, now: NOW.toISOString() },
  })),
  recipe(
    "code-mistyped",
    "wrong-code",
    "A wrong check digit.",
    invitation({ code: CODE.replace("48217", "48216") }),
  ),
  recipe("code-short", "wrong-code", "Four groups.", invitation({ code: CODE.slice(0, -6) })),
  recipe(
    "code-of-another-file",
    "wrong-code",
    "Right in itself.",
    invitation({ code: "90170-48212-33127-00009-12341" }),
    true,
  ),
  recipe(
    "cut",
    "invitation-damaged",
    "The end is missing.",
    invitation({ file: (file) => file.subarray(0, -9) }),
  ),
  recipe(
    "flipped",
    "invitation-damaged",
    "One bit of the data packet.",
    invitation({ file: (file) => flipped(file, file.length - 40) }),
    true,
  ),
  recipe(
    "s2k-simple",
    "invitation-damaged",
    "S2K type 0.",
    invitation({ file: (file) => file.map((octet, at) => (at === 4 ? 0 : octet)) }),
  ),
  ...(
    [
      ["passes", 24, 11],
      ["lanes", 25, 17],
      ["memory", 26, 17],
    ] as const
  ).map(([what, at, value]) =>
    recipe(
      `argon2-${what}`,
      "invitation-damaged",
      `Argon2 with ${value} of ${what}, which nobody may be made to compute.`,
      invitation({
        profile: "rfc9580",
        file: (file) => file.map((octet, index) => (index === at ? value : octet)),
      }),
    ),
  ),
  recipe(
    "two-skesk",
    "invitation-damaged",
    "The SKESK twice.",
    invitation({ file: (file) => new Uint8Array([...file.subarray(0, 48), ...file]) }),
  ),
  recipe("not-a-message", "invitation-damaged", "Noise.", async () => ({
    given: { file: toBase64(bytesOf("hello")), code: CODE, now: NOW.toISOString() },
  })),
  recipe(
    "later-version",
    "unsupported-version",
    "listseal 2.",
    invitation({ json: () => ({ listseal: 2 }) }),
  ),
  recipe("other-kind", "wrong-file-kind", "A backup.", invitation({ json: () => ({ kind: "backup" }) })),
  recipe(
    "no-owners",
    "invitation-damaged",
    "An empty list of owners.",
    invitation({ json: () => ({ owners: [] }) }),
  ),
  recipe(
    "owner-of-other-role",
    "wrong-role",
    "A server key among the owners.",
    invitation({
      json: (cast) => ({ owners: [certificateOf(cast.olga), certificateOf(cast.otherServer)] }),
    }),
  ),
  recipe("unsigned", "wrong-role", "Nobody signed it.", invitation({ by: () => undefined })),
  recipe("by-nonowner", "wrong-role", "Signed by Eve.", invitation({ by: ({ eve }) => eve })),
  recipe(
    "kind-request",
    "invitation-damaged",
    "A signature of another kind.",
    invitation({ says: { kind: "request" } }),
  ),
  recipe("future", "from-the-future", "Signed 11 minutes ahead.", invitation({ date: later(660_000) })),
  recipe(
    "list-key-public",
    "invitation-damaged",
    "The list key without its secret.",
    invitation({ json: (cast) => ({ listKey: certificateOf(cast.list) }) }),
  ),
  recipe(
    "list-key-of-other-role",
    "wrong-role",
    "A person's key as list key.",
    invitation({ json: async (cast) => ({ listKey: await armorOpeningKey(cast.eve) }) }),
  ),
  recipe(
    "server-of-other-role",
    "wrong-role",
    "The list key as server key.",
    invitation({ json: (cast) => ({ server: certificateOf(cast.newList) }) }),
  ),
  recipe(
    "other-profile",
    "invitation-damaged",
    "The list is said to be of the other profile.",
    invitation({ json: (cast) => ({ list: { ...words(cast), profile: "rfc9580" } }) }),
  ),
  recipe(
    "key-in-two-roles",
    "wrong-role",
    "An owner is named twice.",
    invitation({ json: (cast) => ({ owners: [certificateOf(cast.olga), certificateOf(cast.olga)] }) }),
  ),
  recipe(
    "introduction-by-nonowner",
    "invitation-damaged",
    "Eve made the introduction.",
    invitation({ json: introduced({}, "eve") }),
  ),
  recipe(
    "introduction-by-other-owner",
    "invitation-damaged",
    "Olga signed; Oscar made the introduction.",
    invitation({ json: introduced({}, "oscar") }),
  ),
  recipe(
    "introduction-for-another",
    "invitation-damaged",
    "The introduction is for Eve.",
    invitation({ json: introduced({ address: "eve" }) }),
  ),
  recipe(
    "introduction-other-join-by",
    "invitation-damaged",
    "join-by is another day.",
    invitation({ json: introduced({ joinBy: later(90 * DAY) }) }),
  ),
  recipe(
    "introduction-other-list-key",
    "invitation-damaged",
    "For another list key.",
    invitation({ json: introduced({ listKey: "newList" }) }),
  ),
  recipe(
    "join-by-over",
    "invitation-expired",
    "joinBy is now.",
    invitation({ given: { now: JOIN_BY.toISOString() } }),
  ),
  recipe("known-same", "read", "The list is known as it is.", invitation({ given: { known: "same" } })),
  recipe(
    "known-key-elsewhere",
    "list-conflict",
    "Another list is known by this list key.",
    invitation({ given: { known: "same-key-elsewhere" } }),
  ),
  recipe(
    "known-other-keys",
    "list-conflict",
    "The list is known with another list key.",
    invitation({ given: { known: "other-key" } }),
  ),
  recipe(
    "known-other-server",
    "list-conflict",
    "The list is known with another server key.",
    invitation({ given: { known: "other-server" } }),
  ),
  recipe(
    "known-former-owner",
    "unknown-owner",
    "Olga, who signed, is an owner no more.",
    invitation({ given: { known: "former-owner" } }),
  ),
  recipe(
    "known-another-owner",
    "unknown-owner",
    "It names Oscar, who is not known.",
    invitation({ given: { known: "one-owner" } }),
  ),
];

const backup =
  (json: Json, passphrase = BACKUP_CODE, sealedWith = BACKUP_CODE) =>
  async ({ profile }: MembershipCast) => {
    const file = await underCode(json, { code: sealedWith, profile });
    return { given: { file: toBase64(file), passphrase } };
  };
const backupJson = { listseal: 1, kind: "backup", made: "2025-06-01T12:00:00Z", sections: { lists: [] } };

export const backupRecipes: Recipes = [
  recipe(
    "good",
    "read",
    "As the product writes it.",
    async ({ profile }) => {
      const file = await writeBackup({ made: NOW, sections: { lists: [] } }, BACKUP_CODE, profile);
      return { given: { file: toBase64(file), passphrase: BACKUP_CODE } };
    },
    true,
  ),
  recipe(
    "own-passphrase",
    "read",
    "NFD and blanks, as typed; sealed with NFC.",
    backup(backupJson, "  cafe\u0301 au lait fort ", "caf\u00e9 au lait fort"),
  ),
  recipe(
    "own-too-short",
    "wrong-passphrase",
    "11 characters.",
    backup(backupJson, "elevenchars", "elevenchars"),
  ),
  recipe(
    "mistyped",
    "wrong-passphrase",
    "A wrong check digit.",
    backup(backupJson, BACKUP_CODE.replace("99991", "99992"), BACKUP_CODE.replace("99991", "99992")),
  ),
  recipe("of-another", "wrong-passphrase", "Right in itself.", backup(backupJson, "another passphrase")),
  recipe("later-version", "unsupported-version", "listseal 2.", backup({ ...backupJson, listseal: 2 })),
  recipe("other-kind", "wrong-file-kind", "A card's kind.", backup({ ...backupJson, kind: "card" })),
  recipe("no-sections", "backup-damaged", "A field is missing.", backup({ ...backupJson, sections: [] })),
];
