import { type Check, object, text } from "../../membership/file/check.js";
import { openOptions } from "../platform/background-calls.js";
import { session, takeFromSession } from "../platform/session.js";
import type { OpenedView } from "./view.js";

/**
 * An author whose key is to be compared, on the way from the mail that a person reads to the page where it is done.
 *
 * Attack: where a mail or a web page can lie over what we show, a person presses what they don't see. So no view of a mail has a
 * button that confirms a key: it only opens the options page, a tab of its own that nothing of a sender can paint in.
 */

/** Whose key, and which. */
export type WantedKey = Readonly<Record<"list" | "address" | "fingerprint", string>>;

const WANTED = "compare";
const wantedKey: Check<WantedKey> = object<WantedKey>({ list: text, address: text, fingerprint: text });

/** Opens the page where the key of a mail's author is compared. Call it from any page, frame or background of ours. */
export async function openComparing({ list, author }: OpenedView): Promise<void> {
  const { address, fingerprint } = author;
  const wanted: WantedKey = { list: list.address, address, fingerprint };
  await session().set(WANTED, wanted);
  await openOptions();
}

/** The key that is to be compared, once. */
export async function takeWanted(): Promise<WantedKey | null> {
  const found = await takeFromSession(WANTED);
  return found === undefined ? null : wantedKey(found);
}
