import { fromBase64 } from "../../mail/base64.js";
import { draftSubject } from "../../mail/fixed-texts.js";
import { type Letter, readPayload, writePayload } from "../../mail/payload.js";
import { draftType, writeDraftMail } from "../../mail/sealed-draft.js";
import { listOf, object, text } from "../../membership/file/check.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { readOpeningKey } from "../../openpgp/keys.js";
import { openOwn, sealToOwn } from "../../protocol/own-seal.js";
import { AddonError } from "../platform/errors.js";
import type { StoredMemberKey } from "../records/stored.js";
import type { DraftRecipients, OpenedDraft } from "./jobs.js";

/** Sealed drafts: the letter as it will be sealed, and beside it what only an unfinished one has. */

const recipientsRecord = object<{ readonly [K in keyof DraftRecipients]: DraftRecipients[K] }>({
  to: listOf(text),
  cc: listOf(text),
  bcc: listOf(text),
});

/**
 * An unfinished letter, sealed to its author's own key, as a mail for a Drafts folder.
 * @throws ListSealError what `sealToOwn` throws
 */
export async function sealDraftMail({
  letter,
  recipients,
  key,
  secret,
}: {
  readonly letter: Omit<Letter, "author">;
  readonly recipients: DraftRecipients;
  readonly key: StoredMemberKey;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
}): Promise<{ readonly mail: Uint8Array }> {
  const author = await readOpeningKey("member", fromBase64(secret));
  const more = {
    name: "draft.json",
    type: draftType,
    bytes: new TextEncoder().encode(JSON.stringify(recipients)),
  };
  const whole: Letter = {
    ...letter,
    attachments: [...letter.attachments, more],
    author: { certificate: fromBase64(key.certificate) },
  };
  const payload = writePayload(whole, {
    subject: draftSubject(),
    from: letter.from,
    to: [],
    thread: false,
  });
  const { from, date, messageId } = letter;
  return {
    mail: writeDraftMail({ from, date, messageId, sealed: await sealToOwn("draft", payload, author, date) }),
  };
}

/** @throws ListSealError `no-member-key`, `damaged`, and what `openOwn` throws */
export async function openDraftMail({
  sealed,
  secrets,
  now,
}: {
  readonly sealed: Uint8Array;
  /** Unlocked secrets of all member keys, in base64. */
  readonly secrets: readonly string[];
  readonly now: string;
}): Promise<OpenedDraft | { readonly kind: "not-for-me" }> {
  const own = await Promise.all(secrets.map((secret) => readOpeningKey("member", fromBase64(secret))));
  if (own.length === 0) throw new AddonError("no-member-key", "no member key is here");
  const payload = await openOwn("draft", sealed, own, new Date(now));
  if (payload === "not-for-me") return { kind: "not-for-me" };
  const { author: _, pieces: _read, ...letter } = await readPayload(payload);
  const more = letter.attachments.find(({ type }) => type === draftType);
  if (more === undefined) throw new ProtocolError("damaged", "the draft does not say who it is for");
  return {
    kind: "opened",
    letter: { ...letter, attachments: letter.attachments.filter((each) => each !== more) },
    recipients: recipientsIn(more.bytes),
  };
}

function recipientsIn(bytes: Uint8Array): DraftRecipients {
  try {
    return recipientsRecord(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new ProtocolError("damaged", "the draft's recipients can't be read", { cause });
  }
}
