import { CheckError, count, isRecord, text } from "../../membership/file/check.js";

/**
 * A record whose large tables lie beside it, in blocks: a change to a list of 100,000 members writes the blocks that it changes and not
 * 150 MB, and who asks again reads nothing. Pure; `record-in-blocks.ts` keeps it.
 *
 * A table is a list or a record with more than {@link MAX_INLINE} entries, wherever it is. In its place stands
 * `{"in-blocks": "list" | "record", "blocks": [[id, entries], ...]}`. A block is the JSON of its entries, and is never changed: what is
 * different is in another one.
 */

/** Tables with more entries lie in blocks. Few people own a list with so many: theirs is in one piece, as it was. */
export const MAX_INLINE = 500;

/** Entries of a block, in the middle: 600 kB of members with their certificates. What is over 1 MB Firefox keeps in files of its own. */
const BLOCK_ENTRIES = 500;

/** A block of a record ends here at the latest. Attack: members whose addresses end no block. */
const MAX_BLOCK_ENTRIES = 2 * BLOCK_ENTRIES;

/** The field that tells a table in blocks from everything else. No list address and no field of ours has this name. */
const MARK = "in-blocks";

/** A block's id, and how many entries it has. */
type Part = readonly [id: string, entries: number];

type Kind = "list" | "record";

/** An entry of a table; of a list the place is no part of it. */
type Entry = readonly [name: string | null, value: unknown];

/** A table, and where it lies. */
interface Table {
  readonly value: object;
  readonly parts: readonly Part[];
}

/** Where the tables of a record lie, by their place in it: what a later one has in common with it is not written again. */
export type Layout = ReadonlyMap<string, Table>;

export const noLayout: Layout = new Map();

/** The ids of all blocks of a layout. */
export const blocksOf = (layout: Layout): readonly string[] =>
  [...layout.values()].flatMap(({ parts }) => parts.map(([id]) => id));

/** A record as it is to be kept: what stands in one piece, and the blocks that are new. */
export interface RecordInBlocks {
  readonly root: unknown;
  readonly layout: Layout;
  readonly written: Readonly<Record<string, string>>;
}

/**
 * Takes the tables out of a record.
 * @param before where those of the record before lie
 * @param nextId gives an id that no block had before
 */
export function layOut(record: unknown, before: Layout, nextId: () => string): RecordInBlocks {
  const layout = new Map<string, Table>();
  const written: Record<string, string> = {};
  const walk = (value: unknown, path: string): unknown => {
    const kind = kindOf(value);
    if (kind === undefined || typeof value !== "object" || value === null) return value;
    const known = before.get(path);
    if (known !== undefined && known.value === value) {
      layout.set(path, known);
      return reference(kind, known.parts);
    }
    const entries = entriesIn(value);
    if (entries.length <= MAX_INLINE) return mapped(value, (each, name) => walk(each, inside(path, name)));
    const former = known && { parts: known.parts, entries: entriesIn(known.value) };
    const parts = piecesOf(entries, kind).map((piece): Part => {
      const same = former && sameIn(former, piece, kind);
      if (same !== undefined) return same;
      const id = nextId();
      written[id] = blockOf(piece.entries, kind);
      return [id, piece.entries.length];
    });
    layout.set(path, { value, parts });
    return reference(kind, parts);
  };
  return { root: walk(record, ""), layout, written };
}

/** A place in a place. With its length, since a name may have any sign in it: two tables of one place would lose the blocks of one. */
const inside = (path: string, name: string | number): string => `${path}/${String(name).length}:${name}`;

const reference = (kind: Kind, blocks: readonly Part[]) => ({ [MARK]: kind, blocks });

function kindOf(value: unknown): Kind | undefined {
  if (Array.isArray(value)) return "list";
  return isRecord(value) ? "record" : undefined;
}

function entriesIn(value: unknown): readonly Entry[] {
  if (Array.isArray(value)) return value.map((item: unknown) => [null, item]);
  return isRecord(value) ? Object.entries(value) : [];
}

/** A list or record with something else in the place of each value. */
function mapped(value: unknown, change: (value: unknown, name: string | number) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = Object.create(null);
  for (const [name, item] of Object.entries(value)) result[name] = change(item, name);
  return { ...result };
}

/** Entries that one block has, and where in the table they begin. */
interface Piece {
  readonly start: number;
  readonly entries: readonly Entry[];
}

/**
 * The pieces of a table. A list's are equally long, since it grows at its end. A record's end where their last name says so: a member who
 * leaves changes one block, and the borders of all others stay where they are.
 */
