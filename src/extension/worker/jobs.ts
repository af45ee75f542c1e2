import type { ArrivingPart } from "../../mail/found-parts.js";
import type { OuterHeader } from "../../mail/outer-header.js";
import type { Letter } from "../../mail/payload.js";
import type { MailPart } from "../../mail/sealed-mail.js";
import type { Pins } from "../../membership/introduction/pins.js";
import type { Result } from "../../membership/request/answers.js";
import type { Command, NewsKind, SignedBytes } from "../../membership/request/request.js";
import type { Passage } from "../../protocol/message.js";
import type { Outcome } from "../platform/rpc/outcome.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import type { OwnerJobs } from "./owner-jobs.js";
import type { SettingsJobs } from "./settings-jobs.js";

/**
 * What the background page asks of the worker. Everything that touches openpgp happens in the worker: pure JavaScript
 * cryptography on 25 MB blocks its thread for seconds, and the background page must keep answering (and stay awake).
 * Keys cross here as bytes; the worker is our own code in our own process, started by the background page alone.
 */
export interface Jobs extends OwnerJobs, SettingsJobs {
  /** A letter without its author's certificate, which the worker takes from the key. */
  seal: {
    readonly input: {
      readonly letter: Omit<Letter, "author">;
      readonly list: StoredList;
      readonly key: StoredMemberKey;
      /** The key's unlocked secret, in base64. */
      readonly secret: string;
    };
    readonly output: SealedLetter;
  };
  /** The same as a whole mail, as a composer sends it: for somebody whose mail program can't be given parts. */
  "seal-mail": {
    readonly input: Jobs["seal"]["input"];
    readonly output: { readonly mail: Uint8Array };
  };
  open: {
    readonly input: {
      readonly parts: readonly MailPart[];
      /** The lists to try, the likeliest first. */
      readonly lists: readonly StoredList[];
      /** Unlocked secrets of all member keys, in base64. */
      readonly secrets: readonly string[];
      readonly pins: Readonly<Record<string, Pins>>;
      readonly now: string;
    };
    readonly output: OpenedLetter | { readonly kind: "not-for-me" } | { readonly kind: "not-sealed" };
  };
  /** A mail as it came (as a text: one character an octet): what it brings. Nothing is opened. */
  "read-mail": { readonly input: { readonly raw: Uint8Array | string }; readonly output: MailRead };
  /** An unfinished letter, sealed to its author's own key, as a mail for a Drafts folder. */
  "seal-draft": {
    readonly input: {
      readonly letter: Omit<Letter, "author">;
      readonly recipients: DraftRecipients;
      readonly key: StoredMemberKey;
      /** The key's unlocked secret, in base64. */
      readonly secret: string;
    };
    readonly output: { readonly mail: Uint8Array };
  };
  "open-draft": {
    readonly input: {
      readonly sealed: Uint8Array;
      /** Unlocked secrets of all member keys, in base64. */
      readonly secrets: readonly string[];
      readonly now: string;
    };
    readonly output: OpenedDraft | { readonly kind: "not-for-me" };
  };
  "make-key": {
    readonly input: {
      readonly address: string;
      readonly name: string | null;
      readonly passphrase: string | null;
      readonly profile: "compatible" | "rfc9580";
      readonly now: string;
    };
    readonly output: { readonly key: StoredMemberKey; readonly secret: string };
  };
  "unlock-key": {
    readonly input: { readonly key: StoredMemberKey; readonly passphrase: string };
    readonly output: { readonly secret: string };
  };
  /** The same key with new self-signatures, good for longer. */
  "renew-key": {
    readonly input: { readonly key: StoredMemberKey; readonly secret: string; readonly now: string };
    readonly output: { readonly key: StoredMemberKey; readonly secret: string };
  };
  /** The key's certificate, revoked as stolen or lost; as it is if it is revoked already. */
  "revoke-key": {
    readonly input: { readonly key: StoredMemberKey; readonly secret: string; readonly now: string };
    readonly output: { readonly certificate: string; readonly revokedAt: string };
  };
  /** What a member's signed `revoke` proves. */
  "read-revocation": {
    readonly input: { readonly signed: SignedBytes; readonly list: string; readonly now: string };
    readonly output: { readonly fingerprint: string; readonly since: string };
  };
  /** Puts another passphrase on a key, or takes it off. */
  "protect-key": {
    readonly input: {
      readonly key: StoredMemberKey;
      readonly current: string | null;
      readonly next: string | null;
    };
    readonly output: { readonly key: StoredMemberKey; readonly secret: string };
  };
  /** Has the list's introduction certify a member key: its readers then know that an owner invited this address. */
  "certify-key": {
    readonly input: { readonly key: StoredMemberKey; readonly secret: string; readonly list: StoredList };
    /** The certificate with the certification, in base64. */
    readonly output: { readonly certificate: string };
  };
  "armor-key": {
    readonly input: { readonly key: StoredMemberKey };
    readonly output: { readonly armored: string };
  };
  "write-request": {
    readonly input: {
      readonly command: AskedCommand;
      /** The list as the asker knows it: address, and fingerprint of its key. */
      readonly list: { readonly address: string; readonly key: string };
      /** The server's certificate, in base64. */
      readonly server: string;
      readonly key: StoredMemberKey;
      readonly secret: string;
      /** For `join`: the introduction with its secret, in base64. */
      readonly introduction: string | null;
      readonly now: string;
    };
    readonly output: { readonly id: string; readonly sealed: Uint8Array };
  };
  "open-answer": {
    readonly input: {
      readonly sealed: Uint8Array;
      readonly secrets: readonly string[];
      readonly expected: readonly ExpectedServer[];
      readonly now: string;
    };
    readonly output: OpenedAnswer | { readonly kind: "not-for-me" };
  };
  "write-backup": {
    readonly input: {
      readonly sections: Readonly<Record<string, unknown>>;
      readonly passphrase: string;
      readonly now: string;
    };
    readonly output: { readonly name: string; readonly file: Uint8Array };
  };
  "read-backup": {
    readonly input: { readonly file: Uint8Array; readonly passphrase: string };
    readonly output: { readonly made: string; readonly sections: Readonly<Record<string, unknown>> };
  };
  /** An owner's notice: the list as it is from now on, and the receipt for the owner. */
  "open-notice": {
    readonly input: {
      readonly sealed: Uint8Array;
      readonly lists: readonly StoredList[];
      readonly secrets: readonly string[];
      readonly now: string;
    };
    readonly output:
      | {
          readonly kind: "notice";
          readonly list: StoredList;
          readonly news: NewsKind;
          readonly serial: number;
          readonly receipt: Uint8Array;
        }
      | { readonly kind: "not-for-me" };
  };
  "read-invitation": {
    readonly input: { readonly file: Uint8Array; readonly code: string; readonly now: string };
    /** `by`: fingerprint of the owner who signed it. */
    readonly output: { readonly list: StoredList; readonly joinBy: string; readonly by: string };
  };
}

