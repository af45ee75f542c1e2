/**
 * What a mail says about itself outside the seals, and whether it fits what is inside.
 *
 * Attack: mail programs show Subject and From of the outer mail above ours, and anybody can send old sealed parts again under
 * "Pay 10000 EUR now (verified)", from whomever they like. What the list writes there is fixed; so anything else is said.
 */
import { decodeWords } from "./encoded-words.js";
import { isOuterSubject, privateSubject } from "./fixed-texts.js";
import { type Address, localPartOf, parseMailbox } from "./mailbox.js";

/** The fields that people see and believe, as they came; null for one that is missing. */
export interface OuterHeader {
  readonly subject: string | null;
  readonly from: string | null;
  readonly date: string | null;
  /** The topmost Received, written by the reader's own mail server. */
  readonly received: string | null;
}

/** @param headers by their names in lower case, unfolded */
export function outerHeaderOf(headers: Readonly<Record<string, readonly string[]>>): OuterHeader {
  const first = (name: string) => headers[name]?.[0] ?? null;
  return { subject: first("subject"), from: first("from"), date: first("date"), received: first("received") };
}

/** What is inside the seals. */
export interface ProtectedHeader {
  readonly list: Address;
  readonly author: Address;
  /** The names that the author goes by: in the letter, in the certificate. */
  readonly names: readonly string[];
  readonly subject: string;
  /** When the author has signed it, or, if it came through the list, the list: a post that waits for a moderator waits for weeks. */
  readonly signedAt: Date;
}

/** `subject`, `from`: not the list's, nor what is inside. `again`: an old mail that somebody has sent again. */
export type OuterRemark = "subject" | "from" | "again";

/** A mail server tries for five days, the author's and the list's one after the other. */
const ON_ITS_WAY_MS = 11 * 86_400_000;
/** A header that is longer is none that the list writes. */
const MAX_FIELD = 2_000;

const same = (one: string, other: string) => wordsOf(one) === wordsOf(other);
const wordsOf = (text: string) => text.normalize("NFKC").replace(/\s+/gu, " ").trim();

function isForeignSubject(subject: string | null, inside: ProtectedHeader): boolean {
  if (subject === null) return false;
  if (subject.length > MAX_FIELD) return true;
  const said = decodeWords(subject);
  return !isOuterSubject(wordsOf(said), inside.list) && !same(said, inside.subject);
}

/** `Alice via Team <team@lists.example>`, or the author themselves. */
function isForeignFrom(from: string | null, { list, author, names }: ProtectedHeader): boolean {
  if (from === null || from.length > MAX_FIELD) return true;
  try {
    const { address, name } = parseMailbox(from);
    if (address !== list && address !== author) return true;
    if (name === undefined) return false;
    const said = address === list ? name.replace(/ via .*$/u, "") : name;
    const known = [...names, author, localPartOf(author)];
    return !known.some((each) => same(said, each));
  } catch {
    return true;
  }
}

function dateOf(text: string | null): number | undefined {
  const time =
    text === null || text.length > MAX_FIELD ? Number.NaN : Date.parse(text.replace(/\([^()]*\)/g, ""));
  return Number.isNaN(time) ? undefined : time;
}

/** When the mail came, or says that it was written: whichever is later. */
function cameAt({ date, received }: OuterHeader): number | undefined {
  const times = [dateOf(date), dateOf(received?.slice(received.lastIndexOf(";") + 1) ?? null)];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** What has to be said about the outer header. */
export function remarksOn(outer: OuterHeader, inside: ProtectedHeader): readonly OuterRemark[] {
  const came = cameAt(outer);
  return [
    ...(isForeignSubject(outer.subject, inside) ? (["subject"] as const) : []),
    ...(isForeignFrom(outer.from, inside) ? (["from"] as const) : []),
    ...(came !== undefined && came - inside.signedAt.getTime() > ON_ITS_WAY_MS ? (["again"] as const) : []),
  ];
}

/** As {@link remarksOn}, on the mail around a private letter: its Subject is fixed, and From is its author. */
export function remarksOnPrivate(
  { subject, from }: OuterHeader,
  inside: Pick<ProtectedHeader, "author" | "subject">,
): readonly Exclude<OuterRemark, "again">[] {
  const remarks: Exclude<OuterRemark, "again">[] = [];
  if (subject !== null) {
    const said = subject.length > MAX_FIELD ? "" : decodeWords(subject);
    if (!same(said, privateSubject()) && !same(said, inside.subject)) remarks.push("subject");
  }
  if (addressOf(from) !== inside.author) remarks.push("from");
  return remarks;
}

function addressOf(from: string | null): Address | undefined {
  if (from === null || from.length > MAX_FIELD) return undefined;
  try {
    return parseMailbox(from).address;
  } catch {
    return undefined;
  }
}
