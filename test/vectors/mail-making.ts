/** How whole mails are made, honestly but for what a vector changes in their text. */
import { parseAddress, parseMailbox } from "../../src/mail/mailbox.js";
import { writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import {
  type DeliveryMode,
  type Mode,
  type SealedMessage,
  sealingHalf,
  writeSealingKey,
} from "../../src/protocol/index.js";
import { LIST, MESSAGE_ID, NOW, type VectorCast } from "./cast.js";
import { withFixedBoundaries } from "./letters.js";
import type { Facts } from "./mail-format.js";
import { type DeliverChange, deliver, type SubmitChange, submit } from "./recipes.js";

/** A mail before it is made: what it says of itself, and its octets. */
export interface MailRecipe {
  readonly facts: Facts & { readonly profile: "compatible" | "rfc9580" };
  readonly make: (cast: VectorCast) => Promise<Uint8Array>;
}

export type Edit = (text: string) => string;
export const same: Edit = (text) => text;

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");
export const edited = (raw: Uint8Array, edit: Edit) =>
  Uint8Array.from(Buffer.from(edit(latin1(raw)), "latin1"));

/** Replaces what must be there. @throws Error if it is not */
export const swap =
  (find: string | RegExp, replace: string): Edit =>
  (text) => {
    const changed = text.replace(find, () => replace);
    if (changed === text) throw new Error(`nothing to replace: ${find}`);
    return changed;
  };

/** A field in front of all others. */
export const field =
  (line: string): Edit =>
  (text) =>
    `${line}\r\n${text}`;

export const all =
  (...edits: readonly Edit[]): Edit =>
  (text) =>
    edits.reduce((made, edit) => edit(made), text);

const list = parseAddress(LIST);
export const alice = parseMailbox("Alice <alice@example.test>");

interface Submitted {
  readonly mode?: Mode;
  readonly change?: SubmitChange;
  /** More of the mail than the seals. */
  readonly more?: Partial<Parameters<typeof writeSubmission>[0]>;
  readonly withCertificate?: boolean;
  readonly edit?: Edit;
}

/** Alice's mail to the list. */
export async function submission(cast: VectorCast, name: string, made: Submitted): Promise<Uint8Array> {
  const sealed = await submit(cast, made.mode ?? "key", made.change);
  const raw = writeSubmission({
    from: alice,
    list,
    date: NOW,
    messageId: MESSAGE_ID,
    sealed,
    ...(made.withCertificate === true ? { author: writeSealingKey(sealingHalf(cast.alice)) } : {}),
    ...made.more,
  });
  return edited(withFixedBoundaries(raw, name), made.edit ?? same);
}

interface Delivered {
  readonly mode?: Mode;
  readonly delivery?: DeliveryMode;
  readonly shape?: "mixed" | "encrypted";
  readonly change?: DeliverChange;
  readonly date?: Date;
  readonly sealed?: (sealed: SealedMessage) => SealedMessage;
  readonly edit?: Edit;
}

/** Bob's copy of it. */
export async function copy(cast: VectorCast, name: string, made: Delivered): Promise<Uint8Array> {
  const { mode = "key", delivery = "resealed", shape = "mixed", date = NOW } = made;
  const change = { delivery, ...made.change };
  const delivered = await deliver(cast, mode, change);
  const { head, shared, tail } = writeCopy({
    shape,
    list,
    listName: "Team",
    from: { name: "Alice via Team", address: list },
    replyTo: { address: list },
    to: { address: list },
    messageId: MESSAGE_ID,
    date,
    sealed: made.sealed?.(delivered) ?? delivered,
  });
  const raw = Uint8Array.from(Buffer.concat([head, shared, tail]));
  return edited(withFixedBoundaries(raw, name), made.edit ?? same);
}

export const opened = { expect: "opened", sender: "alice@example.test", mode: "key" };

export function toServer(name: string, facts: Facts, comment: string, made: Submitted): [string, MailRecipe] {
  const mail = `server-${name}`;
  const head = { comment, role: "server", profile: "compatible" as const };
  return [mail, { facts: { ...head, ...facts }, make: (cast) => submission(cast, mail, made) }];
}

export function toReader(name: string, facts: Facts, comment: string, made: Delivered): [string, MailRecipe] {
  const mail = `member-${name}`;
  const head = { comment, role: "member", profile: "compatible" as const };
  return [mail, { facts: { ...head, ...facts }, make: (cast) => copy(cast, mail, made) }];
}

/** Refused by the server with this code. */
export const refusal = (code: string): Facts => ({ expect: code });
/** Opens by itself; only when a person asks for it; what is said beside it. */
export const own: Facts = { expect: "opened", shell: "own", origin: "list" };
export const elsewhere: Facts = { ...own, shell: "elsewhere" };
export const remarked = (...remarks: readonly string[]): Facts => ({ ...own, remarks: remarks.join(" ") });

export const SEAL = /^X-ListSeal: .*\r\n/m;
export const KEY_PART =
  /--_ls_[0-9a-f]{32}\r\nContent-Type: application\/vnd\.listseal\.key[\s\S]*?(?=--_ls_)/;
export const BODY_TYPE = "Content-Type: application/vnd.listseal.body";
export const KEY_TYPE = "Content-Type: application/vnd.listseal.key";

/** The first match of a pattern once more, right behind it. */
export const twice =
  (pattern: RegExp): Edit =>
  (text) => {
    const [found] = pattern.exec(text) ?? [];
    if (found === undefined) throw new Error(`nothing to double: ${pattern}`);
    return text.replace(found, () => found + found);
  };

/** The name that a webmail gives a file, under a type that it guesses. */
export const guessed = (type: string, name: string): Edit =>
  swap(
    /Content-Type: application\/vnd\.listseal\.key\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename="sealed-key\.pgp"/,
    `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n filename="${name}"`,
  );

/** The whole mail as a part of another. */
export const inside =
  (type: string, text: string): Edit =>
  (mail) =>
    [
      "From: Mallory <mallory@example.test>",
      "To: bob@example.test",
      "Subject: fwd",
      "Date: Sun, 01 Jun 2025 12:00:00 +0000",
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="outside"',
      "",
      "--outside",
      "Content-Type: text/plain",
      "",
      text,
      "--outside",
      ...(type === "message/rfc822"
        ? ["Content-Type: message/rfc822", "", mail]
        : [mail.slice(mail.indexOf("Content-Type: multipart"))]),
      "--outside--",
      "",
    ].join("\r\n");
