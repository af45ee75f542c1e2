/** Vectors that are private letters (docs/FORMAT.md, 16): mails of Alice's to Bob alone, past the list. */
import { privateSubject } from "../../src/mail/fixed-texts.js";
import { parseMailbox } from "../../src/mail/mailbox.js";
import { writePrivateMail } from "../../src/mail/private-mail.js";
import { type OpeningKey, type SealingKey, sealingHalf } from "../../src/protocol/index.js";
import { LIST, NOW, OTHER_LIST, type OtherKey, type VectorCast } from "./cast.js";
import { flipped } from "./forge.js";
import { type LetterChange, letter, withFixedBoundaries } from "./letters.js";
import type { Facts } from "./mail-format.js";
import { alice, type Edit, edited, type MailRecipe, refusal, same, swap, twice } from "./mail-making.js";
import {
  concat,
  literalPacket,
  notationSubpacket,
  type RawSignature,
  rawSeal,
  signedMessage,
  usualSubpackets,
} from "./raw.js";
import { common, deliver, profiles, type Saying } from "./recipes.js";

const bob = parseMailbox("Bob <bob@example.test>");
const suffix = "@v1.listseal.example";

/** What differs from an honest letter. */
interface Change {
  readonly letter?: LetterChange;
  /** What its signature says instead; undefined leaves a notation out. */
  readonly says?: (cast: VectorCast) => Saying;
  /** Whom the signature names as readers. */
  readonly readers?: (cast: VectorCast) => readonly string[];
  readonly signature?: (usual: RawSignature, cast: VectorCast) => Partial<RawSignature>;
  readonly packets?: (usual: RawSignature) => Uint8Array;
  readonly to?: (cast: VectorCast) => readonly OpeningKey<"member">[];
  /** The sealed part, as it is sent. */
  readonly sent?: (part: Uint8Array, cast: VectorCast) => Uint8Array | Promise<Uint8Array>;
  readonly edit?: Edit;
}

const saysOf = (cast: VectorCast) => ({ kind: "private", ...common(cast), to: cast.bob.fingerprint });

async function mailOf(cast: VectorCast, name: string, change: Change): Promise<Uint8Array> {
  const outer = { subject: privateSubject(), from: alice, to: [{ address: bob.address }], thread: false };
  const over = letter(cast, { to: [bob], outer, ...change.letter });
  const readers = change.readers?.(cast) ?? [cast.bob.fingerprint, cast.alice.fingerprint];
  const said = { ...saysOf(cast), ...change.says?.(cast) };
  const usual = { by: cast.alice, over, hashed: usualSubpackets(cast.alice, said, readers) };
  const signed = { ...usual, ...change.signature?.(usual, cast) };
  const to: readonly SealingKey<"member">[] = (change.to?.(cast) ?? [cast.bob, cast.alice]).map((key) =>
    sealingHalf(key),
  );
  const { keyPacket, dataPacket } = await rawSeal({
    packets: change.packets?.(signed) ?? signedMessage(signed),
    to,
    version: cast.profile === "rfc9580" ? 2 : 1,
  });
  const sealed = concat(keyPacket, dataPacket);
  const raw = writePrivateMail({
    from: alice,
    to: { address: bob.address },
    date: NOW,
    messageId: "<outside@example.test>",
    sealed: (await change.sent?.(sealed, cast)) ?? sealed,
  });
  return edited(withFixedBoundaries(raw, name), change.edit ?? same);
}

interface About {
  readonly role?: "member" | "author";
  readonly profile?: "compatible" | "rfc9580";
  readonly keys?: readonly OtherKey[];
}

function privately(
  name: string,
  facts: Facts,
  comment: string,
  change: Change = {},
  { role = "member", profile = "compatible", keys }: About = {},
): [string, MailRecipe] {
  const about = { comment, role, profile, ...(keys === undefined ? {} : { keys: keys.join(", ") }) };
  return [name, { facts: { ...about, ...facts }, make: (cast) => mailOf(cast, name, change) }];
}

const opened: Facts = { expect: "opened", subject: "A vector", list: LIST };
const remarked = (...remarks: readonly string[]): Facts => ({ ...opened, remarks: remarks.join(" ") });

/** The signature says something else. */
const says = (change: (cast: VectorCast) => Saying): Change => ({ says: change });

/** A notation more, of this namespace. */
const more =
  (name: string, value: string) =>
  (usual: RawSignature): Partial<RawSignature> => ({
    hashed: [...usual.hashed, notationSubpacket(name + suffix, value)],
  });

const PART = /--_ls_[0-9a-f]{32}\r\nContent-Type: application\/vnd\.listseal\.private[\s\S]*?(?=--_ls_)/;

