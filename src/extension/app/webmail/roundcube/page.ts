import {
  formerNotices,
  memberNotice,
  privateNotice,
  submissionNotice,
} from "../../../../mail/fixed-texts.js";
import { labelOf } from "../../../../mail/part-types.js";
import { MAIL_LIMIT } from "../../calls/webmail-calls.js";
import { type Part, selectors } from "./selectors.js";

/** What the adapter reads in a page of Roundcube: which page it is, which mail it shows, and that mail as it came. */

export function find(part: Part): Element | null {
  return document.querySelector(selectors[part]);
}

/** Whether this document is one of Roundcube's. */
export function isRoundcube(): boolean {
  return find("program") !== null;
}

/** A mail by Roundcube's own names. */
export interface MailName {
  readonly uid: string;
  readonly mailbox: string;
}

/** What the page is for, by its address. */
export function taskOf(
  address: string,
): { readonly kind: "other" | "write" } | ({ readonly kind: "read" } & MailName) {
  const query = new URL(address).searchParams;
  const action = query.get("_action");
  const [uid, mailbox] = [query.get("_uid"), query.get("_mbox")];
  if ((action === "preview" || action === "show") && uid !== null && mailbox !== null) {
    return { kind: "read", uid, mailbox };
  }
  return { kind: action === "compose" ? "write" : "other" };
}

/** Where Roundcube shows a mail, from the address of any page of it: of a session there is nothing in it. */
export function pageOfMail(address: string, { uid, mailbox }: MailName): string {
  const url = new URL(address);
  url.search = new URLSearchParams({ _task: "mail", _action: "show", _uid: uid, _mbox: mailbox }).toString();
  url.hash = "";
  return url.href;
}

/** What Roundcube shows, as far as it says whether the mail is sealed. */
export type ShownMailKind =
  /** Sealed parts among the attachments, an answer of a list's server, or a letter to one member. */
  | "sealed"
  /** Roundcube says that it can't show it, and shows no part: its source has to be asked. */
  | "unknown-encryption"
  | "ordinary";

export function looksOf(): ShownMailKind {
  const isSealed = [...document.querySelectorAll(selectors.attachments)].some((item) => {
    const name = item.querySelector(selectors.attachmentName)?.textContent ?? "";
    const type = [...item.classList].slice(0, 2).join("/");
    return /^application\/vnd\.listseal\.(key|body|message|answer|notice|receipt|private)$/.test(
      labelOf({ type, name }).type,
    );
  });
  if (isSealed) return "sealed";
  const message = find("message");
  const hidden = message?.querySelector(selectors.cannotShow) !== null && message !== null;
  return hidden && message.querySelector(selectors.textPart) === null ? "unknown-encryption" : "ordinary";
}

/** Roundcube's word against forged requests. It is in a script of the page; that script's variables are not ours to see. */
function requestToken(): string | undefined {
  for (const { textContent } of document.scripts) {
    const token = /"request_token":"([^"]+)"/.exec(textContent ?? "")?.[1];
    if (token !== undefined) return token;
  }
  return undefined;
}

/**
 * The mail as the server keeps it, by the request that "Show source" makes, as a download: without `_save` Roundcube writes a
 * copy that is meant for looking at. Undefined if the webmail gives something else.
 */
export async function sourceOf({ uid, mailbox }: MailName): Promise<ArrayBuffer | undefined> {
  const token = requestToken();
  if (token === undefined) return undefined;
  const url = new URL(location.href);
  const query = {
    _task: "mail",
    _action: "viewsource",
    _uid: uid,
    _mbox: mailbox,
    _save: "1",
    _token: token,
  };
  url.search = new URLSearchParams(query).toString();
  url.hash = "";
  const answer = await fetch(url, { credentials: "same-origin" });
  const type = answer.headers.get("content-type") ?? "";
  // an expired session answers with a page
  if (!answer.ok || type.startsWith("text/html")) return undefined;
  const mail = await answer.arrayBuffer();
  return mail.byteLength > MAIL_LIMIT ? undefined : mail;
}

/** Octets of a mail in which its header ends; a header of ours is far shorter. */
const HEADER_LIMIT = 64_000;

/** Whether the mail's own header says that it is sealed for a list, in a form that Roundcube shows nothing of. */
export function saysSealed(mail: ArrayBuffer): boolean {
  const start = new TextDecoder("latin1").decode(mail.slice(0, HEADER_LIMIT));
  const [header = ""] = start.split(/\r?\n\r?\n/, 1);
  const unfolded = header.replace(/\r?\n[ \t]+/g, " ");
  return /^content-type:\s*multipart\/encrypted\s*;.*protocol="?application\/vnd\.listseal\./im.test(
    unfolded,
  );
}

/**
 * Whether Roundcube still is what the adapter was made for. A webmail that was updated, or has another skin, must not leave
 * a person with a mail that stays sealed for no reason, or with a window that only looks as if it sealed.
 */

/** What a page for writing must have. */
const writing = ["send", "sendRow", "from", "to", "subject", "body", "bodyBox", "upload"] as const;

/** Names of the parts of a page for writing that are not there. */
export function missingForWriting(): readonly string[] {
  return writing.filter((part) => document.querySelector(selectors[part]) === null);
}

const marks = [submissionNotice(), memberNotice("key", "resealed"), privateNotice(), ...formerNotices()].map(
  (notice) => notice.split("\n", 1)[0] ?? "",
);

/** Text of a page that is looked at for the words outside the seals. */
const LOOKED_AT = 100_000;

/** Whether a page for reading shows a sealed mail somewhere, although nothing was found where it should be. */
export function showsSealedMail(): boolean {
  const text = (document.body.textContent ?? "").slice(0, LOOKED_AT);
  return (
    marks.some((mark) => text.includes(mark)) &&
    /\b(sealed-(key|body|message)|private)\b.*\.pgp\b/s.test(text)
  );
}
