/**
 * Addresses and mailboxes: one canonical form, made by one parser.
 *
 * An address decides who is in, who wrote and whose key is whose, so two spellings of one address must never
 * be two addresses, and two addresses must never become one. The canonical form is therefore narrow:
 * - local part: a dot-atom of printable ASCII (RFC 5322, 3.2.3), A-Z folded to a-z, at most 64 bytes;
 * - domain: A-labels (RFC 5890, 2.3.2.1) in lower case, at most 253 bytes, 63 a label;
 * - no quoting, no comments, no address literals, no trailing dot, at most 254 bytes (RFC 5321, 4.5.3.1).
 * Everything else is refused (`bad-address`), never repaired.
 *
 * Folding is done on A-Z alone and after the check for ASCII: `toLowerCase` turns the Kelvin sign U+212A into
 * `k`, so that `boss@ban\u212A.test` would be `boss@bank.test`.
 *
 * Local parts are case-sensitive by RFC 5321, 2.4; no mail system that people use makes a difference, and a
 * roster that did would let `Bob@` and `bob@` be two members.
 */
import { type ListSealError, ProtocolError } from "../openpgp/errors.js";
import { decodeWords, encodeWords } from "./encoded-words.js";

declare const canonical: unique symbol;

/** An address in canonical form. Made by `parseAddress` only; equal addresses are equal strings. */
export type Address = string & { readonly [canonical]: true };

/** A person's address with the name they go by. The name is decoration: it proves nothing and decides nothing. */
export interface Mailbox {
  /** Plain Unicode on one line, without quotes or encoded-words; absent if there is none. */
  readonly name?: string;
  readonly address: Address;
}

const MAX_LOCAL_PART = 64;
const MAX_ADDRESS = 254;
/** Against a header made to keep the parser busy; 1,000 recipients fit. */
const MAX_HEADER = 262_144;
/** Against a name that pushes everything else off the line it is shown in. */
const MAX_NAME = 200;

const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";

/**
 * An address in one look: an owner's add-on reads 100,000 of them before it shows anything. RFC 3696, 2: a top-level domain is never all
 * digits; what ends in digits is an IP address in disguise.
 */
const canonicalForm = new RegExp(
  `^(?=[^@]{1,${MAX_LOCAL_PART}}@)${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)*(?!\\d+$)${LABEL}$`,
);

function bad(why: string): ListSealError {
  return new ProtocolError("bad-address", why);
}

/**
 * Whether `text` is an address that is already in canonical form. For data from a file or another
 * computer, where any other spelling is an error of whoever wrote it.
 */
export function isAddress(text: string): text is Address {
  return text.length <= MAX_ADDRESS && canonicalForm.test(text);
}

/**
 * The canonical form of one address as a person or a program writes it: `Bob@Example.TEST` -> `bob@example.test`.
 *
 * @param text the bare address, without name or angle brackets; blanks around it are taken off (people paste)
 * @throws ListSealError `bad-address` for everything that has no canonical form, Unicode domains included:
 *   those have to be given as A-labels (`xn--...`)
 */
export function parseAddress(text: string): Address {
  const bare = text.replace(/^[ \t]+|[ \t]+$/g, "");
  const folded = bare.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  if (!isAddress(folded)) throw bad("not an address in the form local-part@domain, in ASCII");
  return folded;
}

/** The part before the `@`: what a list is called in subjects and file names. */
export function localPartOf(address: Address): string {
  return address.slice(0, address.lastIndexOf("@"));
}

/** The part after the `@`. */
export function domainOf(address: Address): string {
  return address.slice(address.lastIndexOf("@") + 1);
}

function besides(list: Address, suffix: string): Address {
  return parseAddress(`${localPartOf(list)}-${suffix}@${domainOf(list)}`);
}

/**
 * Where requests about a list go: `team@lists.example` -> `team-request@lists.example` (RFC 2142, 6).
 * @throws ListSealError `bad-address` if the list's local part is too long to take the suffix
 */
