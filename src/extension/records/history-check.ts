import { isAddress } from "../../mail/mailbox.js";
import { type Check, CheckError } from "../../membership/file/check.js";
import { memberRoles } from "../../membership/request/command-names.js";
import type { LoggedMember, RosterHistory, UnsignedEntry } from "../../membership/roster/state.js";

/** The check of a kept {@link RosterHistory}: `membership` makes and reads it, here it is only kept. */

const hash = /^[0-9a-f]{64}$/;
/** A fingerprint, or the id of a secret. */
const listKeyId = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/;
const fingerprint = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const isText = (value: unknown): value is string => typeof value === "string";
const everyText = (value: unknown, shape: RegExp): boolean =>
  Array.isArray(value) && value.every((one) => isText(one) && shape.test(one));

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const ways: readonly unknown[] = ["introduction", "claim", "operator", "owner"];
const roles: readonly unknown[] = memberRoles;

function isMember(value: unknown): value is LoggedMember {
  if (!isObject(value) || !("fingerprint" in value && "role" in value && "since" in value && "by" in value))
    return false;
  return (
    isText(value.fingerprint) &&
    fingerprint.test(value.fingerprint) &&
    roles.includes(value.role) &&
    isText(value.since) &&
    ways.includes(value.by) &&
    (!("certificate" in value) || isText(value.certificate)) &&
    (!("lateFor" in value) || isText(value.lateFor)) &&
    (!("revoked" in value) || value.revoked === true)
  );
}

/** Every word of {@link UnsignedEntry}: one that is missing here does not compile. */
const words: Readonly<Record<UnsignedEntry["by"], true>> = {
  operator: true,
  link: true,
  unconfirmed: true,
  unentitled: true,
};

function isUnsigned(value: unknown): value is UnsignedEntry {
  return (
    isObject(value) &&
    "number" in value &&
    typeof value.number === "number" &&
    "by" in value &&
    isText(value.by) &&
    Object.hasOwn(words, value.by) &&
    "what" in value &&
    isText(value.what) &&
    (!("address" in value) || (isText(value.address) && isAddress(value.address)))
  );
}

function isHistory(value: unknown): value is RosterHistory {
  if (!isObject(value)) return false;
  if (!("hashes" in value && "members" in value && "introductions" in value)) return false;
  if (!("listKeys" in value && everyText(value.listKeys, listKeyId))) return false;
  if (!("burnt" in value && "commands" in value && "unsigned" in value)) return false;
  return (
    everyText(value.hashes, hash) &&
    everyText(value.introductions, fingerprint) &&
    everyText(value.commands, /^[0-9a-f]{40,64} [0-9a-f]{32}$/) &&
    isObject(value.members) &&
    Object.entries(value.members).every(([address, one]) => isAddress(address) && isMember(one)) &&
    isObject(value.burnt) &&
    Object.entries(value.burnt).every(([address, date]) => isAddress(address) && isText(date)) &&
    Array.isArray(value.unsigned) &&
    value.unsigned.every(isUnsigned)
  );
}

/** @throws CheckError */
export const history: Check<RosterHistory> = (value) => {
  if (!isHistory(value)) throw new CheckError("a roster's history");
  return value;
};
