/** Vectors with shared secrets: each role in turn, all three, and a secret that is not the one it should be. */
import {
  generateSecret,
  type Mode,
  nameOf,
  openAtServer,
  type Profile,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { MESSAGE_ID, NOW, type VectorCast, type VectorSecrets, vectorSecrets } from "./cast.js";
import type { VectorHead } from "./format.js";
import { letter } from "./letters.js";
import { modes, profiles, type Recipe, roster, vectors } from "./recipes.js";

type Shared = "list" | "server" | "member";
const ways: readonly (readonly Shared[])[] = [["list"], ["server"], ["member"], ["list", "server", "member"]];

/** Alice's submission; `others` are secrets that it is sealed under instead. */
async function submitted(
  cast: VectorCast,
  mode: Mode,
  shared: readonly Shared[],
  others: Partial<VectorSecrets> = {},
): Promise<SealedMessage> {
  const secrets = { ...(await vectorSecrets(cast.profile)), ...others };
  return sealPost({
    mode,
    payload: letter(cast),
    messageId: MESSAGE_ID,
    list: {
      address: cast.address,
      key: shared.includes("list") ? secrets.list : sealingHalf(cast.listKey),
    },
    server: shared.includes("server") ? secrets.server : sealingHalf(cast.serverKey),
    author: cast.alice,
    date: NOW,
  });
}

/** Bob's copy of it. */
async function copy(
  cast: VectorCast,
  mode: Mode,
  shared: readonly Shared[],
  others: Partial<VectorSecrets> = {},
): Promise<SealedMessage> {
  const secrets = { ...(await vectorSecrets(cast.profile)), ...others };
  const key = shared.includes("list") ? nameOf(secrets.list) : sealingHalf(cast.listKey);
  const context = {
    list: { address: cast.address, key },
    server: cast.serverKey,
    author: sealingHalf(cast.alice),
    now: NOW,
    roster,
    date: NOW,
  };
  const opener = shared.includes("server") ? secrets.server : cast.serverKey;
  const opened = await openAtServer(await submitted(cast, mode, shared, others), {
    ...context,
    server: opener,
  });
  const member = shared.includes("member") ? secrets.member : sealingHalf(cast.bob);
  return resealFor(await prepareReseal(opened, context), member, NOW);
}

const good = profiles.flatMap((profile) =>
  modes.flatMap((mode) =>
    ways.flatMap((shared) => {
      const name = shared.length === 1 ? shared.join() : "all";
      const about = { expect: "opened", profile, shared: shared.join(", ") } as const;
      const toServer: [string, Recipe][] = shared.includes("member")
        ? []
        : [
            [
              `server-${mode}-good-shared-${name}-${profile}`,
              {
                ...about,
                role: "server",
                comment: "As the product seals it.",
                make: (cast) => submitted(cast, mode, shared),
              },
            ],
          ];
      const toMember: [string, Recipe] = [
        `member-${mode}-good-shared-${name}-${profile}`,
        {
          ...about,
          role: "member",
          origin: "list",
          comment: "As the product's server makes it.",
          make: (cast) => copy(cast, mode, shared),
        },
      ];
      return [...toServer, toMember];
    }),
  ),
);

/** A vector with one fault, in mode `key` and both profiles. */
function refused(
  name: string,
  about: Pick<VectorHead, "expect" | "role" | "comment"> & { readonly shared: string },
  make: Recipe["make"],
): [string, Recipe][] {
  return profiles.map((profile) => [
    `${about.role}-key-shared-${name}-${profile}`,
    { ...about, profile, make },
  ]);
}

const ofStranger = async (profile: Profile) => (await vectorSecrets(profile)).stranger;
const otherList = (profile: Profile) => generateSecret("list", profile);
const otherMember = (profile: Profile) => generateSecret("member", profile);

/** Named as the honest one, whatever it is under. */
const misnamed = async (sealed: SealedMessage, cast: VectorCast, role: "server" | "member") => ({
  ...sealed,
  outerSecret: (await vectorSecrets(cast.profile))[role].fingerprint,
});

async function withoutName(made: Promise<SealedMessage>): Promise<SealedMessage> {
  const { outerSecret: _, ...sealed } = await made;
  return sealed;
}

export const secretRecipes: ReadonlyMap<string, Recipe> = new Map([
  ...good,
  ...vectors(
    "author",
    "good-shared-server",
    { origin: "own-copy" },
    "Alice's own copy, as it lies in Sent: her secret opens it.",
    (cast) => submitted(cast, "key", ["server"]),
    { shared: "server" },
  ),
  ...refused(
    "another-senders",
    {
      expect: "wrong-list",
      role: "server",
      shared: "server",
      comment: "Alice's post under a secret that is not Alice's, and named so.",
    },
    async (cast) => submitted(cast, "key", ["server"], { server: await ofStranger(cast.profile) }),
  ),
  ...refused(
    "sender-misnamed",
    {
      expect: "damaged",
      role: "server",
      shared: "server",
      comment: "Under another secret than the one that is named: one try, and it fails.",
    },
    async (cast) => {
      const server = await ofStranger(cast.profile);
      return misnamed(await submitted(cast, "key", ["server"], { server }), cast, "server");
    },
  ),
  ...refused(
    "sender-not-named",
    {
      expect: "wrong-list",
      role: "server",
      shared: "server",
      comment: "Under Alice's secret, whose name is missing: nothing is tried.",
    },
    (cast) => withoutName(submitted(cast, "key", ["server"])),
  ),
  ...refused(
    "another-list",
    {
      expect: "wrong-list",
      role: "server",
      shared: "list",
      comment: "Sealed under the secret of another list, and signed for it.",
    },
    async (cast) => submitted(cast, "key", ["list"], { list: await otherList(cast.profile) }),
  ),
  ...refused(
    "another-members",
    {
      expect: "not-for-me",
      role: "member",
      shared: "member",
      comment: "A copy under the secret of another member.",
    },
    async (cast) => copy(cast, "key", ["member"], { member: await otherMember(cast.profile) }),
  ),
  ...refused(
    "member-misnamed",
    {
      expect: "damaged",
      role: "member",
      shared: "member",
      comment: "Under another secret than the one that is named.",
    },
    async (cast) =>
      misnamed(
        await copy(cast, "key", ["member"], { member: await otherMember(cast.profile) }),
        cast,
        "member",
      ),
  ),
  ...refused(
    "another-list",
    {
      expect: "damaged",
      role: "member",
      shared: "list",
      comment: "Under another list's secret: an SKESK names none, so it is found by opening it.",
    },
    async (cast) => copy(cast, "key", ["list"], { list: await otherList(cast.profile) }),
  ),
]);
