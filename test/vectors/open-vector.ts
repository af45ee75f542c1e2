/** Opens a vector with the product's own code, as the server or a reader does; what is checked, and what is taken away from it. */

import { isMessageId, readPayload } from "../../src/mail/payload.js";
import { authorOfLetter } from "../../src/membership/introduction/letter-author.js";
import { sha256 } from "../../src/openpgp/digest.js";
import {
  type ClaimedAuthor,
  ListSealError,
  nameOf,
  type OpenedPost,
  type OpenResult,
  openAtServer,
  openPost,
  type Profile,
  type SealedMessage,
} from "../../src/protocol/index.js";
import { keysOf, serverContext } from "../protocol/people.js";
import {
  isOtherKey,
  MESSAGE_ID,
  NOW,
  type VectorCast,
  type VectorSecrets,
  vectorCast,
  vectorSecrets,
} from "./cast.js";
import type { Vector } from "./format.js";

const casts = new Map<string, Promise<VectorCast>>();
const secrets = new Map<Profile, Promise<VectorSecrets>>();

function kept<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** The people of a vector. */
export function castOf({ profile, keys = "" }: Pick<Vector, "profile" | "keys">): Promise<VectorCast> {
  const others = keys.split(", ").filter(isOtherKey);
  return kept(casts, `${profile} ${keys}`, () => vectorCast(profile, others));
}

/** The secrets of a profile, read once. */
export const secretsOf = (profile: Profile): Promise<VectorSecrets> =>
  kept(secrets, profile, () => vectorSecrets(profile));

/** What came of opening: `opened`, `not-for-me` or a code; for a reader also how it came, and what is in it. */
export interface Outcome {
  readonly result: string;
  readonly origin?: string;
  readonly payload?: string;
}

/** What a vector says that comes of it. */
export const expected = ({ expect: result, origin, "payload-sha256": payload }: Vector): Outcome => ({
  result,
  ...(origin === undefined ? {} : { origin }),
  ...(payload === undefined ? {} : { payload }),
});

/** Who the payload says wrote it, by the product's own reader of payloads. */
export async function identify(payload: Uint8Array): Promise<ClaimedAuthor> {
  const letter = await readPayload(payload);
  return { author: await authorOfLetter(letter), messageId: letter.messageId };
}

/** Who opens, and with what. */
export type About = Pick<Vector, "role" | "profile" | "shared" | "keys">;

/** Opens `sealed` as the vector's server or reader does. */
export async function openVector(about: About, sealed: SealedMessage): Promise<Outcome> {
  try {
    return about.role === "server"
      ? await openedAtServer(about, sealed)
      : await openedByReader(about, sealed);
  } catch (error) {
    if (error instanceof ListSealError) return { result: error.code };
    throw error;
  }
}

const has = ({ shared = "" }: About, who: "list" | "server" | "member") => shared.split(", ").includes(who);

async function openedAtServer(about: About, sealed: SealedMessage): Promise<Outcome> {
  const cast = await castOf(about);
  const { list, server } = await secretsOf(about.profile);
  const opened = await openAtServer(sealed, {
    ...serverContext(cast),
    ...(has(about, "list") ? { list: { address: cast.address, key: nameOf(list) } } : {}),
    ...(has(about, "server") ? { server } : {}),
    now: NOW,
  });
  // it becomes a header field of every copy
  if (!isMessageId(opened.messageId)) return { result: "binding-mismatch" };
  const fits = opened.by === cast.alice.fingerprint && opened.messageId === MESSAGE_ID;
  return { result: fits ? "opened" : "opened as somebody else's" };
}

/** What the reader of a vector gets; a letter is read on the way as the product reads it. */
export async function openForReader(about: About, sealed: SealedMessage): Promise<OpenResult> {
  const cast = await castOf(about);
  const { list, server, member } = await secretsOf(about.profile);
  return openPost(
    sealed,
    {
      ...keysOf(cast, about.role === "author" ? cast.alice : cast.bob),
      ...(has(about, "list") ? { list: { address: cast.address, key: list } } : {}),
      secrets: [about.role === "author" ? server : member],
      now: NOW,
    },
    identify,
  );
}

async function openedByReader(about: About, sealed: SealedMessage): Promise<Outcome> {
  const cast = await castOf(about);
  const opened = await openForReader(about, sealed);
  if (opened.kind === "not-for-me") return { result: "not-for-me" };
  const { author, messageId } = opened;
  const fits = author === cast.alice.fingerprint && messageId === MESSAGE_ID;
  return {
    result: fits ? "opened" : "opened as somebody else's",
    origin: originOf(opened),
    payload: await sha256(opened.payload),
  };
}

/** How a post came, in a word. */
export const originOf = ({ passage }: OpenedPost): string =>
  passage.via === "unproved" ? passage.reason : passage.via;
