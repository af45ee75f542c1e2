import { MembershipError } from "../../membership/file/errors.js";
import type { Pins } from "../../membership/introduction/pins.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { isOnlyInvited, wayInto } from "../member/membership-changes.js";
import { OWNED_VERSION, type Owned, readOwned } from "../records/owned-list.js";
import {
  deletedKeysOf,
  keptKeysOf,
  readStored,
  STORED_VERSION,
  type Stored,
  type StoredList,
} from "../records/stored.js";
import type { ListChange, ListFacts, RestorePlan } from "./restore-plan.js";

/**
 * Bringing a backup to a device that may have lists of its own. Pure. Nothing that is here is lost.
 *
 * Attack: a backup is a file that anybody can write who gives its passphrase along, and one with higher serials would say who
 * owns a list and which server speaks for it. What it would change of a list that is here is a {@link ListChange}, and
 * happens only if the person has seen that very move and agreed.
 */

/**
 * Reads the lists of a backup, of any version that was ever released.
 * @throws ListSealError `unsupported-version` (made by a newer add-on), `backup-damaged`
 */
export function readRestored(value: unknown): Stored {
  if (value === undefined) throw new MembershipError("backup-damaged", "a part is missing");
  return readPart(value, STORED_VERSION, readStored);
}

/**
 * Reads the owned lists of a backup; there are none in the backups of those who made theirs before they owned a list.
 * @throws ListSealError as {@link readRestored}
 */
export function readRestoredOwned(value: unknown): Owned {
  return readPart(value, OWNED_VERSION, readOwned);
}

function readPart<T>(value: unknown, newest: number, read: (value: unknown) => T): T {
  const version =
    typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
  if (typeof version === "number" && version > newest) {
    throw new ProtocolError("unsupported-version", "the backup was made by a newer version");
  }
  try {
    return read(value);
  } catch (cause) {
    throw new MembershipError("backup-damaged", "a part can't be read", { cause });
  }
}

/**
 * Owned lists that are here stay: their logs go further than a backup's, and the rest the server tells again. One that is restored
 * must be the list that is known here under its address.
 */
export function mergedOwned(here: Owned, restored: Owned, lists: Stored["lists"]): Owned {
  const fitting = Object.entries(restored.lists).filter(([address, owned]) => {
    const known = lists[address];
    return (
      known === undefined ||
      (keysOf(known).includes(owned.listKeyFingerprint) &&
        known.serverFingerprint === owned.serverFingerprint)
    );
  });
  return { ...here, lists: { ...Object.fromEntries(fitting), ...here.lists } };
}

/** Whether `one` has taken every notice that `other` has, and another one besides. */
function isNewer({ serials: one }: StoredList, { serials: other }: StoredList): boolean {
  const kinds = ["owners", "new-list-key", "new-server-key"] as const;
  return kinds.every((kind) => one[kind] >= other[kind]) && kinds.some((kind) => one[kind] > other[kind]);
}

/** The list keys, present and former. */
function keysOf({ listKeyFingerprint, formerListKeys }: StoredList): readonly string[] {
  return [listKeyFingerprint, ...formerListKeys.map(({ fingerprint }) => fingerprint)];
}

/** Whether both are the same list, before and after a new list key. */
function isSameList(here: StoredList, restored: StoredList): boolean {
  return (
    keysOf(here).includes(restored.listKeyFingerprint) || keysOf(restored).includes(here.listKeyFingerprint)
  );
}

/** The list keys that are in it, by their fingerprints. */
const keysIn = (list: StoredList): readonly (readonly [string, string])[] => [
  ...keptKeysOf(list).map(({ fingerprint, listKey }) => [fingerprint, listKey] as const),
  [list.listKeyFingerprint, list.listKey],
];

/**
 * Here and restored in one: the word of whichever has taken more notices, and the former keys of both. One that the person has
 * deleted comes back where the other still has it: they are told so before.
 */
function joinedLists(here: StoredList, restored: StoredList): StoredList {
  const base = isNewer(restored, here) ? restored : here;
  const known = new Set(keysOf(base));
  const missing = [...here.formerListKeys, ...restored.formerListKeys].filter(({ fingerprint }) => {
    if (known.has(fingerprint)) return false;
    known.add(fingerprint);
    return true;
  });
  const kept = new Map([...keysIn(restored), ...keysIn(here)]);
  const servers = new Set([...here.formerServers, ...restored.formerServers]);
  // of one server the certificate that is here: it may have been renewed since the backup
  const same = here.serverFingerprint === restored.serverFingerprint;
  return {
    ...base,
    serverCertificate: same ? here.serverCertificate : base.serverCertificate,
    formerListKeys: [...missing, ...base.formerListKeys].map((key) => ({
      ...key,
      listKey: kept.get(key.fingerprint) ?? null,
    })),
    formerServers: [...servers],
  };
}

/**
 * What is remembered in both. A pin that is here stays: a backup is older than what was seen since, and a pin is never moved by
 * a file. An owner's address takes none from a file but the owner's own.
 */
function mergedPins(here: Pins, restored: Pins, { owners }: StoredList): Pins {
  const fitting = Object.entries(restored.pins).filter(
    ([address, { key }]) =>
      !owners.some((owner) => owner.address === address) ||
      owners.some((owner) => owner.address === address && owner.fingerprint === key),
  );
  return {
    pins: { ...Object.fromEntries(fitting), ...here.pins },
    introductions: { ...restored.introductions, ...here.introductions },
    seen: { ...restored.seen, ...here.seen },
    revoked: { ...restored.revoked, ...here.revoked },
  };
}

