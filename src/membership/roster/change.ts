/** What entries of the record change in a history, and who looks things up in one of 100,000 members. */
import { type Address, isAddress } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import type { ListKeyId } from "../../openpgp/list-keys.js";
import { NO_PREVIOUS } from "./log.js";
import type { LoggedMember, RosterHistory, UnsignedEntry } from "./state.js";

/** What one entry changes, or several together. Plain JSON: a worker gives it back in place of the whole history. */
export interface HistoryChange {
  /** As they are after it; null for those who are gone. */
  readonly members: Readonly<Record<Address, LoggedMember | null>>;
  readonly burnt: RosterHistory["burnt"];
  /** What comes after those that are known. */
  readonly listKeys: readonly ListKeyId[];
  readonly introductions: readonly Fingerprint[];
  readonly commands: readonly string[];
  readonly unsigned: readonly UnsignedEntry[];
}

/** An entry that changes nothing. */
export const noChange: HistoryChange = {
  members: {},
  burnt: {},
  listKeys: [],
  introductions: [],
  commands: [],
  unsigned: [],
};

/** All of them, in their order. */
export function together(changes: readonly HistoryChange[]): HistoryChange {
  const members: Record<Address, LoggedMember | null> = {};
  const burnt: Record<Address, string> = {};
  for (const change of changes) {
    Object.assign(members, change.members);
    Object.assign(burnt, change.burnt);
  }
  return {
    members,
    burnt,
    listKeys: changes.flatMap(({ listKeys }) => listKeys),
    introductions: changes.flatMap(({ introductions }) => introductions),
    commands: changes.flatMap(({ commands }) => commands),
    unsigned: changes.flatMap(({ unsigned }) => unsigned),
  };
}

const extended = <T>(known: readonly T[], more: readonly T[]): readonly T[] =>
  more.length === 0 ? known : [...known, ...more];

const isNone = (table: object): boolean => Object.keys(table).length === 0;

/**
 * A history with what entries change in it. What they leave as it is stays the same object, so that whoever keeps it sees at once
 * what is to be written.
 * @param hashes of the entries, the first one after the last known
 */
export function withChange(
  history: RosterHistory,
  hashes: readonly string[],
  change: HistoryChange,
): RosterHistory {
  return {
    hashes: extended(history.hashes, hashes),
    members: isNone(change.members) ? history.members : withMembers(history.members, change.members),
    listKeys: extended(history.listKeys, change.listKeys),
    introductions: extended(history.introductions, change.introductions),
    burnt: isNone(change.burnt) ? history.burnt : { ...history.burnt, ...change.burnt },
    commands: extended(history.commands, change.commands),
    unsigned: extended(history.unsigned, change.unsigned),
  };
}

function withMembers(
  before: RosterHistory["members"],
  change: HistoryChange["members"],
): RosterHistory["members"] {
  const members: Record<Address, LoggedMember> = { ...before };
  for (const [address, member] of entriesOf(change)) {
    if (member === null) delete members[address];
    else members[address] = member;
  }
  return members;
}

/** The entries of a table by address, with their type. */
function entriesOf<T>(table: Readonly<Record<Address, T>>): readonly (readonly [Address, T])[] {
  const entries: (readonly [Address, T])[] = [];
  for (const [address, value] of Object.entries(table))
    if (isAddress(address)) entries.push([address, value]);
  return entries;
}

/** A member and the address under which they are on the list. */
export interface MemberAtAddress {
  readonly address: Address;
  readonly member: LoggedMember;
}

/**
 * A history in which things are found without going through all of it: each entry of a record asks who has a key, and whether a
 * command was there before. It changes with {@link take}.
 */
export class HistoryIndex {
  readonly #members: Map<Address, LoggedMember>;
  readonly #addresses: Map<Fingerprint, Address>;
  readonly #burnt: Map<Address, string>;
  readonly #listKeys: ListKeyId[];
  readonly #introductions: Set<Fingerprint>;
  readonly #commands: Set<string>;
  #number: number;
  #hash: string;

  constructor(history: RosterHistory) {
    this.#members = new Map(entriesOf(history.members));
    this.#addresses = new Map([...this.#members].map(([address, { fingerprint }]) => [fingerprint, address]));
    this.#burnt = new Map(entriesOf(history.burnt));
    this.#listKeys = [...history.listKeys];
    this.#introductions = new Set(history.introductions);
    this.#commands = new Set(history.commands);
    this.#number = history.hashes.length;
    this.#hash = history.hashes.at(-1) ?? NO_PREVIOUS;
  }

  /** The newest entry that is known: its number, 0 for none, and its hash. */
  get newest(): { readonly number: number; readonly hash: string } {
    return { number: this.#number, hash: this.#hash };
  }

  get listKeys(): readonly ListKeyId[] {
    return this.#listKeys;
  }

  /** All members. */
  members(): Iterable<LoggedMember> {
    return this.#members.values();
  }

  memberAt(address: Address): LoggedMember | undefined {
    return this.#members.get(address);
  }

  holderOf(fingerprint: Fingerprint): MemberAtAddress | undefined {
    const address = this.#addresses.get(fingerprint);
    const member = address === undefined ? undefined : this.#members.get(address);
    return address === undefined || member === undefined ? undefined : { address, member };
  }

  /** Until when introductions of an address were burnt; undefined if none ever were. */
  burntUntil(address: Address): string | undefined {
    return this.#burnt.get(address);
  }

  hasIntroduction(introduction: Fingerprint): boolean {
    return this.#introductions.has(introduction);
  }

  /** @param name `signer SP id` */
  hasCommand(name: string): boolean {
    return this.#commands.has(name);
  }

  /**
   * Takes over what the next entry changes.
   * @param hash of the entry
   * @returns those who are gone with it, as they were
   */
  take(hash: string, change: HistoryChange): readonly LoggedMember[] {
    this.#number += 1;
    this.#hash = hash;
    const members = entriesOf(change.members);
    const gone = members.flatMap(([address, member]) =>
      member === null ? (this.memberAt(address) ?? []) : [],
    );
    // all of the former keys first: one entry may pass a key from one address to another
    for (const [address] of members) {
      const before = this.#members.get(address);
      if (before !== undefined) this.#addresses.delete(before.fingerprint);
    }
    for (const [address, member] of members) {
      if (member === null) this.#members.delete(address);
      else {
        this.#members.set(address, member);
        this.#addresses.set(member.fingerprint, address);
      }
    }
    for (const [address, until] of entriesOf(change.burnt)) this.#burnt.set(address, until);
    this.#listKeys.push(...change.listKeys);
    for (const one of change.introductions) this.#introductions.add(one);
    for (const one of change.commands) this.#commands.add(one);
    return gone;
  }
}
