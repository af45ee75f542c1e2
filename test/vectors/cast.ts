/**
 * The people of the vectors. Their secret keys lie in `keys/`, open to everybody: they protect nothing.
 *
 * All dates are fixed, so that the vectors mean the same on any day.
 */
import { readFile, writeFile } from "node:fs/promises";
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

export const LIST = "team@lists.example";
export const OTHER_LIST = "other@lists.example";

const fileOf = (profile: Profile, name: string) => new URL(`./keys/${profile}-${name}.asc`, import.meta.url);

async function keyOf<R extends Role>(
  profile: Profile,
  name: string,
  role: R,
  make: () => Promise<OpeningKey<R>>,
): Promise<OpeningKey<R>> {
  const file = fileOf(profile, name);
  try {
    return await readOpeningKey(role, await readFile(file, "utf8"));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  const key = await make();
  const warning = "TEST KEY of ListSeal's vectors: everybody has it, it protects nothing.";
  await writeFile(file, `${warning}\n\n${(await armorOpeningKey(key)).replaceAll("\r\n", "\n")}`, {
    flag: "wx",
  });
  return key;
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

/** The cast of a profile; keys that are not there yet are made. */
export async function vectorCast(profile: Profile): Promise<VectorCast> {
  const made = { profile, date: KEYS_MADE };
  const person = (name: string) =>
    keyOf(profile, name.toLowerCase(), "member", () =>
      generateMemberKey({ ...made, name, address: `${name.toLowerCase()}@example.test` }),
    );
  const ofList = <R extends "list" | "server">(name: string, role: R, address: string) =>
    keyOf(profile, name, role, () => generateKey(role, { ...made, address }));
  return {
    address: LIST,
    profile,
    listKey: await ofList("list", "list", LIST),
    serverKey: await ofList("server", "server", LIST),
    otherListKey: await ofList("other-list", "list", OTHER_LIST),
    otherServerKey: await ofList("other-server", "server", OTHER_LIST),
    alice: await person("Alice"),
    bob: await person("Bob"),
    eve: await person("Eve"),
  };
}
