/** The letters inside the vectors: whole MIME entities with protected header fields (docs/FORMAT.md), from Alice to the list. */
import { createHash } from "node:crypto";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { parseAddress, parseMailbox } from "../../src/mail/mailbox.js";
import { type Letter, writePayload } from "../../src/mail/payload.js";
import { type OpeningKey, sealingHalf, writeSealingKey } from "../../src/protocol/index.js";
import { LIST, MESSAGE_ID, NOW, type VectorCast } from "./cast.js";

/** What the program draws by chance for each multipart follows from a name instead. */
export function withFixedBoundaries(entity: Uint8Array, name: string): Uint8Array {
  const fixed = new Map<string, string>();
  const text = Buffer.from(entity)
    .toString("latin1")
    .replace(/_ls_[0-9a-f]{32}/g, (drawn) => {
      const known = fixed.get(drawn);
      if (known !== undefined) return known;
      const hash = createHash("sha256").update(`${name} boundary ${fixed.size}`).digest("hex");
      fixed.set(drawn, `_ls_${hash.slice(0, 32)}`);
      return `_ls_${hash.slice(0, 32)}`;
    });
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** What differs from Alice's usual letter. */
export interface LetterChange extends Partial<Omit<Letter, "author">> {
  /** Whose certificate is in it; undefined for none. Alice's if absent. */
  readonly author?: OpeningKey<"member"> | undefined;
  /** What stands outside; a submission's fields if absent. */
  readonly outer?: Parameters<typeof writePayload>[1];
}

/** The letter of the vectors, from Alice, with her certificate. */
export function letter(cast: VectorCast, change: LetterChange = {}): Uint8Array {
  const alice = parseMailbox("Alice <alice@example.test>");
  const list = { address: parseAddress(LIST) };
  const { author = "author" in change ? undefined : cast.alice, outer, ...changed } = change;
  const whole: Letter = {
    from: alice,
    to: [list],
    cc: [],
    subject: "A vector",
    date: NOW,
    messageId: MESSAGE_ID,
    references: [],
    text: "The letter.\r\n",
    attachments: [],
    ...changed,
    ...(author === undefined ? {} : { author: { certificate: writeSealingKey(sealingHalf(author)) } }),
  };
  const outside = outer ?? { subject: outerSubject(list.address), from: whole.from, to: [list] };
  return withFixedBoundaries(writePayload(whole, outside), `letter ${cast.profile}`);
}
