/** Vectors that are whole mails: what the server gets, what a reader gets, what lies among the drafts. */
import { writeDraftMail } from "../../src/mail/sealed-draft.js";
import { sealingHalf } from "../../src/protocol/index.js";
import { sealToOwn } from "../../src/protocol/own-seal.js";
import { MESSAGE_ID, NOW, type VectorCast } from "./cast.js";
import { copies } from "./copy-mail-recipes.js";
import { type Forgery, forge } from "./forge.js";
import { letter, withFixedBoundaries } from "./letters.js";
import {
  alice,
  copy,
  type Edit,
  edited,
  type MailRecipe,
  opened,
  own,
  same,
  submission,
} from "./mail-making.js";
import { modes, profiles } from "./recipes.js";
import { submissions } from "./submission-mail-recipes.js";

const good: [string, MailRecipe][] = profiles.flatMap((profile) =>
  modes.flatMap((mode): [string, MailRecipe][] => [
    [
      `server-good-${mode}-${profile}`,
      {
        facts: { comment: "A submission.", role: "server", profile, ...opened, mode },
        make: (cast) => submission(cast, `server-good-${mode}-${profile}`, { mode }),
      },
    ],
    ...(["mixed", "encrypted"] as const).flatMap((shape) =>
      (["resealed", "opened"] as const).map((delivery): [string, MailRecipe] => {
        const name = `member-good-${mode}-${shape}-${delivery}-${profile}`;
        const comment = `A copy in shape \`${shape}\`, delivery \`${delivery}\`.`;
        return [
          name,
          {
            facts: { comment, role: "member", profile, ...own },
            make: (cast) => copy(cast, name, { mode, shape, delivery }),
          },
        ];
      }),
    ),
  ]),
);

async function draft(
  cast: VectorCast,
  name: string,
  signer: VectorCast["alice"],
  edit: Edit = same,
): Promise<Uint8Array> {
  const sealed = await sealToOwn("draft", letter(cast), signer, NOW);
  const mail = writeDraftMail({ from: alice, date: NOW, messageId: MESSAGE_ID, sealed });
  return edited(withFixedBoundaries(mail, name), edit);
}

/** A draft to Alice that is signed otherwise. */
function forgedDraft(
  name: string,
  expect: string,
  comment: string,
  signed: (cast: VectorCast) => Pick<Forgery, "by" | "says">,
): [string, MailRecipe] {
  return [
    name,
    {
      facts: { comment, role: "draft", profile: "compatible", expect },
      make: async (cast) => {
        const sealed = await forge({ literal: letter(cast), to: [sealingHalf(cast.alice)], ...signed(cast) });
        const mail = writeDraftMail({ from: alice, date: NOW, messageId: MESSAGE_ID, sealed });
        return withFixedBoundaries(mail, name);
      },
    },
  ];
}

const drafts: [string, MailRecipe][] = [
  ...profiles.map((profile): [string, MailRecipe] => [
    `draft-good-${profile}`,
    {
      facts: {
        comment: "A draft of Alice's.",
        role: "draft",
        profile,
        expect: "opened",
        subject: "A vector",
      },
      make: (cast) => draft(cast, `draft-good-${profile}`, cast.alice),
    },
  ]),
  [
    "draft-of-bobs",
    {
      facts: {
        comment: "A draft to Bob, in Alice's mailbox.",
        role: "draft",
        profile: "compatible",
        expect: "not-for-me",
      },
      make: (cast) => draft(cast, "draft-of-bobs", cast.bob),
    },
  ],
  forgedDraft(
    "draft-of-kind-post",
    "wrong-kind",
    "A signature of kind `post`, encrypted to Alice.",
    (cast) => ({
      by: [cast.alice],
      says: { notations: { kind: "post" } },
    }),
  ),
  forgedDraft(
    "draft-by-eve",
    "unknown-author",
    "A draft that Eve has signed, encrypted to Alice.",
    (cast) => ({
      by: [cast.eve],
      says: { notations: { kind: "draft" } },
    }),
  ),
  forgedDraft("draft-unsigned", "not-signed", "A draft that nobody has signed.", () => ({
    by: [],
    says: { notations: {} },
  })),
  forgedDraft("draft-says-more", "binding-mismatch", "The draft's signature names a list.", (cast) => ({
    by: [cast.alice],
    says: { notations: { kind: "draft", list: "team@lists.example" } },
  })),
  [
    "server-draft",
    {
      facts: {
        comment: "A draft, handed to the server as a post.",
        role: "server",
        profile: "compatible",
        expect: "not-sealed",
      },
      make: (cast) => draft(cast, "server-draft", cast.alice),
    },
  ],
];

export const mailRecipes: ReadonlyMap<string, MailRecipe> = new Map([
  ...good,
  ...submissions,
  ...copies,
  ...drafts,
]);
