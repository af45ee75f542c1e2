import { parseAddress } from "../../mail/mailbox.js";
import {
  confirm,
  isOwnersKey,
  noPins,
  type Pin,
  type SignedAuthor,
} from "../../membership/introduction/pins.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { load, update } from "../records/storage.js";
import type { StoredList } from "../records/stored.js";
import { takeWanted, type WantedKey } from "./wanted-comparison.js";

/** Comparing the key of an author whom no owner's word vouches for. */

/** What the page shows of it. */
export interface Comparison extends WantedKey {
  readonly listName: string;
  /**
   * - `open`: to be compared. `done`: it is the address's key already.
   * - `owner`: the address is an owner's, who has another key. Only an owners' notice changes that.
   */
  readonly kind: "open" | "done" | "owner";
  /** The key that the address has here until now; null for none. */
  readonly pinned: { readonly fingerprint: string; readonly how: Pin["how"] } | null;
}

/** The key that a person came to compare, once; null if none is waiting, or its list is not here any more. */
export async function wantedComparison(): Promise<Comparison | null> {
  const wanted = await takeWanted();
  if (wanted === null) return null;
  const stored = await load();
  const list = stored.lists[wanted.list];
  if (list === undefined) return null;
  const sighting = sightingOf(wanted);
  const pins = stored.pins[wanted.list] ?? noPins;
  const pin = pins.pins[sighting.address];
  const owned = isOwnersKey(pins, sighting, ownersOf(list));
  const isDone = pin?.key === sighting.key && pin.unacknowledged === undefined;
  return {
    ...wanted,
    listName: list.name,
    kind: owned ? "owner" : isDone ? "done" : "open",
    pinned: pin === undefined ? null : { fingerprint: pin.key, how: pin.how },
  };
}

/**
 * Pins a key to an address because a person has typed digits of it that the author read to them.
 * @throws ListSealError `no-such-list`; `owners-key` if the address is an owner's with another key
 */
export async function confirmKey(wanted: WantedKey): Promise<void> {
  const sighting = sightingOf(wanted);
  await update((stored) => {
    const list = stored.lists[wanted.list];
    if (list === undefined) throw new AddonError("no-such-list", "the list was removed meanwhile");
    const pins = confirm(stored.pins[wanted.list] ?? noPins, sighting, ownersOf(list));
    return { stored: { ...stored, pins: { ...stored.pins, [wanted.list]: pins } }, result: undefined };
  });
  host().renewViews();
}

function sightingOf({ address, fingerprint }: WantedKey): SignedAuthor {
  return { address: parseAddress(address), key: parseFingerprint(fingerprint) };
}

/** The owners of today. */
function ownersOf({ owners }: StoredList): readonly SignedAuthor[] {
  return owners
    .filter(({ to, address }) => to === null && address !== "")
    .map(({ address, fingerprint }) => ({
      address: parseAddress(address),
      key: parseFingerprint(fingerprint),
    }));
}
