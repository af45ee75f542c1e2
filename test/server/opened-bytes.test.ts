/**
 * What the server opens, and what it opens with: the key packet of a post is in its memory alone, its own secret key in
 * `keys/` besides. Neither is a secret of the list's members, but who has the key packets of captured mail and one
 * member's list key reads it all, removed members too.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sealingHalf } from "../../src/openpgp/keys.js";
import type { Mode } from "../../src/protocol/message.js";
import { openAtServer } from "../../src/protocol/reseal.js";
import { loadServerKey } from "../../src/server/store/server-keys.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, type SealedPost, seal } from "./play-server.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { onEachStore } from "./stores.js";
import { leftBehind, type Place, tracesOf, waysIn } from "./traces.js";

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = [await person("Alice"), await person("Bob")];
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});
afterEach(() => server.discard());

/** A part of the opened key packet that is random in each post: behind the packet's head and the key's name. */
async function keyPacketOf({ sealed }: SealedPost): Promise<Uint8Array> {
  const { literal } = await openAtServer(sealed, {
    list: { address: list.address, key: sealingHalf(list.key) },
    server: await loadServerKey(server.folder, list.list),
    author: sealingHalf(alice.key),
  });
  return literal.subarray(32, 64);
}

/** The secret numbers of the server's key, and each the other way round: formats differ in which end is first. */
async function serverSecrets(): Promise<readonly Uint8Array[]> {
  const { secret } = await loadServerKey(server.folder, list.list);
  const numbers = secret
    .getKeys()
    .flatMap(({ keyPacket }) =>
      Object.values(("privateParams" in keyPacket ? keyPacket.privateParams : undefined) ?? {}),
    )
    .filter((value) => value instanceof Uint8Array);
  expect(numbers).toHaveLength(2);
  return numbers.flatMap((number) => [number, Uint8Array.from(number).reverse()]);
}

async function expectNoTraces(post: SealedPost, more: readonly Place[] = []): Promise<void> {
  const places = await leftBehind(server, more);
  const packet = await keyPacketOf(post);
  expect(tracesOf([packet], places)).toEqual([]);
  const isKeyFile = ({ name }: { name: string }) => name.startsWith(server.folder.keys);
  const secrets = await serverSecrets();
  expect(
    tracesOf(
      secrets,
      places.filter((place) => !isKeyFile(place)),
    ),
  ).toEqual([]);
  // both searches would have found it: the key where it has to be, the post as it was received
  expect(tracesOf(secrets, places.filter(isKeyFile))).not.toEqual([]);
  const { sealed } = post;
  const received = (sealed.mode === "key" ? sealed.key : sealed.message).subarray(100, 132);
  expect(tracesOf([received], places)).not.toEqual([]);
}

test("the search finds bytes in every way in which a program writes them", () => {
  const secret = Uint8Array.from({ length: 32 }, (_, index) => 7 * index + 251);
  const hex = Buffer.from(secret).toString("hex");
  expect(waysIn(Buffer.concat([Buffer.from("ab"), secret]), secret)).toEqual(["raw"]);
  for (const text of [hex, hex.toUpperCase()]) expect(waysIn(Buffer.from(text), secret)).toEqual(["hex"]);
  for (const before of ["", "a", "ab"]) {
    const whole = Buffer.concat([Buffer.from(before), secret, Buffer.from("end")]);
    const lines = whole.toString("base64").replace(/(.{13})/g, "$1\r\n");
    for (const text of [lines, whole.toString("base64url")]) {
      expect(waysIn(Buffer.from(`x\n${text}`), secret)).toEqual(["base64"]);
    }
  }
});

onEachStore(() => {
  describe.each<Mode>(["key", "whole"])("mode %s", (mode) => {
    test("a post whose copies wait, and the notices about it", async () => {
      server.sink.mood = (recipient) =>
        recipient === bob.address ? { code: 450, text: "4.2.0 later", at: "data" } : undefined;
      const vitals = { host: "127.0.0.1", port: 0 };
      await server.start("smtp", "smtp", { vitals, retryPauses: [3_600_000] });
      const post = await seal(list, alice, { mode });
      await server.submit(list, alice, post.raw);
      // another seal around the same key packet: refused, and Alice hears of it
      const { messageId } = post;
      await server.submit(list, alice, (await seal(list, alice, { mode, messageId })).raw);
      await server.sink.until(({ seen }) => seen.length === 3);
      expect(server.sink.for(alice.address)).toHaveLength(2);
      const metrics = await fetch(`http://127.0.0.1:${server.service.vitals?.port}/metrics`);
      await expectNoTraces(post, [{ name: "metrics", bytes: Buffer.from(await metrics.arrayBuffer()) }]);
    });

    test("a post that waits for a moderator", async () => {
      const by = { by: "operator", at: new Date().toISOString() } as const;
      await server.office(({ store }) =>
        store.setPostPolicy(list.list.id, "moderated", { do: "policy", policy: "moderated", ...by }),
      );
      await server.start();
      const post = await seal(list, alice, { mode });
      await server.submit(list, alice, post.raw);
      expect(await server.service.store.heldPosts(list.list.id)).toHaveLength(1);
      await expectNoTraces(post);
    });

    test("a server that was killed with copies on their way", async () => {
      server.sink.stallAfter(0);
      const process = await ServerProcess.start(program, {
        folder: server.folder.path,
        place: server.place,
        relayPort: server.sink.port,
        lanes: 2,
      });
      const post = await seal(list, alice, { mode });
      await submit(process.port, { sender: alice.address, recipient: list.address, raw: post.raw });
      await server.sink.until(({ seen }) => seen.length === 2);
      await process.kill();
      server.logged.push(process.logged());
      await expectNoTraces(post);
    });
  });
});