const nothingSeen: Pins = { pins: {}, introductions: {}, seen: {}, revoked: {} };

function factsOf(list: StoredList, pins: Pins | undefined): ListFacts {
  const { pins: authors, introductions, revoked } = pins ?? nothingSeen;
  return {
    name: list.name,
    requestAddress: list.requestAddress,
    sealing: `${list.mode} ${list.delivery} ${list.profile}`,
    owners: list.owners
      .filter(({ to }) => to === null)
      .map(({ userId, fingerprint }) => ({ userId, fingerprint })),
    formerOwners: list.owners.flatMap(({ fingerprint, to }) => (to === null ? [] : [fingerprint])),
    listKey: list.listKeyFingerprint,
    server: list.serverFingerprint,
    formerListKeys: keptKeysOf(list).length,
    deletedListKeys: deletedKeysOf(list).length,
    formerServers: list.formerServers.length,
    authors: Object.keys(authors).length + Object.keys(introductions).length + Object.keys(revoked).length,
  };
}

/** One list of a backup beside what is here. */
type Step =
  | { readonly kind: "new"; readonly list: StoredList; readonly pins: Pins | undefined }
  /** Waited for on an invitation's word: the backup knows it, and the join goes on. */
  | { readonly kind: "waiting"; readonly list: StoredList; readonly pins: Pins | undefined }
  /** Another list of the same address: the one that is here stays, as with an invitation. */
  | { readonly kind: "other"; readonly list: StoredList }
  | { readonly kind: "same" }
  | {
      readonly kind: "move";
      readonly move: ListChange;
      readonly list: StoredList;
      readonly pins: Pins;
    };

function stepFor(here: Stored, restored: Stored, list: StoredList): Step {
  const { address } = list;
  const present = here.lists[address];
  const pins = restored.pins[address];
  if (present === undefined) return { kind: "new", list, pins };
  if (!isSameList(present, list)) return { kind: "other", list: present };
  if (isOnlyInvited(here, address)) return { kind: "waiting", list, pins };
  const after = joinedLists(present, list);
  const before = here.pins[address];
  const remembered = mergedPins(before ?? nothingSeen, pins ?? nothingSeen, after);
  const facts = { before: factsOf(present, before), after: factsOf(after, remembered) };
  if (JSON.stringify(facts.before) === JSON.stringify(facts.after)) return { kind: "same" };
  return {
    kind: "move",
    move: { id: JSON.stringify([address, facts]), address, ...facts },
    list: after,
    pins: remembered,
  };
}

/** What a backup would bring, and what it would change: to be shown before {@link merged}. */
export function planOf(
  here: Stored,
  restored: Stored,
  owned: { readonly here: Owned; readonly restored: Owned },
): RestorePlan {
  const steps = Object.values(restored.lists).map((list) => stepFor(here, restored, list));
  const fresh = steps.flatMap((step) => (step.kind === "new" || step.kind === "waiting" ? [step.list] : []));
  return {
    isEmptyHere: Object.keys(here.lists).length + Object.keys(here.memberKeys).length === 0,
    keys: Object.values(restored.memberKeys)
      .filter(({ fingerprint }) => here.memberKeys[fingerprint] === undefined)
      .map(({ userId, fingerprint }) => ({ userId, fingerprint })),
    lists: fresh.map(({ address, name, listKeyFingerprint, owners }) => ({
      address,
      name,
      listKey: listKeyFingerprint,
      owners: owners
        .filter(({ to }) => to === null)
        .map(({ userId, fingerprint }) => ({ userId, fingerprint })),
    })),
    owned: Object.keys(owned.restored.lists).filter((address) => owned.here.lists[address] === undefined),
    moves: steps.flatMap((step) => (step.kind === "move" ? [step.move] : [])),
    kept: steps.flatMap((step) =>
      step.kind === "other" ? [{ address: step.list.address, name: step.list.name }] : [],
    ),
  };
}

/**
 * What is here, and what a backup brings. Draft identities belong to one Thunderbird; a join that was not answered when the
 * backup was made counts as one: the list is in it, and its server knows.
 * @param made     when the backup was made: it is a backup of a device that had nothing before
 * @param accepted the ids of the moves that the person has seen and agreed to; every other list that is here stays as it is
 */
export function merged(here: Stored, restored: Stored, made: string, accepted: ReadonlySet<string>): Stored {
  const lists = { ...here.lists };
  const pins = { ...here.pins };
  const joining = { ...here.joining };
  for (const list of Object.values(restored.lists)) {
    const { address } = list;
    const step = stepFor(here, restored, list);
    const present = lists[address];
    switch (step.kind) {
      case "new":
        lists[address] = list;
        pins[address] = step.pins ?? nothingSeen;
        break;
      case "waiting":
        lists[address] = present === undefined ? list : { ...list, ...wayInto(present) };
        pins[address] = step.pins ?? nothingSeen;
        joining[address] = { name: list.name, before: list, refused: null };
        break;
      case "move":
        if (accepted.has(step.move.id)) {
          lists[address] = step.list;
          pins[address] = step.pins;
        }
        break;
      case "same":
      case "other":
        break;
    }
    const now = lists[address];
    // one's own way into it, where none is here
    if (step.kind !== "other" && now !== undefined && now.memberKey === null)
      lists[address] = { ...now, ...wayInto(list) };
  }
  const backedUpAt = Object.keys(here.memberKeys).length === 0 ? made : here.backedUpAt;
  const memberKeys = { ...restored.memberKeys, ...here.memberKeys };
  return { ...here, lists, pins, joining, memberKeys, backedUpAt };
}
