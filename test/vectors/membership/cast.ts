/**
 * The people of the membership vectors: Olga and Oscar own the list, Olga has invited Bob, Eve is nobody. Their secret keys lie in
 * `keys/`, open to everybody: they protect nothing. All dates are fixed.
 */
import { readFile } from "node:fs/promises";
import { parseAddress } from "../../../src/mail/mailbox.js";
import { certifyMember, makeIntroduction } from "../../../src/membership/introduction/introduction.js";
import {
  armorOpeningKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  type Profile,
  type Role,
  readOpeningKey,
  sealingHalf,
} from "../../../src/openpgp/keys.js";
import { withSeed } from "../seeded.js";

/** What every clock shows unless a vector says otherwise. */
export const NOW = new Date("2025-06-01T12:00:00Z");
export const KEYS_MADE = new Date("2025-01-01T00:00:00Z");
export const INVITED = new Date("2025-05-20T00:00:00Z");
export const JOIN_BY = new Date("2025-06-10T00:00:00Z");
export const DAY = 86_400_000;
export const later = (milliseconds: number): Date => new Date(NOW.getTime() + milliseconds);

export const team = parseAddress("team@lists.example");
export const otherTeam = parseAddress("other@lists.example");
export const addresses = {
  olga: parseAddress("olga@example.test"),
  oscar: parseAddress("oscar@example.test"),
  bob: parseAddress("bob@example.test"),
  eve: parseAddress("eve@example.test"),
};

/** Every key of a profile. */
export interface MembershipCast {
  readonly profile: Profile;
  readonly olga: OpeningKey<"member">;
  readonly oscar: OpeningKey<"member">;
  /** As he made it, not yet certified. */
  readonly bob: OpeningKey<"member">;
  readonly eve: OpeningKey<"member">;
  readonly list: OpeningKey<"list">;
  readonly newList: OpeningKey<"list">;
  readonly server: OpeningKey<"server">;
  readonly newServer: OpeningKey<"server">;
  readonly otherServer: OpeningKey<"server">;
  /** Olga's, for Bob. */
  readonly introduction: OpeningKey<"introduction">;
  /** Bob's key, certified with it. */
  readonly joinedBob: OpeningKey<"member">;
}

const roles = {
  olga: "member",
  oscar: "member",
  bob: "member",
  eve: "member",
  list: "list",
  newList: "list",
  server: "server",
  newServer: "server",
  otherServer: "server",
  introduction: "introduction",
  joinedBob: "member",
} as const satisfies Record<Exclude<keyof MembershipCast, "profile">, Role>;

export type CastName = keyof typeof roles;

export const castNames: readonly string[] = Object.keys(roles);

export const isCastName = (name: string): name is CastName => Object.hasOwn(roles, name);

/** Where a key lies. */
export const keyFile = (profile: Profile, name: string) =>
  new URL(`./keys/${profile}-${name}.asc`, import.meta.url);

const keyOf = async <R extends Role>(profile: Profile, name: CastName, role: R): Promise<OpeningKey<R>> =>
  readOpeningKey(role, await readFile(keyFile(profile, name), "utf8"));

/** The cast of a profile, from its files. */
export async function castOf(profile: Profile): Promise<MembershipCast> {
  const member = (name: CastName) => keyOf(profile, name, "member");
  return {
    profile,
    olga: await member("olga"),
    oscar: await member("oscar"),
    bob: await member("bob"),
    eve: await member("eve"),
    list: await keyOf(profile, "list", "list"),
    newList: await keyOf(profile, "newList", "list"),
    server: await keyOf(profile, "server", "server"),
    newServer: await keyOf(profile, "newServer", "server"),
    otherServer: await keyOf(profile, "otherServer", "server"),
    introduction: await keyOf(profile, "introduction", "introduction"),
    joinedBob: await member("joinedBob"),
  };
}

/** What checks of introductions are given. */
export const proofList = ({ list, olga, oscar }: MembershipCast) => ({
  address: team,
  fingerprints: [list.fingerprint],
  owners: [sealingHalf(olga), sealingHalf(oscar)],
});

/** Makes every key of a profile: its armored text, by its name. */
export async function* madeKeys(profile: Profile): AsyncGenerator<readonly [name: CastName, text: string]> {
  const made = { profile, date: KEYS_MADE };
  const seeded = <T>(name: string, make: () => Promise<T>) => withSeed(`membership ${profile} ${name}`, make);
  const person = (name: keyof typeof addresses) => () =>
    generateMemberKey({
      ...made,
      // Oscar's one User ID is an address in angle brackets, as an introduction's is
      ...(name === "oscar" ? {} : { name: name[0]?.toUpperCase() + name.slice(1) }),
      address: addresses[name],
    });
  const ofList = (role: "list" | "server", address: string) => () => generateKey(role, { ...made, address });
  const simple = [
    ["olga", person("olga")],
    ["oscar", person("oscar")],
    ["bob", person("bob")],
    ["eve", person("eve")],
    ["list", ofList("list", team)],
    ["newList", ofList("list", team)],
    ["server", ofList("server", team)],
    ["newServer", ofList("server", team)],
    ["otherServer", ofList("server", otherTeam)],
  ] as const;
  for (const [name, make] of simple)
    yield [name, await armorOpeningKey(await seeded<OpeningKey<Role>>(name, make))];
  // these are made with those
  const olga = await keyOf(profile, "olga", "member");
  const list = await keyOf(profile, "list", "list");
  const terms = { list: team, listKey: list.fingerprint, address: addresses.bob, joinBy: JOIN_BY };
  const introduction = await seeded("introduction", () => makeIntroduction(olga, terms, profile, INVITED));
  yield ["introduction", await armorOpeningKey(introduction)];
  const bob = await keyOf(profile, "bob", "member");
  const known = { address: team, fingerprints: [list.fingerprint], owners: [sealingHalf(olga)] };
  const joined = await seeded("joinedBob", () => certifyMember(introduction, bob, known, NOW));
  yield ["joinedBob", await armorOpeningKey(joined)];
}
