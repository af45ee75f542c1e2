import { CheckError, type Checked, isRecord, listOf, object, text } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import { blocksNeeded, blocksOf, type Layout, layOut, layoutOf, noLayout, putTogether } from "./blocks.js";
import { getFrom, keptRecord, type RecordStorage } from "./storage.js";

/** A record of `storage.local` whose large tables lie beside it, in blocks. */

/** Beside the record itself. */
const FIELD = "kept-in-blocks";

const kept = object<{
  /** Another one with each change, whoever makes it. */
  readonly revision: string;
  /** Blocks that records before had and this one has not: they are taken away after it was written, or with the next change. */
  readonly unused: readonly string[];
}>({ revision: text, unused: listOf(text) });
type Kept = Checked<typeof kept>;

/** Of a revision in a block's id: 60 bits at random, so that no block is written over. */
const ID_LENGTH = 18;

/** Where a record's blocks are that was read or written here. */
interface Place {
  readonly layout: Layout;
  readonly unused: readonly string[];
}

const inOnePiece: Place = { layout: noLayout, unused: [] };

/**
 * As {@link keptRecord}, and the same while no table is large. A change is written whole or not at all, as there: its blocks and the record
 * that names them go in one call, and no block is written over. What an earlier version has written in one piece is read as it is.
 */
export function recordInBlocks<R extends object>(key: string, read: (value: unknown) => R): RecordStorage<R> {
  /** As it was read or written last: while nobody has changed it, nothing is read again. */
  let known: { readonly revision: string; readonly record: Promise<R> } | undefined;
  // by the record, and not the last one's: a question that was asked before a change may be answered after it
  const places = new WeakMap<R, Place>();

  const nameOf = (id: string) => `${key}/${id}`;

  async function rootNow(): Promise<{ readonly root: unknown; readonly keptAs: Kept | undefined }> {
    const found = (await getFrom(key))[key];
    if (!isRecord(found) || found[FIELD] === undefined) return { root: found, keptAs: undefined };
    const { [FIELD]: field, ...root } = found;
    return { root, keptAs: kept(field) };
  }

  async function blocksAt(ids: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    if (ids.length === 0) return {};
    const found = await getFrom(ids.map(nameOf));
    return Object.fromEntries(ids.map((id) => [id, found[nameOf(id)]]));
  }

  async function load(): Promise<R> {
    const { root, keptAs } = await rootNow();
    if (keptAs === undefined) {
      // nor is anything left in memory of what was forgotten
      known = undefined;
      return read(root);
    }
    // a page that opens asks for several things at once: the blocks are read for the first of them
    if (known?.revision !== keptAs.revision) {
      known = { revision: keptAs.revision, record: loadBlocks(root, keptAs) };
    }
    return known.record;
  }

  async function loadBlocks(root: unknown, { revision, unused }: Kept): Promise<R> {
    try {
      const blocks = await blocksAt(blocksNeeded(root));
      // another change between the two has taken a block away that this one names: then all is read anew
      const isLate = Object.values(blocks).includes(undefined);
      if (isLate && (await rootNow()).keptAs?.revision !== revision) return load();
      const record = read(putTogether(root, blocks));
      places.set(record, { layout: layoutOf(root, record), unused });
      return record;
    } catch (error) {
      if (known?.revision === revision) known = undefined;
      throw error;
    }
  }

  async function save(record: R, before: R): Promise<void> {
    const revision = crypto.randomUUID();
    const place = places.get(before) ?? inOnePiece;
    let last = 0;
    const nextId = () => {
      last += 1;
      return `${revision.slice(0, ID_LENGTH)}-${last}`;
    };
    const { root, layout, written } = layOut(record, place.layout, nextId);
    if (!isRecord(root)) throw new CheckError("a record");
    const used = new Set(blocksOf(layout));
    const unused = [...place.unused, ...blocksOf(place.layout).filter((id) => !used.has(id))];
    const blocks = Object.fromEntries(Object.entries(written).map(([id, block]) => [nameOf(id), block]));
    const isWhole = used.size === 0 && unused.length === 0;
    const field = isWhole ? {} : { [FIELD]: { revision, unused } };
    await browser.storage.local.set({ ...blocks, [key]: { ...root, ...field } });
    if (isWhole) return;
    known = { revision, record: Promise.resolve(record) };
    const gone = await browser.storage.local.remove(unused.map(nameOf)).then(
      () => true,
      // the next change takes them away
      () => false,
    );
    places.set(record, { layout, unused: gone ? [] : unused });
  }

  return keptRecord(key, read, { load, save });
}
