/**
 * The people of the vectors. Their secret keys lie in `keys/`, open to everybody: they protect nothing.
 *
 * All dates are fixed, so that the vectors mean the same on any day.
 */
import { readFile } from "node:fs/promises";
import { updatedFrom } from "../../src/openpgp/keys.js";
import { withFreshSubkey } from "../../src/openpgp/renewal.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import {
  armorOpeningKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  type Profile,
  type Role,
  readOpeningKey,
  readSecret,
  type SharedSecret,
} from "../../src/protocol/index.js";
import type { Cast } from "../protocol/people.js";

/** When the vectors were sealed, and what the clocks show to whoever opens them. */
export const NOW = new Date("2025-06-01T12:00:00Z");
const KEYS_MADE = new Date("2025-01-01T00:00:00Z");

/** The signed message id of every vector. */
export const MESSAGE_ID = "<1@example.test>";

/** A cast, and the keys of another list on the same server. */
export interface VectorCast extends Cast {
  readonly otherListKey: OpeningKey<"list">;
  readonly otherServerKey: OpeningKey<"server">;
}

/** Keys that stand in a vector in the place of a person's, the list's or the server's usual one, by their files. */
export const otherKeys = {
  /** Alice's, until 1 March 2025. */
  "alice-expired": "alice",
  /** Alice's, revoked on 1 March 2025. */
  "alice-revoked": "alice",
  /** Alice's of the other profile. */
  "alice-other-profile": "alice",
  /** The list key and the server key, each with a second encryption subkey of 1 May 2025. */
  "list-renewed": "listKey",
  "server-renewed": "serverKey",
} as const satisfies Record<string, keyof VectorCast>;
export type OtherKey = keyof typeof otherKeys;
export const isOtherKey = (name: string): name is OtherKey => Object.hasOwn(otherKeys, name);

export const LIST = "team@lists.example";
export const OTHER_LIST = "other@lists.example";

/** Where a key lies. */
export const keyFile = (profile: Profile, name: string) =>
  new URL(`./keys/${profile}-${name}.asc`, import.meta.url);

async function keyOf<R extends Role>(profile: Profile, name: string, role: R): Promise<OpeningKey<R>> {
  return readOpeningKey(role, await readFile(keyFile(profile, name), "utf8"));
}

/** The shared secrets of a profile: 32 octets of one value, so that everybody can write them down. */
export interface VectorSecrets {
  readonly list: SharedSecret<"list">;
  /** Between Alice and the server. */
  readonly server: SharedSecret<"server">;
  /** Between Bob and the server. */
  readonly member: SharedSecret<"member">;
  /** Nobody's here. */
  readonly stranger: SharedSecret<"server">;
}

/** The secrets of a profile: octets 0x11 (list), 0x22 (Alice and the server), 0x33 (Bob and the server), 0x44. */
export async function vectorSecrets(profile: Profile): Promise<VectorSecrets> {
  const of = <R extends Role>(role: R, octet: number) =>
    readSecret(role, profile, new Uint8Array(32).fill(octet));
  return {
    list: await of("list", 0x11),
    server: await of("server", 0x22),
    member: await of("member", 0x33),
    stranger: await of("server", 0x44),
  };
}

/** The cast of a profile. @param keys that stand in the place of the usual ones */
export async function vectorCast(profile: Profile, keys: readonly OtherKey[] = []): Promise<VectorCast> {
  const cast = await usualCast(profile);
  const replaced = await Promise.all(
    keys.map(async (name) => [otherKeys[name], await otherKeyOf(profile, name)] as const),
  );
  return { ...cast, ...Object.fromEntries(replaced) };
}

function otherKeyOf(profile: Profile, name: OtherKey): Promise<OpeningKey<Role>> {
  if (name !== "alice-other-profile") return keyOf(profile, name, roleOf(name));
  return keyOf(profile === "rfc9580" ? "compatible" : "rfc9580", "alice", "member");
}

const roleOf = (name: OtherKey): Role =>
  (({ alice: "member", listKey: "list", serverKey: "server" }) as const)[otherKeys[name]];

/** The cast of a profile with the usual keys. */
export async function usualCast(profile: Profile): Promise<VectorCast> {
  return {
    address: LIST,
    profile,
    listKey: await keyOf(profile, "list", "list"),
    serverKey: await keyOf(profile, "server", "server"),
    otherListKey: await keyOf(profile, "other-list", "list"),
    otherServerKey: await keyOf(profile, "other-server", "server"),
    alice: await keyOf(profile, "alice", "member"),
    bob: await keyOf(profile, "bob", "member"),
    eve: await keyOf(profile, "eve", "member"),
  };
}

/** From the making of the keys to 1 March 2025, in seconds. */
const ENDS_AFTER = 59 * 24 * 60 * 60;
const ENDED = new Date(KEYS_MADE.getTime() + ENDS_AFTER * 1000);
const RENEWED = new Date("2025-05-01T00:00:00Z");

async function revoked(make: () => Promise<OpeningKey<"member">>): Promise<OpeningKey<"member">> {
  const key = await make();
  return updatedFrom(key, await revokeMemberKey(key, ENDED));
}

async function renewed<R extends Role>(key: OpeningKey<R>): Promise<OpeningKey<R>> {
  const age = RENEWED.getTime() - KEYS_MADE.getTime();
  return (await withFreshSubkey(key, { renewAfter: age, deleteAfter: 100 * age }, RENEWED)).key;
}

/** How each key of a profile is made, by its name: in this order, since a renewed one is made of the first. */
export function keyRecipes(profile: Profile): ReadonlyMap<string, () => Promise<OpeningKey<Role>>> {
  const made = { profile, date: KEYS_MADE };
  const person = (name: string) => () =>
    generateMemberKey({ ...made, name, address: `${name.toLowerCase()}@example.test` });
  const ofList = (role: "list" | "server", address: string) => () => generateKey(role, { ...made, address });
  return new Map<string, () => Promise<OpeningKey<Role>>>([
    ["list", ofList("list", LIST)],
    ["server", ofList("server", LIST)],
    ["other-list", ofList("list", OTHER_LIST)],
    ["other-server", ofList("server", OTHER_LIST)],
    ["alice", person("Alice")],
    ["bob", person("Bob")],
    ["eve", person("Eve")],
    [
      "alice-expired",
      () =>
        generateMemberKey({
          ...made,
          name: "Alice",
          address: "alice@example.test",
          expiresInSeconds: ENDS_AFTER,
        }),
    ],
    ["alice-revoked", () => revoked(person("Alice"))],
    ["list-renewed", async () => renewed(await keyOf(profile, "list", "list"))],
    ["server-renewed", async () => renewed(await keyOf(profile, "server", "server"))],
  ]);
}

/** The text of a key's file. */
export async function keyText(key: OpeningKey<Role>): Promise<string> {
  const warning = "TEST KEY of ListSeal's vectors: everybody has it, it protects nothing.";
  return `${warning}\n\n${(await armorOpeningKey(key)).replaceAll("\r\n", "\n")}`;
}
