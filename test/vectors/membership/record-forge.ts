/** How records are made for the vectors: entries, links and pages, honest but for what is bent. */
import { createHash } from "node:crypto";
import type { RecordLink } from "../../../src/membership/request/answer-result.js";
import { hashedText, NO_PREVIOUS } from "../../../src/membership/roster/log.js";
import type { OpeningKey, Role } from "../../../src/openpgp/keys.js";
import { joinSignatures, signBytes, writeSignature } from "../../../src/openpgp/signature.js";
import { notations } from "../../../src/protocol/binding.js";
import { addresses, type MembershipCast, NOW, team } from "./cast.js";
import { bytesOf, type Json, toBase64 } from "./forge.js";
import { certificateOf, ID, octetsOf } from "./sealing.js";

export const AT = NOW.toISOString();

/** Links as a server writes them. */
export function chained(
  entries: readonly (Json | string)[],
  before: readonly RecordLink[] = [],
): RecordLink[] {
  const links = [...before];
  for (const each of entries) {
    const number = links.length + 1;
    const previous = links.at(-1)?.hash ?? NO_PREVIOUS;
    const entry = typeof each === "string" ? each : JSON.stringify(each);
    const hash = createHash("sha256")
      .update(hashedText(number, previous, entry))
      .digest("hex");
    links.push({ number, previous, entry, hash });
  }
  return links.slice(before.length);
}

interface Said {
  readonly by: readonly OpeningKey<Role>[];
  readonly id?: string;
  /** Fields of the request that are put over the honest ones. */
  readonly json?: Json;
  /** Fields of the entry that are put over the honest ones. */
  readonly entry?: Json;
}

/** The entry of a command. */
export async function said(
  cast: MembershipCast,
  command: Json,
  { by, id = ID, json, entry }: Said,
): Promise<Json> {
  const bytes = bytesOf({
    listseal: 1,
    kind: "request",
    id,
    date: "2025-06-01T12:00:00Z",
    list: { address: team, key: cast.list.fingerprint },
    ...command,
    ...json,
  });
  const signatures = [];
  for (const key of by)
    signatures.push(
      await signBytes(bytes, key, notations({ kind: "request" }), [cast.server.fingerprint], NOW),
    );
  return {
    do: command["do"],
    by: by.at(-1)?.fingerprint,
    at: AT,
    command: toBase64(bytes),
    signatures: toBase64(writeSignature(joinSignatures(signatures))),
    ...entry,
  };
}

export const operator = (what: string, more: Json = {}): Json => ({
  do: what,
  ...more,
  by: "operator",
  at: AT,
});
export const create = operator("create", { list: team });

export const claim = (cast: MembershipCast, more: Partial<Said> = {}) =>
  said(
    cast,
    {
      do: "claim",
      code: ID,
      name: "Olga",
      address: addresses.olga,
      certificate: certificateOf(cast.olga),
      listKey: certificateOf(cast.list),
      shape: "encrypted",
    },
    { by: [cast.olga], ...more },
  );
export const join = (cast: MembershipCast, more: Partial<Said> = {}) =>
  said(
    cast,
    {
      do: "join",
      name: "Bob",
      certificate: certificateOf(cast.joinedBob),
      introduction: certificateOf(cast.introduction),
      shape: "encrypted",
    },
    { by: [cast.introduction, cast.joinedBob], ...more },
  );
export const id = (digit: string) => digit.repeat(32);
export const removeBob = (cast: MembershipCast, more: Partial<Said> = {}) =>
  said(
    cast,
    { do: "remove", address: addresses.bob, fingerprint: cast.bob.fingerprint },
    { by: [cast.olga], id: id("2"), ...more },
  );
export const addEve = (cast: MembershipCast): Json =>
  operator("add", {
    address: addresses.eve,
    fingerprint: cast.eve.fingerprint,
    certificate: toBase64(octetsOf(cast.eve)),
  });

/** One page: a record with these entries after the list's making, the claim and Bob's join. */
export const after =
  (...more: readonly ((cast: MembershipCast) => Promise<Json> | Json | string)[]) =>
  async (cast: MembershipCast) => {
    const entries: (Json | string)[] = [create, await claim(cast), await join(cast)];
    for (const make of more) entries.push(await make(cast));
    return { given: { now: AT }, pages: [chained(entries)] };
  };
/** One page of these entries. */
export const of =
  (...all: readonly ((cast: MembershipCast) => Promise<Json> | Json)[]) =>
  async (cast: MembershipCast) => {
    const entries: Json[] = [];
    for (const make of all) entries.push(await make(cast));
    return { given: { now: AT }, pages: [chained(entries)] };
  };
/** The honest record in two pages, the second bent. */
export const pages =
  (bend: (second: readonly RecordLink[], first: readonly RecordLink[]) => readonly RecordLink[]) =>
  async (cast: MembershipCast) => {
    const first = chained([create, await claim(cast)]);
    const second = chained([await join(cast), await removeBob(cast)], first);
    return { given: { now: AT }, pages: [first, bend(second, first)] };
  };

/** An owner's word for members whom the operator added, each as `named`. */
export const confirms = (
  cast: MembershipCast,
  named: readonly { readonly who: "bob" | "eve"; readonly key?: "bob" | "eve"; readonly role?: string }[],
  by: OpeningKey<Role>,
) =>
  said(
    cast,
    {
      do: "confirm",
      members: named.map(({ who, key = who, role = "member" }) => ({
        address: addresses[who],
        fingerprint: cast[key].fingerprint,
        role,
      })),
    },
    { by: [by], id: id("2") },
  );

/** An owner's word for Eve's key at somebody's address. */
export const enrolEve = (cast: MembershipCast, at: "eve" | "bob", by: OpeningKey<Role>) =>
  said(
    cast,
    {
      do: "enrol",
      name: "Eve",
      address: addresses[at],
      certificate: certificateOf(cast.eve),
      shape: "mixed",
    },
    { by: [by], id: id("2") },
  );
