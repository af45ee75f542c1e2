import { type Address, makeMailbox, parseAddress, parseMailbox } from "../../mail/mailbox.js";

/** Names and addresses as people paste them: from a mail's To line, a spreadsheet's columns, a CSV file, a chat. Pure. */

/** Somebody to be invited. */
export interface Invitee {
  /** In canonical form. */
  readonly address: Address;
  /** As the owner wrote it, for the owner alone; null if it can't be shown honestly, or there is none. */
  readonly name: string | null;
}

/** What became of what was pasted. */
export interface PastedInvitees {
  /** Each address once, in the order of the text. */
  readonly invitees: readonly Invitee[];
  /** Pieces that are no address, as they were pasted. */
  readonly refused: readonly string[];
  /** How many were too many for once. */
  readonly more: number;
}

/** More at once is a mistake, and each takes a second of key stretching. */
export const MAX_INVITED_AT_ONCE = 200;

/** The longest piece that is shown back to the person. */
const MAX_SHOWN = 60;

/** `Bob <bob@example.test>` with or without quotes, `mailto:bob@example.test`, or the bare address. */
function inviteeIn(piece: string): Invitee | undefined {
  const bare = piece.replace(/^mailto:/i, "");
  try {
    return { address: parseAddress(bare), name: null };
  } catch {
    // the next way may fit
  }
  try {
    const { address, name } = parseMailbox(bare);
    return named(address, name ?? "");
  } catch {
    // a name that no mail header may hold
  }
  const [, name = "", angled] = /^(.*)<([^<>\s]+)>$/.exec(bare) ?? [];
  try {
    return angled === undefined ? undefined : named(parseAddress(angled), name);
  } catch {
    return undefined;
  }
}

const named = (address: Address, name: string): Invitee => ({
  address,
  name: makeMailbox(name, address).name ?? null,
});

/** Cells outside of quotes, and what separates them: commas and semicolons (of Japanese keyboards, too), tabs, ends of lines. */
const pieces = /"(?:[^"\\]|\\.|"")*"|[^,;\t\r\n、，；"]+|[,;\t、，；]|\r?\n|\r|"/g;

/** The lines of a table or of plain text, each with its cells; what is empty is kept, since columns count. */
function linesOf(text: string): readonly (readonly string[])[] {
  const lines: string[][] = [[""]];
  for (const [piece] of text.matchAll(pieces)) {
    const line = lines.at(-1) ?? [];
    if (/^[\r\n]+$/.test(piece)) lines.push([""]);
    else if (/^[,;\t、，；]$/.test(piece)) line.push("");
    else line.push(`${line.pop() ?? ""}${piece}`);
  }
  return lines.map((line) => line.map(cellOf)).filter((line) => line.some((cell) => cell !== ""));
}

/** A cell without the quotes of a CSV file. */
function cellOf(raw: string): string {
  const [, quoted] = /^"((?:[^"]|"")*)"$/.exec(raw.trim()) ?? [];
  return (quoted?.replaceAll('""', '"') ?? raw).trim();
}

/** Addresses separated by blanks alone: `bob@example.test carol@example.test`. */
function byBlanks(piece: string): readonly string[] {
  const words = piece.split(/[\s\u3000]+/);
  return words.length > 1 && words.every((word) => inviteeIn(word) !== undefined) ? words : [piece];
}

/** The columns of a table, by its first line. */
interface Columns {
  readonly addresses: readonly number[];
  readonly names: readonly number[];
}

/** A bare `address` is what the server writes into its table of those to invite. */
const addressTitle = /mail|^address$|メール|^アドレス$/iu;
const fullNameTitle = /^(?:display |full )?name$|^(?:氏名|名前|表示名)$/iu;
const partOfNameTitle = /^(?:first|given|last|family) ?name$|^(?:姓|名)$/iu;

/** The columns that a first line without any address names; undefined if it is no such line. */
function columnsOf(line: readonly string[]): Columns | undefined {
  if (line.some((cell) => inviteeIn(cell) !== undefined)) return undefined;
  const places = (title: RegExp) => [...line.keys()].filter((place) => title.test(line[place] ?? ""));
  const addresses = places(addressTitle);
  const full = places(fullNameTitle);
  return addresses.length === 0
    ? undefined
    : { addresses, names: full.length > 0 ? full.slice(0, 1) : places(partOfNameTitle) };
}

/** Somebody in a line of a table: their first address, under the name in its column. */
function inRow(line: readonly string[], { addresses, names }: Columns): Invitee | undefined {
  const [found] = addresses.flatMap((place) => inviteeIn(line[place] ?? "") ?? []);
  const name = names.map((place) => line[place] ?? "").join(" ");
  return found === undefined ? undefined : { ...found, name: named(found.address, name).name ?? found.name };
}

/** Those in a line without columns: addresses with or without names, or names each before its address. */
function inLine(line: readonly string[]): readonly (Invitee | string)[] {
  const found: (Invitee | string)[] = [];
  let before: string[] = [];
  for (const cell of line.flatMap(byBlanks).filter((each) => each !== "")) {
    const invitee = inviteeIn(cell);
    if (invitee === undefined) {
      before.push(cell);
      continue;
    }
    const isName = before.length > 0 && invitee.name === null && before.every((each) => !/[@<>]/.test(each));
    if (isName) found.push(named(invitee.address, before.join(" ")));
    else found.push(...before, invitee);
    before = [];
  }
  return [...found, ...before];
}

/** Reads what was pasted. Never throws: what is no address is told. */
export function pastedInvitees(text: string): PastedInvitees {
  const lines = linesOf(text.replace(/^\uFEFF/, ""));
  const columns = lines.length > 1 ? columnsOf(lines[0] ?? []) : undefined;
  const found =
    columns === undefined
      ? lines.flatMap(inLine)
      : lines.slice(1).map((line) => inRow(line, columns) ?? line.filter((cell) => cell !== "").join(", "));
  const invitees = new Map<Address, Invitee>();
  const refused: string[] = [];
  for (const one of found) {
    if (typeof one === "string") refused.push(one.slice(0, MAX_SHOWN));
    else if (!invitees.has(one.address)) invitees.set(one.address, one);
  }
  const all = [...invitees.values()];
  return {
    invitees: all.slice(0, MAX_INVITED_AT_ONCE),
    refused,
    more: Math.max(0, all.length - MAX_INVITED_AT_ONCE),
  };
}

/** As it is typed again into the field: what could not be invited now. */
export const typedInvitee = ({ address, name }: Invitee): string =>
  name === null ? address : `"${name.replace(/["\\]/g, "")}" <${address}>`;
