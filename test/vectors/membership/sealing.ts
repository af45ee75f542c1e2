import {
  armorSealingKey,
  type OpeningKey,
  type Role,
  sealingHalf,
  writeSealingKey,
} from "../../../src/openpgp/keys.js";
import { type MembershipCast, NOW, team } from "./cast.js";
import { type Json, type Says, sealedTo, toBase64 } from "./forge.js";
import type { Recipe } from "./format.js";

export type Recipes = readonly Recipe<MembershipCast>[];

export const ID = "00112233445566778899aabbccddeeff";
export const DATE = "2025-06-01T12:00:00Z";
export const certificateOf = (key: OpeningKey<Role>) => armorSealingKey(sealingHalf(key));
export const listOf = ({ list }: MembershipCast) => ({ address: team, key: list.fingerprint });

export interface Bend {
  /** Fields that are put over the honest ones. */
  readonly json?: (cast: MembershipCast) => Promise<Json> | Json;
  readonly text?: string;
  /** What is signed in place of what is sealed. */
  readonly signed?: string;
  readonly compressed?: true;
  readonly by?: (cast: MembershipCast) => readonly OpeningKey<Role>[];
  readonly to?: (cast: MembershipCast) => OpeningKey<Role>;
  readonly readers?: (cast: MembershipCast) => readonly OpeningKey<Role>[];
  readonly says?: Says;
  readonly date?: Date;
  readonly file?: (sealed: Uint8Array) => Uint8Array;
  readonly given?: Readonly<Record<string, string>>;
}

/** Seals `base` with what is bent. */
export const sealing =
  (
    base: (cast: MembershipCast) => Promise<Json> | Json,
    usual: { readonly by: keyof MembershipCast; readonly to: keyof MembershipCast; readonly says: Says },
  ) =>
  (bend: Bend = {}) =>
  async (cast: MembershipCast) => {
    const key = (name: keyof MembershipCast): OpeningKey<Role> => {
      const found = cast[name];
      if (typeof found === "string") throw new Error("no key");
      return found;
    };
    const { by = () => [key(usual.by)], to = () => key(usual.to), says = usual.says, date = NOW } = bend;
    const { readers = (all) => [to(all)] } = bend;
    const content = bend.text ?? { ...(await base(cast)), ...(await bend.json?.(cast)) };
    const sealed = await sealedTo(content, {
      to: sealingHalf(to(cast)),
      by: by(cast),
      says,
      date,
      readers: readers(cast).map(sealingHalf),
      ...(bend.signed === undefined ? {} : { signed: bend.signed }),
      ...(bend.compressed === undefined ? {} : { compressed: bend.compressed }),
    });
    return {
      given: { sealed: toBase64(bend.file?.(sealed) ?? sealed), now: NOW.toISOString(), ...bend.given },
    };
  };

/** A certificate, binary. */
export const octetsOf = (key: OpeningKey<Role>): Uint8Array => writeSealingKey(sealingHalf(key));
