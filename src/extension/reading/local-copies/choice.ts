import { count, object, oneOf, recordOf } from "../../../membership/file/check.js";
import { browser } from "../../platform/browser.js";
import { AddonError } from "../../platform/errors.js";

/**
 * For which lists opened mail is kept, readable, in a local folder. Off unless a person turns it on: what is kept can be
 * searched, sorted and filtered by its true subject, and read by anybody who can read this computer's files.
 *
 * A record of its own in `storage.local`, apart from keys and lists: losing it loses nothing but the choice.
 */
const KEY = "localCopies";
const VERSION = 1;

/** `off`: nothing is kept. `opened`: each mail that was opened here is kept as an ordinary mail. */
export type CopyPolicy = "off" | "opened";

const record = object<{
  readonly version: number;
  readonly lists: Readonly<Record<string, "opened">>;
}>({ version: count, lists: recordOf(oneOf("opened")) });

async function chosen(): Promise<Readonly<Record<string, "opened">>> {
  const found = (await browser.storage.local.get(KEY))[KEY];
  if (found === undefined) return {};
  const { version, lists } = record(found);
  if (version !== VERSION) throw new AddonError("storage-failed", "written by another version");
  return lists;
}

/** What was chosen; a record that can't be read counts as nothing chosen. */
async function known(): Promise<Readonly<Record<string, "opened">>> {
  try {
    return await chosen();
  } catch {
    return {};
  }
}

/** What was chosen for a list. A record that can't be read counts as `off`: nothing is written in clear by a guess. */
export async function keepingOf(list: string): Promise<CopyPolicy> {
  return (await known())[list] ?? "off";
}

/** The addresses of all lists with copies. */
export async function listsKept(): Promise<readonly string[]> {
  return Object.keys(await known());
}

/**
 * Chooses for one list. Copies that are there already stay where they are; deleting a folder is the person's to do.
 * @throws ListSealError `storage-failed`
 */
export async function chooseKeeping(list: string, keeping: CopyPolicy): Promise<void> {
  const { [list]: _before, ...others } = await known();
  const lists = keeping === "off" ? others : { ...others, [list]: keeping };
  try {
    await browser.storage.local.set({ [KEY]: { version: VERSION, lists } });
  } catch (cause) {
    throw new AddonError("storage-failed", "the choice could not be written", { cause });
  }
}