/** What a mail brings. */
export type MailRead =
  | {
      readonly kind: "sealed";
      readonly parts: readonly MailPart[];
      /** The addresses that its header names, the list's own fields first. */
      readonly named: readonly string[];
      readonly shell: "own" | "elsewhere";
      /** What the mail says of itself, where people see it; null for parts without their mail. */
      readonly outer: OuterHeader | null;
    }
  | {
      readonly kind: "other";
      /** It is, or says that it is, a readable copy of opened mail: the list that its field names, as it stands there. */
      readonly copyOf?: string;
      readonly arriving: (ArrivingPart & { readonly sealed: Uint8Array }) | null;
      readonly invitation: { readonly name: string; readonly file: Uint8Array } | null;
    };

/** A command to be written; of a `join` the worker fills in what the keys say. */
export type AskedCommand =
  | Exclude<Command, { readonly do: "join" }>
  | Omit<Extract<Command, { readonly do: "join" }>, "certificate" | "introduction">;

/** A server that an answer may come from, and the ids of what it was asked. */
export interface ExpectedServer {
  readonly list: string;
  /** Its certificate, in base64. */
  readonly server: string;
  readonly requests: readonly string[];
}

/** An opened, verified answer. */
export interface OpenedAnswer {
  readonly kind: "answer";
  readonly request: string;
  readonly list: string;
  readonly result: Result;
  /** ISO 8601. */
  readonly date: string;
  /** Which of the server's certificates to seal with from now on: the one that was known, or a later one; in base64. */
  readonly server: string;
  readonly serverFingerprint: string;
}

/** A sealed letter, as it goes into the composer. */
export interface SealedLetter {
  readonly parts: readonly MailPart[];
  readonly subject: string;
  readonly notice: string;
  readonly header: { readonly name: string; readonly value: string };
}

/**
 * What is known of an author: the verdict of `membership`, as the reader is told.
 * - `you`: one of the member keys here. `owner`: an owner of the list. `introduced`: an owner introduced this key.
 * - `reintroduced`: an owner has introduced this key in place of another.
 * - `confirmed`: the person at this computer compared the fingerprint.
 * - `known`: seen before with this key, not introduced. `new`: not introduced, and not seen with this key before.
 * - `changed`: another key than the one that is believed, and no owner's newer word for it.
 * - `refused`: an introduction came along and proves nothing.
 * - `revoked`: its holder had revoked the key when this came: whoever wrote it, not they.
 */
export type Standing =
  | "you"
  | "owner"
  | "introduced"
  | "reintroduced"
  | "confirmed"
  | "known"
  | "new"
  | "changed"
  | "refused"
  | "revoked";

/** The recipients of a draft, as they were typed: some may be no addresses yet. */
export interface DraftRecipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}

/** An opened draft, by one's own key. */
export interface OpenedDraft {
  readonly kind: "opened";
  readonly letter: Omit<Letter, "author">;
  readonly recipients: DraftRecipients;
}

/** An opened, verified letter. */
export interface OpenedLetter {
  readonly kind: "opened";
  readonly list: string;
  readonly letter: Omit<Letter, "author">;
  readonly author: {
    readonly fingerprint: string;
    readonly userId: string;
    readonly standing: Standing;
  };
  /** What is remembered of the list's authors from now on. */
  readonly pins: Pins;
  readonly passage: Passage;
  /** The mail has a list signature beside a message that does not need it: not in its own shell. */
  readonly hasStraySignature: boolean;
  readonly messageId: string;
  readonly dataPacketDigest: string;
  /** ISO 8601, date of the author's signature. */
  readonly signedAt: string;
  /** Under a list key that was replaced, and signed when it was not to be used any more. */
  readonly underOldKey: boolean;
}

export type JobName = keyof Jobs;

/** One job as it crosses to the worker. */
export type JobMessage = {
  readonly [K in JobName]: { readonly id: number; readonly name: K; readonly input: Jobs[K]["input"] };
}[JobName];

/** One answer as it comes back. */
export interface JobAnswer {
  readonly id: number;
  readonly outcome: Outcome<unknown>;
}
