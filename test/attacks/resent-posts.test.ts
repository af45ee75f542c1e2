/**
 * An attack on "came through the list": Eve, a member, has the session key of every post. She wraps Alice's anew and sends it to Bob
 * before the list does.
 */
import { rememberPost, type SeenPost } from "../../src/extension/records/storage.js";
import { split } from "../../src/openpgp/packets.js";
import { openPost, type SealedMessage, sealingHalf } from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice, serverContext } from "../protocol/people.js";
import { bytes, encryptWith, opened, respelled, respellings } from "./forge.js";
import { naiveServer } from "./naive/naive-server.js";

let cast: Cast;
let copy: SealedMessage;
let message: Uint8Array;

beforeAll(async () => {
  cast = await makeCast("compatible");
  const sealed = await aliceSeals(cast, "key", bytes("Alice's words"));
  if (sealed.mode !== "key") throw new Error("mode key is meant");
  copy = await naiveServer({ without: [] }).deliver(sealed, serverContext(cast), sealingHalf(cast.bob));
  // what she gets out of her own copy is what the server signed
  const { literal } = await opened(sealed.key, cast.serverKey);
  message = Buffer.concat([literal, sealed.body]);
});

/** What Eve sends to Bob herself. */
async function sentFirst(how: (typeof respellings)[number]): Promise<SealedMessage> {
  const keyPacket = await respelled(message, cast.listKey, how);
  const key = await encryptWith(keyPacket, [], [sealingHalf(cast.bob).certificate]);
  return { mode: "key", key, body: split(message).dataPacket };
}

async function bobReads(sealed: SealedMessage) {
  const read = await openPost(sealed, keysOf(cast, cast.bob), saysAlice(cast));
  if (read.kind !== "opened" || sealed.mode !== "key") throw new Error("Bob can't read it");
  const { literal } = await opened(sealed.key, cast.bob);
  const post: SeenPost = {
    ...{ list: cast.address, author: read.author, messageId: read.messageId },
    dataPacketDigest: read.dataPacketDigest,
    cameThroughList: "roster" in read.passage,
  };
  return { post, keyPacket: Buffer.from(literal).toString("hex") };
}

test.each(respellings)(
  "%s: takes the list's word from the post where key packets are remembered",
  async (how) => {
    const seen = new Map<string, string>();
    const shows = ({ post, keyPacket }: Awaited<ReturnType<typeof bobReads>>) => {
      const name = `${post.author} ${post.messageId}`;
      const before = seen.get(name);
      seen.set(name, before ?? keyPacket);
      return before === undefined || before === keyPacket ? "as it came" : "said before";
    };
    expect(shows(await bobReads(await sentFirst(how)))).toBe("as it came");
    expect(shows(await bobReads(copy))).toBe("said before");
  },
);

test.each(respellings)("%s: the list's copy comes through the list for the real reader", async (how) => {
  const early = await bobReads(await sentFirst(how));
  expect(early.post.cameThroughList).toBe(false);
  expect(await rememberPost(early.post)).not.toBe("reused");
  const true1 = await bobReads(copy);
  expect(true1.post.cameThroughList).toBe(true);
  expect(await rememberPost(true1.post)).not.toBe("reused");
  // and whatever she sends afterwards is the same post
  expect(await rememberPost(early.post)).toBe("again");
});