export const privateRecipes: ReadonlyMap<string, MailRecipe> = new Map([
  ...profiles.flatMap((profile) => [
    privately(`good-${profile}`, opened, "The private letter of the vectors.", {}, { profile }),
    privately(
      `own-${profile}`,
      opened,
      "The same, as Alice reads it in Sent.",
      {},
      { profile, role: "author" },
    ),
  ]),
  // the mail
  privately("by-name", opened, "A webmail has sent it: by its name alone it is a private letter.", {
    edit: swap("application/vnd.listseal.private", "application/octet-stream"),
  }),
  privately("two-parts", { expect: "not-sealed" }, "Two such parts: none of them is looked at.", {
    edit: twice(PART),
  }),
  privately("outer-subject", remarked("subject"), "Another Subject outside.", {
    edit: swap(`Subject: ${privateSubject()}`, "Subject: Pay 10000 EUR now"),
  }),
  privately("outer-from", remarked("from"), "Another From outside.", {
    edit: swap("From: Alice <alice@example.test>", "From: Eve <eve@example.test>"),
  }),
  // the seal
  privately("not-for-me", { expect: "not-for-me" }, "Encrypted to Eve and Alice.", {
    to: (cast) => [cast.eve, cast.alice],
  }),
  privately("flipped", refusal("damaged"), "One bit of it is flipped.", { sent: (part) => flipped(part) }),
  privately("post", refusal("damaged"), "A post to the list, as the list's server seals it for Bob.", {
    async sent(_, cast) {
      const post = await deliver(cast, "whole");
      if (post.mode !== "whole") throw new Error("not whole");
      return post.message;
    },
  }),
  // its author
  privately("no-certificate", refusal("unknown-author"), "No certificate inside.", {
    letter: { author: undefined },
  }),
  privately("from-other", refusal("wrong-author"), "From is not the address of the certificate.", {
    letter: { from: parseMailbox("Eve <eve@example.test>") },
  }),
  privately(
    "author-other-profile",
    refusal("wrong-key-version"),
    "The author's key is of the other profile.",
    {},
    { keys: ["alice-other-profile"] },
  ),
  // its signature
  privately("unsigned", refusal("not-signed"), "No signature.", {
    packets: ({ over }) => literalPacket(over),
  }),
  privately("by-other", refusal("unknown-author"), "Eve signed it, with Alice's certificate inside.", {
    signature: (_, cast) => ({ by: cast.eve, hashed: usualSubpackets(cast.eve, saysOf(cast)) }),
  }),
  privately("other-text", refusal("bad-signature"), "The signature is over something else.", {
    packets: (usual) => signedMessage({ ...usual, over: new Uint8Array(9) }, literalPacket(usual.over)),
  }),
  privately("future", refusal("from-the-future"), "Signed a day after the clock of whoever opens it.", {
    signature: (_, cast) => ({
      hashed: usualSubpackets(cast.alice, saysOf(cast), [], new Date(NOW.getTime() + 86_400_000)),
    }),
  }),
  privately(
    "kind-post",
    refusal("wrong-kind"),
    "The signature is of a post's kind: a post that was sealed to Bob alone.",
    says(() => ({ kind: "post", to: undefined })),
  ),
  ...(["kind", "list", "msgid", "to"] as const).map((name) =>
    privately(
      `no-${name}`,
      refusal("binding-missing"),
      `The notation ${name} is missing.`,
      says(() => ({ [name]: undefined })),
    ),
  ),
  privately("to-twice", refusal("binding-missing"), "The notation to stands there twice.", {
    signature: (usual, cast) => more("to", cast.bob.fingerprint)(usual),
  }),
  privately("says-more", refusal("binding-mismatch"), "A notation that the kind does not have.", {
    signature: (usual, cast) => more("by", cast.alice.fingerprint)(usual),
  }),
  privately(
    "msgid-other",
    refusal("binding-mismatch"),
    "Signed under another message id.",
    says(() => ({ msgid: "<2@example.test>" })),
  ),
  privately(
    "to-capital",
    refusal("binding-mismatch"),
    "The fingerprint in to has capital letters.",
    says((cast) => ({ to: cast.bob.fingerprint.toUpperCase() })),
  ),
  privately("to-other", refusal("binding-mismatch"), "Alice wrote it to Eve, who sealed it anew for Bob.", {
    ...says((cast) => ({ to: cast.eve.fingerprint })),
    readers: () => [],
    to: (cast) => [cast.bob],
  }),
  privately(
    "to-self",
    opened,
    "Alice opens what she wrote to Eve.",
    {
      ...says((cast) => ({ to: cast.eve.fingerprint })),
      readers: (cast) => [cast.eve.fingerprint, cast.alice.fingerprint],
      to: (cast) => [cast.eve, cast.alice],
    },
    { role: "author" },
  ),
  privately("readers-other", refusal("wrong-list"), "The signature names Eve and Alice as its readers.", {
    readers: (cast) => [cast.eve.fingerprint, cast.alice.fingerprint],
  }),
  privately("readers-none", opened, "The signature names no readers.", { readers: () => [] }),
  // the list
  privately(
    "former-list-key",
    opened,
    "The list key that was the list's before.",
    says((cast) => ({ list: `${LIST} ${cast.otherListKey.fingerprint}` })),
  ),
  privately(
    "list-other",
    refusal("wrong-list"),
    "A list that Bob is not on.",
    says((cast) => ({ list: `${OTHER_LIST} ${cast.otherListKey.fingerprint}` })),
  ),
  privately(
    "list-key-other",
    refusal("wrong-list"),
    "A key that the list never had.",
    says((cast) => ({ list: `${LIST} ${cast.serverKey.fingerprint}` })),
  ),
]);
