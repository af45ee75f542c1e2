/** An author whose clock is ahead is somebody to be read; a post that is dated far ahead outlives a memory of posts. */
import { createMessage, verify } from "openpgp";
import {
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { type Cast, keysOf, listOf, makeCast, saysAlice, serverContext } from "../protocol/people.js";
import { bytes, firstOf, opened } from "./forge.js";
import { naiveServer, roster } from "./naive/naive-server.js";

const MINUTE_MS = 60_000;
const now = new Date();
const ahead = (minutes: number) => new Date(now.getTime() + minutes * MINUTE_MS);

describe.each([
  ["compatible", "key"],
  ["compatible", "whole"],
  ["rfc9580", "key"],
  ["rfc9580", "whole"],
] as const)("%s, mode %s", (profile, mode) => {
  const messageId = "<1@example.test>";
  let cast: Cast;
  beforeAll(async () => {
    cast = await makeCast(profile);
  });

  /** Alice's post, sealed while her clock says `date`. */
  async function sealedAt(date: Date): Promise<SealedMessage> {
    const list = listOf(cast);
    const server = sealingHalf(cast.serverKey);
    return sealPost({ mode, payload: bytes("x"), messageId, list, server, author: cast.alice, date });
  }
  const serverAt = (clock: Date) => ({ ...serverContext(cast), now: clock });

  /** What Bob's program says of a copy, sealed by a server whose clock says `clock`, while his own says `now`. */
  async function bobReads(submitted: SealedMessage, clock: Date) {
    const context = serverAt(clock);
    const post = await openAtServer(submitted, context);
    const prepared = await prepareReseal(post, { ...context, roster, date: clock });
    const copy = await resealFor(prepared, sealingHalf(cast.bob));
    return openPost(copy, { ...keysOf(cast, cast.bob), now }, saysAlice(cast));
  }

  test("nine minutes ahead: a library that asks today's clock alone refuses the post", async () => {
    const submitted = await sealedAt(ahead(9));
    const outer = submitted.mode === "key" ? submitted.key : submitted.message;
    const layer = await opened(outer, cast.serverKey);
    const { signatures } = await verify({
      message: await createMessage({ binary: layer.literal }),
      signature: firstOf(layer),
      verificationKeys: sealingHalf(cast.alice).certificate,
      date: now,
    });
    await expect(signatures[0]?.verified).rejects.toThrow(/future/);
  });

  test("nine minutes ahead: server and reader take it, and it came through the list", async () => {
    const submitted = await sealedAt(ahead(9));
    await expect(openAtServer(submitted, serverAt(now))).resolves.toMatchObject({ messageId });
    await expect(bobReads(submitted, now)).resolves.toMatchObject({
      kind: "opened",
      passage: { via: "list" },
    });
  });

  test("eleven minutes ahead: taken where the signature's own date is the clock, as for old mail", async () => {
    const submitted = await sealedAt(ahead(11));
    const taken = await naiveServer({ without: "window" }).open(submitted, serverAt(ahead(11)));
    expect(taken.signedAt.getTime()).toBeGreaterThan(ahead(10).getTime());
  });

  test("eleven minutes ahead: the server refuses it", async () => {
    const submitted = await sealedAt(ahead(11));
    await expect(openAtServer(submitted, serverAt(now))).rejects.toMatchObject({
      code: "from-the-future",
    });
  });

  test("eleven minutes ahead, through a server whose clock is ahead as well: the reader refuses it", async () => {
    await expect(bobReads(await sealedAt(ahead(11)), ahead(11))).rejects.toMatchObject({
      code: "from-the-future",
    });
  });
});
