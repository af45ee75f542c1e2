import { makeMailbox, parseAddress } from "../../mail/mailbox.js";
import { certified, keyOf } from "../keys/certify-key.js";
import { needSecretOf, noteUse } from "../keys/unlocked.js";
import { knownList } from "../member/membership-changes.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { Correspondent } from "../worker/jobs.js";

/** A person's answer to one member alone. */
export interface PrivateAnswer {
  readonly subject: string;
  readonly text: string;
}

/**
 * Seals an answer to one member and sends it to them: an ordinary mail, past the list. What was written is in no compose window, and in
 * no draft: it leaves this program sealed, or not at all.
 *
 * @returns `sent`, or `outbox` (the program sends it later)
 * @throws ListSealError `no-such-list`, `may-not-send`, `no-identity`, `not-sent`, `left-list`, `own-key-revoked`, `no-member-key`,
 *   `key-locked`; what sealing throws
 */
export async function answerAlone(
  to: Correspondent,
  { subject, text }: PrivateAnswer,
): Promise<"sent" | "outbox"> {
  const stored = await load();
  const list = knownList(stored, to.list);
  if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
  if (list.membership === "left") throw new AddonError("left-list", "one has left the list");
  const own = keyOf(stored, list.memberKey);
  if (own.revokedAt !== null) throw new AddonError("own-key-revoked", "one's own key is revoked");
  await noteUse();
  const secret = await needSecretOf(own);
  const { key, list: known } = await certified(list, own, secret);
  const account = await host().accountOf(key.address);
  const {
    part,
    subject: outer,
    notice,
  } = await runJob("seal-private", {
    from: makeMailbox(account?.name, parseAddress(key.address)),
    to,
    subject,
    text,
    list: known,
    key,
    secret,
    now: new Date().toISOString(),
  });
  return host().sendSealed({ from: key.address, to: to.address, subject: outer, notice, part });
}

/** The subject of an answer (RFC 5322, 3.6.5). */
export const answerSubject = (subject: string): string =>
  /^re:/i.test(subject) ? subject : `Re: ${subject}`;
