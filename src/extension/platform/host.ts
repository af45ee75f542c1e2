import type { RequestMailKind } from "../../mail/request-mail.js";

/**
 * What the add-on wants of the program that it runs in, and what the programs do differently. Each composition root (the
 * background page in Thunderbird, each page in a browser) says which one it is: `useHost`.
 *
 * Cryptography needs no word here: wherever the add-on's own work is done, a Worker can be started. In Thunderbird that is the
 * background page; in a browser it is the page that a person looks at, never the background, which in Chromium is a
 * service worker without Worker, and may be stopped at any time.
 */
export interface Host {
  /**
   * The person's mail account for an address.
   * @returns null if there is none. A browser knows no accounts and believes the person; their name is empty then
   */
  accountOf(address: string): Promise<Account | null>;
  /** Lists were added or taken away: whatever the program keeps for them is made or removed. */
  listsChanged(): Promise<void>;
  /**
   * What was indexed of a list's mail from before a moment is taken away: its keys were deleted.
   * @param before ISO 8601
   */
  forgetIndexed(list: string, before: string): Promise<void>;
  /**
   * Sends a request, notice or receipt.
   * @returns `sent`; `outbox` (the program sends it later); `by-hand`: the program can't send mail, or may not, and the person has
   *   to: in Thunderbird the mail is in a compose window then
   * @throws ListSealError `no-identity`, `may-not-send`, `not-sent`
   */
  send(mail: RequestToSend): Promise<"sent" | "outbox" | "by-hand">;
  /** One's own sent mail; null where the program has no folders that we can look into, or can't send by itself. */
  readonly sentMail: SentMail | null;
  /** Takes answers that have arrived unseen. Where mail is opened by hand alone there is nothing to look through. */
  lookForArrivals(): Promise<void>;
  /** Begins a mail for the person to finish and send. Where a file can't be attached it is saved. */
  writeMail(mail: MailToWrite): Promise<void>;
  /**
   * Sends a mail as it is, with a copy in Sent.
   * @throws ListSealError `no-identity`, `may-not-send` (also where the program sends no mail), `not-sent`
   */
  sendMail(mail: MailToWrite): Promise<void>;
  /**
   * Sends a mail with one sealed part, with a copy in Sent. Nothing of it is put into a window where words could stand beside the seal.
   * @returns `sent`; `outbox` (the program sends it later)
   * @throws ListSealError `no-identity`, `may-not-send` (also where the program sends no mail), `not-sent`
   */
  sendSealed(mail: SealedMailToSend): Promise<"sent" | "outbox">;
  /**
   * Saves a file where the person wants it, under a name that is safe on every system.
   * @throws Error if it could not be written, where the program tells
   */
  saveFile(name: string, bytes: Uint8Array, type: string): Promise<void>;
  /**
   * Keeps readable copies of a list's mails, of those too that are here already, or none any more.
   * @throws ListSealError `storage-failed`
   */
  keepCopies(list: string, keeping: "off" | "opened"): Promise<void>;
  /**
   * Lists, keys or pins have changed in a way that a reader has to see: opened mails on a screen are asked about again. What was
   * opened from another state is opened again by itself (`basisOf`), and pages of ours follow by themselves (`whenStoredChanges`).
   */
  renewViews(): void;
}

/** What was sent from this program, and sending it another time. */
export interface SentMail {
  /**
   * The mails with this Message-ID, wherever they are: anybody can send one that has it, too.
   * @param messageId with its angle brackets
   * @returns what fetches each
   */
  find(messageId: string): Promise<readonly (() => Promise<Uint8Array>)[]>;
  /**
   * Sends a sealed post, and keeps no copy: the one before is in Sent.
   * @returns `sent`; `outbox` (the program sends it later)
   * @throws ListSealError `no-identity`, `may-not-send`, `not-sent`
   */
  send(post: PostToSend): Promise<"sent" | "outbox">;
}

/** A sealed post: everything of it that is outside its seals is a fixed text. */
export interface PostToSend {
  readonly from: string;
  /** The list. */
  readonly to: string;
  readonly subject: string;
  readonly notice: string;
  readonly header: { readonly name: string; readonly value: string };
  readonly parts: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[];
}

export interface Account {
  /** The person's name as others see it. */
  readonly name: string;
}

/** A mail with one sealed part. */
export interface RequestToSend {
  readonly kind: RequestMailKind;
  /** The list that it is about. */
  readonly list: string;
  readonly from: string;
  readonly to: string;
  readonly sealed: Uint8Array;
  /** The kept request that it carries, where a person has asked for it just now: it may be put before them in a window. */
  readonly request?: string;
}

/** A mail that is sealed to one reader: what is outside its seal are fixed texts. */
export interface SealedMailToSend {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly notice: string;
  readonly part: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
}

/** A mail that is begun for a person. */
export interface MailToWrite {
  /** The address of the account that it comes from. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly file: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
}

let used: Host | undefined;

/** Says which program this is. Call it in a composition root, before anything is awaited. */
export function setHost(host: Host): void {
  used = host;
}

/** @throws Error if the composition root has said nothing: a page that has no work of its own, and asks the background. */
export function host(): Host {
  if (used === undefined) throw new Error("no host: this page does no work of its own");
  return used;
}
