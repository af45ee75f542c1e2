/** What a large post has done to it in the server's own thread is done in pieces, with everybody else's turn between. */
import { randomBytes } from "node:crypto";
import { base64Lines } from "../../src/mail/mime.js";
import { openStore } from "../../src/server/kept/open-store.js";
import { PIECE_OCTETS } from "../../src/server/kept/sql-post-octets.js";
import { base64InTurns } from "../../src/server/out/base64-in-turns.js";
import { writeContainer } from "../../src/server/out/reseal/container.js";
import { addCrowd } from "./crowd.js";
import { PlayServer } from "./play-server.js";
import { turnsDuring } from "./turns.js";
import { anybodysWarrant } from "./warrants.js";

const PIECES = 24;
const large = randomBytes(PIECES * PIECE_OCTETS);

test("its base64: the same as in one go, which is one turn", async () => {
  expect(await turnsDuring((async () => base64Lines(large))())).toBeLessThan(3);
  let encoded: Uint8Array | undefined;
  const turns = await turnsDuring(
    base64InTurns(large).then((made) => {
      encoded = made;
    }),
  );
  expect(turns).toBeGreaterThan(PIECES / 3);
  expect(Buffer.from(encoded ?? []).equals(base64Lines(large))).toBe(true);
});

test.each([0, 1, 57, 58, 57 * 16_384, 57 * 16_384 + 1, 57 * 16_384 * 2])(
  "%i octets come out as in one go",
  async (length) => {
    const octets = large.subarray(0, length);
    expect(Buffer.from(await base64InTurns(octets)).equals(base64Lines(octets))).toBe(true);
  },
);

test.each([
  { version: 1, cipher: "aes256" },
  { version: 2, cipher: "aes256", aead: "gcm" },
] as const)("its container, SEIPD version $version", async (suite) => {
  const making = writeContainer([large], randomBytes(32), suite);
  expect(await turnsDuring(making)).toBeGreaterThan(PIECES / 2);
});

test("its octets, as they come from the database", async () => {
  const server = await PlayServer.make();
  const list = await server.createList("team@lists.test");
  await server.office((office) => addCrowd(office, list, 1));
  const store = await openStore(server.place);
  try {
    const now = Date.now();
    const queued = await store.queuePost({
      listId: list.list.id,
      raw: large,
      accepted: now,
      messageId: "<large@people.test>",
      signer: "a1".repeat(20),
      keyPacketDigest: "large",
      dataPacketDigest: "large",
      sealDigest: "large",
      keptUntil: now,
      author: { kind: "member", name: "Alice", certificate: Buffer.from("certificate") },
      warrant: anybodysWarrant(list.list),
    });
    if (queued.kind !== "queued") throw new Error(queued.kind);
    expect(await turnsDuring(store.post(queued.postId))).toBeGreaterThan(PIECES / 2);
  } finally {
    await store.close();
    await server.discard();
  }
});