export function requestAddress(list: Address): Address {
  return besides(list, "request");
}

/**
 * Where the people who run a list are reached: `team@...` -> `team-owner@...` (RFC 2142, 6).
 * @throws ListSealError `bad-address` if the list's local part is too long to take the suffix
 */
export function ownerAddress(list: Address): Address {
  return besides(list, "owner");
}

/**
 * Where the mail systems of members report failures: `team@...` -> `team-bounces@...`.
 * @throws ListSealError `bad-address` if the list's local part is too long to take the suffix
 */
export function bouncesAddress(list: Address): Address {
  return besides(list, "bounces");
}

/**
 * A name as it may be shown and written: one line, at most 200 characters, no control characters and no
 * characters that turn the direction of the text, and none that looks like an address.
 *
 * The last stops `"boss@bank.test" <mallory@evil.test>`, which many programs show as the boss.
 */
function presentable(name: string): string | undefined {
  const line = name
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/[\p{Cf}\p{Cs}]/gu, "")
    .replace(/ +/g, " ")
    .trim();
  if (line === "" || /[@\uFF20\uFE6B]/.test(line)) return undefined;
  return [...line].slice(0, MAX_NAME).join("").trimEnd();
}

/** A mailbox of a name that somebody typed; the name is left out where it can't be shown honestly. */
export function makeMailbox(name: string | undefined, address: Address): Mailbox {
  const shown = name === undefined ? undefined : presentable(name);
  return shown === undefined ? { address } : { name: shown, address };
}

/**
 * A mailbox as it is in a header field: `bob@x.test`, `Bob <bob@x.test>`, `"Bob, Jr." <bob@x.test>` or with
 * encoded-words (RFC 2047) for a name outside ASCII. Always ASCII, never a line break: the writer of the header
 * folds at spaces.
 */
export function formatMailbox({ name, address }: Mailbox): string {
  const shown = name === undefined ? undefined : presentable(name);
  if (shown === undefined) return address;
  // what looks like an encoded-word would be read as one, so it is encoded itself
  if (/[^\x20-\x7e]|=\?/.test(shown)) return `${encodeWords(shown)} <${address}>`;
  if (/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+$/.test(shown)) return `${shown} <${address}>`;
  return `"${shown.replace(/["\\]/g, "\\$&")}" <${address}>`;
}

type Token =
  | { readonly kind: "word" | "quoted" | "comment"; readonly text: string }
  | { readonly kind: "special"; readonly text: string };

/** The end of the quoted-string or comment that begins at `start`, and what it holds without its backslashes. */
function enclosed(text: string, start: number, open: string, close: string): { held: string; end: number } {
  let held = "";
  let depth = 0;
  for (let i = start; i < text.length; i++) {
    const c = text.charAt(i);
    if (c === "\\") {
      held += text.charAt(++i);
    } else if (c === close && (open === close ? i > start : --depth === 0)) {
      return { held: held.slice(open === close ? 0 : 1), end: i + 1 };
    } else {
      if (c === open) {
        depth++;
        if (open === close) continue;
      }
      held += c;
    }
  }
  throw bad("a quoted text or comment without an end");
}

function tokens(header: string): Token[] {
  if (header.length > MAX_HEADER) throw bad("a header of more than 262,144 characters");
  // RFC 5322, 2.2.3: unfolding takes the line break and keeps the blank after it
  const text = header.replace(/\r?\n(?=[ \t])/g, "");
  const bareWord = /[^\s"(<>,:;]+/y;
  const found: Token[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text.charAt(i);
    if (c === " " || c === "\t") {
      i++;
    } else if (c === '"' || c === "(") {
      const { held, end } = enclosed(text, i, c, c === "(" ? ")" : '"');
      found.push({ kind: c === "(" ? "comment" : "quoted", text: held });
      i = end;
    } else if ("<>,:;".includes(c)) {
      found.push({ kind: "special", text: c });
      i++;
    } else {
      bareWord.lastIndex = i;
      const word = bareWord.exec(text)?.[0];
      if (word === undefined || /[\\)[\]\p{Cc}]/u.test(word)) throw bad("a character that no address has");
      found.push({ kind: "word", text: word });
      i += word.length;
    }
  }
  return found;
}

