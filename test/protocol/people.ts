/** Named people with keys, and a list between them: what every test of the protocol starts from. */
import {
  type ClaimedAuthor,
  generateKey,
  generateMemberKey,
  type MemberKeys,
  type Mode,
  type OpeningKey,
  type Profile,
  type SealedMessage,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";

/** A list with its two keys and some members. */
export interface Cast {
  readonly address: string;
  readonly profile: Profile;
  readonly listKey: OpeningKey<"list">;
  readonly serverKey: OpeningKey<"server">;
  readonly alice: OpeningKey<"member">;
  readonly bob: OpeningKey<"member">;
  readonly eve: OpeningKey<"member">;
}

/** Makes a cast with fresh keys. */
export async function makeCast(profile: Profile, address = "team@lists.example"): Promise<Cast> {
  const person = (name: string) =>
    generateMemberKey({ name, address: `${name.toLowerCase()}@example.test`, profile });
  const [listKey, serverKey, alice, bob, eve] = await Promise.all([
    generateKey("list", { address, profile }),
    generateKey("server", { address, profile }),
    person("Alice"),
    person("Bob"),
    person("Eve"),
  ]);
  return { address, profile, listKey, serverKey, alice, bob, eve };
}

/** The list as senders and the server know it. */
export const listOf = (cast: Cast) => ({ address: cast.address, key: sealingHalf(cast.listKey) });

/** Alice seals `payload` for the list. */
export const aliceSeals = (cast: Cast, mode: Mode, payload: Uint8Array, messageId = "<1@example.test>") =>
  sealPost({
    mode,
    payload,
    messageId,
    list: listOf(cast),
    server: sealingHalf(cast.serverKey),
    author: cast.alice,
  });

/** What the server opens Alice's submissions with. */
export const serverContext = (cast: Cast) => ({
  list: listOf(cast),
  server: cast.serverKey,
  author: sealingHalf(cast.alice),
});

/** What a member opens with. */
export const keysOf = (cast: Cast, ...member: OpeningKey<"member">[]): MemberKeys => ({
  member,
  list: { address: cast.address, key: cast.listKey },
  server: sealingHalf(cast.serverKey),
});

/** A payload in these tests carries no headers: the author is Alice. */
export const saysAlice =
  (cast: Cast, messageId = "<1@example.test>") =>
  async (): Promise<ClaimedAuthor> => ({ author: sealingHalf(cast.alice), messageId });

/** The server's copy of `sealed` with one bit of one part flipped. */
export function withFlippedBit(sealed: SealedMessage, part: "key" | "body", at: number): SealedMessage {
  const flip = (bytes: Uint8Array) => {
    const copy = Uint8Array.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  if (sealed.mode === "whole") return { ...sealed, message: flip(sealed.message) };
  return part === "key" ? { ...sealed, key: flip(sealed.key) } : { ...sealed, body: flip(sealed.body) };
}
