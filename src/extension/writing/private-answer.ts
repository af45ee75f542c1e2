import { formatMailbox, makeMailbox, parseAddress, parseMailbox } from "../../mail/mailbox.js";
import type { Letter } from "../../mail/payload.js";
import { certified } from "../keys/certify-key.js";
import { needSecretOf } from "../keys/unlocked.js";
import { knownList } from "../member/membership-changes.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { Correspondent, SealedPrivate } from "../worker/jobs.js";
import { memberKeyFor } from "./author.js";
import { letterOf, threadAfterLetter, type WrittenBody } from "./letter.js";

/** A person's answer to one member alone. */
export interface PrivateAnswer {
  readonly subject: string;
  readonly body: WrittenBody;
}

/** An answer that is ready to be sealed. Its Message-ID is fixed: however often it is sealed, it is one letter. */
export interface ReadyAnswer {
  readonly to: Correspondent;
  readonly letter: Omit<Letter, "author">;
}

/** Who answers, as a member of the list by which the two know each other, and what is known of its authors. */
async function answererFor({ list: address }: Correspondent) {
  const stored = await load();
  const known = knownList(stored, address);
  if (known === undefined) throw new AddonError("no-such-list", "there is no such list");
  const own = await memberKeyFor(known);
  const secret = await needSecretOf(own);
  const { key, list } = await certified(known, own, secret);
  return { key, list, secret, pins: stored.pins[list.address] };
}

/**
 * Makes the letter.
 * @throws ListSealError `no-such-list`, `left-list`, `own-key-revoked`, `no-member-key`, `key-locked`
 */
export async function readyAnswer(to: Correspondent, { subject, body }: PrivateAnswer): Promise<ReadyAnswer> {
  const { key } = await answererFor(to);
  const account = await host().accountOf(key.address);
  // a browser has no accounts, and knows them by their key
  const name = account?.name || parseMailbox(key.userId).name;
  const letter = letterOf(
    {
      from: formatMailbox(makeMailbox(name, parseAddress(key.address))),
      subject,
      isPlainText: body.kind === "text",
      body: body.content,
      plainTextBody: body.plain,
    },
    [],
    makeMailbox(to.name ?? undefined, parseAddress(to.address)),
    threadAfterLetter(to),
    new Date(),
  );
  return { to, letter };
}

/**
 * Seals it: by the keys, and for the reader, as both are known by then.
 * @throws ListSealError as {@link readyAnswer}; `author-not-confirmed`, and what sealing throws
 */
export async function sealAnswer({ to, letter }: ReadyAnswer): Promise<SealedPrivate> {
  return runJob("seal-private", { letter, to, ...(await answererFor(to)), now: new Date().toISOString() });
}

/**
 * Seals an answer to one member and sends it to them: an ordinary mail, past the list. What was written is in no compose window, and in
 * no draft: it leaves this program sealed, or not at all.
 *
 * @returns `sent`, or `outbox` (the program sends it later)
 * @throws ListSealError `may-not-send`, `no-identity`, `not-sent`; what {@link sealAnswer} throws
 */
export async function answerAlone(to: Correspondent, answer: PrivateAnswer): Promise<"sent" | "outbox"> {
  const ready = await readyAnswer(to, answer);
  const { part, subject, notice } = await sealAnswer(ready);
  return host().sendSealed({ from: ready.letter.from.address, to: to.address, subject, notice, part });
}