/** The words of a phrase with neighbouring encoded-words read together; quoted text is taken literally. */
function phrase(words: readonly Token[]): string {
  const parts: string[] = [];
  let plain: string[] = [];
  const flush = () => {
    if (plain.length > 0) parts.push(decodeWords(plain.join(" ")));
    plain = [];
  };
  for (const word of words) {
    if (word.kind === "word") {
      plain.push(word.text);
    } else {
      flush();
      parts.push(word.text);
    }
  }
  flush();
  return parts.join(" ");
}

function one(all: readonly Token[]): Mailbox {
  const comments = all.filter((token) => token.kind === "comment");
  const rest = all.filter((token) => token.kind !== "comment");
  const open = rest.findIndex((token) => token.kind === "special" && token.text === "<");
  if (open === -1) {
    const [only, more] = rest;
    if (only?.kind !== "word" || more !== undefined) throw bad("not one address");
    // QUIRK: `bob@x.test (Bob)` is the form of the 1980s; cron and some list servers still write it
    return makeMailbox(
      comments[0] === undefined ? undefined : decodeWords(comments[0].text),
      parseAddress(only.text),
    );
  }
  const [address, close, more] = rest.slice(open + 1);
  if (address?.kind !== "word" || close?.kind !== "special" || close.text !== ">" || more !== undefined) {
    throw bad("not one address in angle brackets");
  }
  const name = rest.slice(0, open);
  // `boss@x.test <mal@evil.test>` is two addresses to one program and a name to the next: refused
  if (name.some((token) => token.kind === "special" || (token.kind === "word" && token.text.includes("@")))) {
    throw bad("a name that has to stand in quotes");
  }
  return makeMailbox(name.length === 0 ? undefined : phrase(name), parseAddress(address.text));
}

/**
 * The one mailbox of a header field such as From (RFC 5322, 3.4), folded or not, raw UTF-8 (RFC 6532) in names
 * included.
 *
 * @throws ListSealError `bad-address` if there is none or more than one, for a group, or if the address has no
 *   canonical form
 */
export function parseMailbox(header: string): Mailbox {
  const all = tokens(header);
  if (all.some((token) => token.kind === "special" && ",:;".includes(token.text)))
    throw bad("not one mailbox");
  return one(all);
}

/**
 * The mailboxes of a header field such as To or Cc, in their order; the members of a group
 * (`friends: a@x.test, b@x.test;`) stand in the list like the others, and its name is dropped.
 *
 * @throws ListSealError `bad-address` if any of them has no canonical form: a reply to half of the recipients
 *   would be a surprise
 */
export function parseMailboxList(header: string): readonly Mailbox[] {
  const found: Mailbox[] = [];
  let pending: Token[] = [];
  let grouped = false;
  const flush = () => {
    // RFC 5322, 4.4: empty elements of a list are obsolete and harmless
    if (pending.some((token) => token.kind !== "comment")) found.push(one(pending));
    pending = [];
  };
  for (const token of tokens(header)) {
    if (token.kind !== "special" || !",:;".includes(token.text)) {
      pending.push(token);
    } else if (token.text === ",") {
      flush();
    } else if (token.text === ":" && !grouped && pending.length > 0) {
      grouped = true;
      pending = [];
    } else if (token.text === ";" && grouped) {
      grouped = false;
      flush();
    } else {
      throw bad("a group that begins or ends nowhere");
    }
  }
  if (grouped) throw bad("a group without an end");
  flush();
  return found;
}
