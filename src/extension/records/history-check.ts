import { isAddress } from "../../mail/mailbox.js";
import { type Check, CheckError, isRecord } from "../../membership/file/check.js";
import { memberRoles } from "../../membership/request/command-names.js";
import type { LoggedMember, RosterHistory, UnsignedEntry } from "../../membership/roster/state.js";

/** The check of a kept {@link RosterHistory}: `membership` makes and reads it, here it is only kept. */

const HASH = "[0-9a-f]{64}";
/** A fingerprint, or the id of a secret. */
const LIST_KEY_ID = "(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})";
const FINGERPRINT = "(?:[0-9a-f]{40}|[0-9a-f]{64})";
const COMMAND = "[0-9a-f]{40,64} [0-9a-f]{32}";

const fingerprint = new RegExp(`^${FINGERPRINT}$`);
const isText = (value: unknown): value is string => typeof value === "string";

/** Texts that are looked at together: 100,000 one by one take Debian's Thunderbird, which compiles no JavaScript, 0.1 s. */
const TOGETHER = 1_000;

/** Whether something is a list of texts of this shape. One with a line end in it would be a line too many. */
function everyText(value: unknown, shape: string): value is readonly string[] {
  if (!Array.isArray(value) || !value.every(isText)) return false;
  for (let start = 0; start < value.length; start += TOGETHER) {
    const some = value.slice(start, start + TOGETHER);
    if (!new RegExp(`^(?:${shape}\\n){${some.length}}$`).test(`${some.join("\n")}\n`)) return false;
  }
  return true;
}

const ways: ReadonlySet<unknown> = new Set(["introduction", "claim", "operator", "owner"]);
const roles: ReadonlySet<unknown> = new Set(memberRoles);
const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value);

function isMember(value: unknown): value is LoggedMember {
  if (!isRecord(value)) return false;
  const { fingerprint: key, role, since, by, certificate, lateFor, revoked } = value;
  return (
    isText(key) &&
    fingerprint.test(key) &&
    roles.has(role) &&
    isText(since) &&
    ways.has(by) &&
    isTextOrAbsent(certificate) &&
    isTextOrAbsent(lateFor) &&
    (revoked === undefined || revoked === true)
  );
}

/** Whether all names of a table are addresses, and its values what `isRight` says. Without a list of 100,000 pairs. */
function everyEntry(table: unknown, isRight: (value: unknown) => boolean): boolean {
  if (!isRecord(table)) return false;
  for (const address of Object.keys(table)) if (!isAddress(address) || !isRight(table[address])) return false;
  return true;
}

/** Every word of {@link UnsignedEntry}: one that is missing here does not compile. */
const words: Readonly<Record<UnsignedEntry["by"], true>> = {
  operator: true,
  link: true,
  unconfirmed: true,
  unentitled: true,
};

function isUnsigned(value: unknown): value is UnsignedEntry {
  if (!isRecord(value)) return false;
  const { number, by, what, address } = value;
  return (
    typeof number === "number" &&
    isText(by) &&
    Object.hasOwn(words, by) &&
    isText(what) &&
    (address === undefined || (isText(address) && isAddress(address)))
  );
}

function isHistory(value: unknown): value is RosterHistory {
  if (!isRecord(value)) return false;
  const { hashes, members, listKeys, introductions, burnt, commands, unsigned } = value;
  return (
    everyText(listKeys, LIST_KEY_ID) &&
    everyText(hashes, HASH) &&
    everyText(introductions, FINGERPRINT) &&
    everyText(commands, COMMAND) &&
    everyEntry(members, isMember) &&
    everyEntry(burnt, isText) &&
    Array.isArray(unsigned) &&
    unsigned.every(isUnsigned)
  );
}

/** @throws CheckError */
export const history: Check<RosterHistory> = (value) => {
  if (!isHistory(value)) throw new CheckError("a roster's history");
  return value;
};
