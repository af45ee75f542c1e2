import { ListSealError } from "../../protocol/errors.js";
import type { Stored, StoredList } from "../stored.js";

/**
 * Takes a list from an invitation into what is kept. Pure.
 *
 * Attack: a second invitation for a known list, with another list key or server, would silently move a person's posts
 * to whoever made it. It is refused; changing a list's keys is an owner's signed notice, or removing the list by hand.
 * @throws ListSealError `list-conflict`
 */
export function importInvitation(
  stored: Stored,
  list: StoredList,
): { readonly stored: Stored; readonly result: StoredList } {
  const known = stored.lists[list.address];
  if (
    known !== undefined &&
    (known.listKeyFingerprint !== list.listKeyFingerprint ||
      known.serverFingerprint !== list.serverFingerprint)
  ) {
    throw new ListSealError("list-conflict", "the list is known here with other keys");
  }
  const own = Object.values(stored.memberKeys).find(({ address }) => address === list.invitee);
  const result = { ...list, memberKey: known?.memberKey ?? own?.fingerprint ?? null };
  return { stored: { ...stored, lists: { ...stored.lists, [list.address]: result } }, result };
}
