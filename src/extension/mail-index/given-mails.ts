import { count, listOf, object, oneOf, text } from "../../membership/file/check.js";
import { browser, isInPrivateWindow } from "../platform/browser.js";
import { withLock } from "../platform/locks.js";
import type { OpenedMail } from "../reading/opening.js";
import { keptRecord, load } from "../records/storage.js";
import { type GivenForm, type IndexedMail, keyOfMail } from "./indexed-mail.js";
import { isDoubtful, letterForIndex } from "./letter-for-index.js";
import type { MailIndex } from "./mail-index.js";
import {
  dropIndexes,
  onFreshIndex,
  openIndexes,
  removeStrayIndexes,
  whenIndexDamaged,
} from "./open-indexes.js";

/**
 * The index of a browser: of the mails that a person has given to the Reader, or read in a webmail. No folder is known here, so
 * what is lost can't be built anew, and the mail itself is not kept.
 *
 * Each page opens mail by itself, and may write. So changes run in turn, each on the index as it is on the disk then, and are told to
 * the other pages by a record of `storage.local`.
 */

const RECORD = "givenMails";

/** In clear: nothing of a mail is in it. */
const record = object<{
  readonly version: number;
  /** `off`: nobody has opened the page of lists yet. `stopped`: the person wants no index. */
  readonly wish: "off" | "on" | "stopped";
  /** Another one after each change of the index. */
  readonly change: string;
  /** Addresses of lists whose index was damaged, until the person has read that. */
  readonly lost: readonly string[];
}>({ version: count, wish: oneOf("off", "on", "stopped"), change: text, lost: listOf(text) });

/** Whether there is to be an index, and what was lost of it. */
export type GivenState = ReturnType<typeof record>;

const fresh: GivenState = { version: 1, wish: "off", change: "", lost: [] };

/** A record that can't be read, or is a newer version's, counts as none: then nothing is kept until somebody opens the page. */
const kept = keptRecord(RECORD, (value): GivenState => {
  try {
    const read = record(value);
    return read.version === fresh.version ? read : fresh;
  } catch {
    return fresh;
  }
});

/** Whether there is to be an index, and what was lost of it. @throws ListSealError what storage throws */
export const givenState = (): Promise<GivenState> => kept.load();

async function change(next: (state: GivenState) => GivenState): Promise<void> {
  await kept.update((state) => ({
    stored: { ...next(state), change: crypto.randomUUID() },
    result: undefined,
  }));
}

const tellChanged = () => change((state) => state);
const inTurn = <T>(work: () => Promise<T>): Promise<T> => withLock("mail-index", work);

/**
 * Has `heard` called whenever any page has changed the index, or the wish for one; it is read anew from then on. For pages that show
 * it.
 */
export function whenGivenChanges(heard: () => void): void {
  browser.storage.onChanged.addListener((changes, area) => {
    if (area !== "local" || changes[RECORD] === undefined) return;
    dropIndexes();
    heard();
  });
}

/** Has lists noted whose index turns out to be damaged. For each page that opens mail. */
export function watchLosses(): void {
  whenIndexDamaged((list, found) => {
    if (found === "made") return;
    const noted = change((state) => ({ ...state, lost: [...new Set([...state.lost, list])] }));
    // what is missing stays missing: only nobody is told
    noted.catch(() => undefined);
  });
}

/** The person has read what was lost. @throws ListSealError what storage throws */
export const noteLosses = (): Promise<void> => change((state) => ({ ...state, lost: [] }));

/** The page of lists was opened: from now on there is an index, unless the person wants none. @throws ListSealError what storage throws */
export async function beginGiven(): Promise<void> {
  if ((await givenState()).wish === "off") await wantGiven();
}

/** The person wants an index. @throws ListSealError what storage throws */
export const wantGiven = (): Promise<void> => change((state) => ({ ...state, wish: "on" }));

/** The person wants none: what there is goes from the disk. @throws ListSealError what storage and the block store throw */
export async function stopGiven(): Promise<void> {
  await change((state) => ({ ...state, wish: "stopped" }));
  await inTurn(() => removeStrayIndexes([]));
  await noteLosses();
}

/**
 * Adds a mail that was opened, or puts it in the place of what was known of it, if the person wants an index.
 *
 * Nothing of it is kept that was read in a private window. It goes by the digest of its data packet: the same mail is one record,
 * however it is given. Attack: a member gives a post somebody else's Message-ID, and takes their place in the index.
 *
 * @throws ListSealError `key-locked`, `no-such-list`, and what the worker and the block store throw
 */
export async function addGiven({ letter, view }: OpenedMail, as: GivenForm): Promise<void> {
  if (isInPrivateWindow()) return;
  const at = { id: letter.dataPacketDigest, folder: "", unread: false, given: { at: Date.now(), as } };
  const isUnsure = view.shell === "elsewhere" || isDoubtful(view.passage.via, view.author.standing);
  const mail = letterForIndex(letter, at, isUnsure);
  await inTurn(async () => {
    // in turn: it may have been stopped meanwhile
    if ((await givenState()).wish !== "on") return;
    await onFreshIndex(letter.list, (index) => index.put([mail]));
    await tellChanged();
  });
}

/** Takes records away, by their names. The mails stay where they are. @throws as {@link addGiven} */
export async function forgetGiven(list: string, names: readonly string[]): Promise<void> {
  await inTurn(async () => {
    await onFreshIndex(list, (index) => index.remove(names));
    await tellChanged();
  });
}

/**
 * Takes away what is indexed of a list's mail from before a moment; with a locked key all of it, since nobody can look into it.
 * @param before ISO 8601
 * @throws ListSealError what the block store throws
 */
export async function forgetGivenBefore(list: string, before: string): Promise<void> {
  const isOld = ({ date }: IndexedMail) => date < Date.parse(before);
  const remove = (index: MailIndex) => index.remove(index.mails.filter(isOld).map(keyOfMail));
  await inTurn(async () => {
    const lists = Object.keys((await load()).lists);
    if ((await givenState()).wish !== "on") return;
    await onFreshIndex(list, remove).catch(() => removeStrayIndexes(lists.filter((one) => one !== list)));
    await tellChanged();
  });
}

/** Takes the indexes of lists away that are not here any more. @param lists those that are @throws as {@link stopGiven} */
export async function forgetGivenOf(lists: readonly string[]): Promise<void> {
  await inTurn(() => removeStrayIndexes(lists));
  await change((state) => ({ ...state, lost: state.lost.filter((list) => lists.includes(list)) }));
}

/**
 * The indexes of all lists, by their addresses, for reading alone; none if the person wants none.
 *
 * They are read whole, texts included, in one turn: of blocks that another page writes meanwhile, heads and texts would not fit, and
 * be taken for damaged.
 *
 * @throws as {@link addGiven}
 */
export function givenIndexes(): Promise<ReadonlyMap<string, MailIndex>> {
  return inTurn(async () => {
    if ((await givenState()).wish !== "on") return new Map<string, MailIndex>();
    const indexes = await openIndexes();
    for (const index of indexes.values()) await index.loadTexts();
    return indexes;
  });
}