function piecesOf(entries: readonly Entry[], kind: Kind): readonly Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const [index, [name]] of entries.entries()) {
    const long = index + 1 - start;
    const ends = kind === "list" ? long === BLOCK_ENTRIES : long === MAX_BLOCK_ENTRIES || isLast(name ?? "");
    if (!ends && index + 1 < entries.length) continue;
    pieces.push({ start, entries: entries.slice(start, index + 1) });
    start = index + 1;
  }
  return pieces;
}

/** Whether a block ends after this name, as after one of {@link BLOCK_ENTRIES}; by FNV-1a, which needs to be no secret. */
function isLast(name: string): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % BLOCK_ENTRIES === 0;
}

/** The block of a table that has just these entries. */
function sameIn(
  { entries, parts }: { readonly entries: readonly Entry[]; readonly parts: readonly Part[] },
  piece: Piece,
  kind: Kind,
): Part | undefined {
  const [first] = piece.entries;
  let start = 0;
  for (const part of parts) {
    const begins = kind === "list" ? start === piece.start : entries[start]?.[0] === first?.[0];
    if (begins) return part[1] === piece.entries.length && isSame(entries, start, piece) ? part : undefined;
    start += part[1];
  }
  return undefined;
}

const isSame = (entries: readonly Entry[], start: number, piece: Piece): boolean =>
  piece.entries.every(([name, value], index) => {
    const other = entries[start + index];
    return other !== undefined && other[0] === name && other[1] === value;
  });

/**
 * A block as it is kept: JSON. An extension's storage copies what it gives three times, value by value: 100,000 members as objects take it
 * 1.7 s, and one text of each block a fifth of that.
 */
function blockOf(entries: readonly Entry[], kind: Kind): string {
  if (kind === "list") return JSON.stringify(entries.map(([, value]) => value));
  return JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [name ?? "", value])));
}

/** What is in a block. @throws CheckError */
function readBlock(block: unknown): unknown {
  if (typeof block !== "string") throw new CheckError("a block of a table");
  try {
    return JSON.parse(block);
  } catch {
    throw new CheckError("a block of a table");
  }
}

/** @throws CheckError */
function partsOf(value: Readonly<Record<string, unknown>>): readonly Part[] {
  const { blocks } = value;
  if (!Array.isArray(blocks)) throw new CheckError("blocks of a table");
  return blocks.map((part: unknown): Part => {
    if (!Array.isArray(part)) throw new CheckError("a block's name");
    return [text(part[0]), count(part[1])];
  });
}

/**
 * The ids of the blocks that a record in this form needs.
 * @throws CheckError
 */
export function blocksNeeded(root: unknown): readonly string[] {
  if (Array.isArray(root)) return root.flatMap(blocksNeeded);
  if (!isRecord(root)) return [];
  if (root[MARK] !== undefined) return partsOf(root).map(([id]) => id);
  return Object.values(root).flatMap(blocksNeeded);
}

/**
 * Puts the tables back into a record.
 * @param blocks all that {@link blocksNeeded} names
 * @throws CheckError if a block is missing, or is not what the record says
 */
export function putTogether(root: unknown, blocks: Readonly<Record<string, unknown>>): unknown {
  if (!isRecord(root) || root[MARK] === undefined) {
    return mapped(root, (each) => putTogether(each, blocks));
  }
  if (root[MARK] === "list") {
    return partsOf(root).flatMap(([id, entries]) => {
      const items: unknown = readBlock(blocks[id]);
      if (!Array.isArray(items) || items.length !== entries) throw new CheckError("a block of a list");
      return items;
    });
  }
  const result: Record<string, unknown> = Object.create(null);
  let entries = 0;
  for (const [id, more] of partsOf(root)) {
    const block = readBlock(blocks[id]);
    if (!isRecord(block)) throw new CheckError("a block of a record");
    Object.assign(result, block);
    entries += more;
  }
  if (Object.keys(result).length !== entries) throw new CheckError("blocks of a record");
  return result;
}

/**
 * Where the tables of a record lie that was read in this form and then checked: a check makes every object anew, so that what is kept is
 * compared with what it gave.
 * @param record the same, as the check gave it
 */
export function layoutOf(root: unknown, record: unknown): Layout {
  const layout = new Map<string, Table>();
  const walk = (stored: unknown, value: unknown, path: string): void => {
    if (isRecord(stored) && stored[MARK] !== undefined) {
      if (typeof value !== "object" || value === null) return;
      layout.set(path, { value, parts: partsOf(stored) });
      return;
    }
    const values = new Map(entriesWithPlace(value));
    for (const [name, item] of entriesWithPlace(stored)) walk(item, values.get(name), inside(path, name));
  };
  walk(root, record, "");
  return layout;
}

function entriesWithPlace(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
