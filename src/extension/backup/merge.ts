import type { Pins } from "../../membership/pins.js";
import { ListSealError } from "../../protocol/errors.js";
import { OWNED_VERSION, type Owned, readOwned } from "../owner/owned.js";
import { readStored, STORED_VERSION, type Stored, type StoredList } from "../stored.js";

/** Bringing a backup to a device that may have lists of its own. Pure. Nothing that is here is lost. */

/**
 * Reads the lists of a backup, of any version that was ever released.
 * @throws ListSealError `unsupported-version` (made by a newer add-on), `backup-damaged`
 */
export function readBrought(value: unknown): Stored {
  if (value === undefined) throw new ListSealError("backup-damaged", "a part is missing");
  return readPart(value, STORED_VERSION, readStored);
}

/**
 * Reads the owned lists of a backup; there are none in the backups of those who made theirs before they owned a list.
 * @throws ListSealError as {@link readBrought}
 */
export function readBroughtOwned(value: unknown): Owned {
  return readPart(value, OWNED_VERSION, readOwned);
}

function readPart<T>(value: unknown, newest: number, read: (value: unknown) => T): T {
  const version =
    typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof version === "number" && version > newest) {
    throw new ListSealError("unsupported-version", "the backup was made by a newer version");
  }
  try {
    return read(value);
  } catch (cause) {
    throw new ListSealError("backup-damaged", "a part can't be read", { cause });
  }
}

/** Owned lists that are here stay: their logs go further than a backup's, and the rest the server tells again. */
export function mergedOwned(here: Owned, brought: Owned): Owned {
  return { ...here, lists: { ...brought.lists, ...here.lists } };
}

/** Whether `one` has taken every notice that `other` has, and another one besides. */
function isNewer({ serials: one }: StoredList, { serials: other }: StoredList): boolean {
  const kinds = ["owners", "new-list-key", "new-server-key"] as const;
  return kinds.every((kind) => one[kind] >= other[kind]) && kinds.some((kind) => one[kind] > other[kind]);
}

function mergedList(here: StoredList, brought: StoredList): StoredList {
  const keys = [here.listKeyFingerprint, ...here.formerListKeys.map(({ fingerprint }) => fingerprint)];
  const related =
    keys.includes(brought.listKeyFingerprint) ||
    brought.formerListKeys.some(({ fingerprint }) => fingerprint === here.listKeyFingerprint);
  // another list of the same address: the one that is here stays, as with an invitation
  if (!related) return here;
  const base = isNewer(brought, here) ? brought : here;
  const known = new Set([
    base.listKeyFingerprint,
    ...base.formerListKeys.map(({ fingerprint }) => fingerprint),
  ]);
  const missing = [...here.formerListKeys, ...brought.formerListKeys].filter(({ fingerprint }) => {
    if (known.has(fingerprint)) return false;
    known.add(fingerprint);
    return true;
  });
  const { memberKey, certified, introduction, introductionSecret, membership, role } =
    here.memberKey === null ? brought : here;
  return {
    ...base,
    ...{ memberKey, certified, introduction, introductionSecret, membership, role },
    formerListKeys: [...missing, ...base.formerListKeys],
    formerServers: [...new Set([...here.formerServers, ...brought.formerServers])],
  };
}

/** A pin that is here stays: a backup is older than what was seen since, and a pin is never moved by a file. */
function mergedPins(here: Pins | undefined, brought: Pins): Pins {
  if (here === undefined) return brought;
  return {
    pins: { ...brought.pins, ...here.pins },
    introductions: { ...brought.introductions, ...here.introductions },
    seen: { ...brought.seen, ...here.seen },
    revoked: { ...brought.revoked, ...here.revoked },
  };
}

/**
 * What is here, and what a backup brings. Draft identities belong to one Thunderbird; a join that was not answered when the
 * backup was made counts as one: the list is in it, and its server knows.
 * @param made when the backup was made: it is a backup of a device that had nothing before
 */
export function merged(here: Stored, brought: Stored, made: string): Stored {
  const lists = { ...here.lists };
  for (const [address, list] of Object.entries(brought.lists)) {
    const present = lists[address];
    lists[address] = present === undefined ? list : mergedList(present, list);
  }
  const pins = { ...here.pins };
  for (const [address, each] of Object.entries(brought.pins)) pins[address] = mergedPins(pins[address], each);
  const backedUpAt = Object.keys(here.memberKeys).length === 0 ? made : here.backedUpAt;
  return { ...here, lists, pins, memberKeys: { ...brought.memberKeys, ...here.memberKeys }, backedUpAt };
}
