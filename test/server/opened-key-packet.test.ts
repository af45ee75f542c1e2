/**
 * The opened key packet is what the server must not leave behind: with it and any list key that was ever stolen a thief of
 * the disk reads. It lives in memory while copies are made; a queued or held post is kept as it came, sealed.
 */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openAtServer, sealingHalf, split } from "../../src/protocol/index.js";
import { loadServerKey } from "../../src/server/store/server-keys.js";
import { base64Cores, filesUnder } from "../world/evidence.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";

let server: PlayServer;
let alice: Person;
let bob: Person;
beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
});
afterEach(() => server.discard());

/** What is looked for: octets of the encrypted session key, as they are, in hex, and in base64 wherever they begin. */
function needlesOf(keyPacket: Uint8Array): readonly (readonly [name: string, needle: Buffer])[] {
  // behind header, version, key id, algorithm: nothing that other packets share
  const octets = Buffer.from(keyPacket.subarray(-48));
  return [
    ["octets", octets],
    ["hex", Buffer.from(octets.toString("hex"))],
    ["HEX", Buffer.from(octets.toString("hex").toUpperCase())],
    ...base64Cores(octets).map((core): [string, Buffer] => ["base64", Buffer.from(core)]),
  ];
}

function found(bytes: Buffer, keyPacket: Uint8Array): readonly string[] {
  // mail breaks base64 into lines
  const inOneLine = Buffer.from(bytes.toString("latin1").replace(/[\r\n]/g, ""), "latin1");
  return needlesOf(keyPacket).flatMap(([name, needle]) =>
    bytes.includes(needle) || inOneLine.includes(needle) ? [name] : [],
  );
}

/** Where in the server's folder, database and write-ahead log included, it is found. */
const foundInFolder = (keyPacket: Uint8Array) =>
  filesUnder(server.folder.path).flatMap((file) =>
    found(readFileSync(file), keyPacket).map((name) => `${name} in ${file}`),
  );

/** The key packet of a post that Alice has sealed, as the server gets it by opening. */
async function keyPacketOf(list: PlayList, sealed: Awaited<ReturnType<typeof seal>>["sealed"]) {
  const opened = await openAtServer(sealed, {
    list: { address: list.address, key: sealingHalf(list.key) },
    server: await loadServerKey(server.folder, list.list),
    author: sealingHalf(alice.key),
  });
  return sealed.mode === "key" ? opened.literal : split(opened.literal).keyPacket;
}

test.each(["key", "whole"] as const)(
  "mode %s: while copies wait, and after they are out, it is in no file, log line or copy",
  async (mode) => {
    const list = await server.createList("team@lists.test", { mode });
    for (const who of [alice, bob]) await server.join(list, who);
    server.sink.mood = (recipient) =>
      recipient === bob.address ? { code: 450, text: "4.2.0 later", at: "data" } : undefined;
    await server.start("smtp", "smtp", { retryPauses: [3_600_000] });
    const { sealed, raw } = await seal(list, alice);
    const keyPacket = await keyPacketOf(list, sealed);
    expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
    await server.sink.until((sink) => sink.caught.length === 1 && sink.seen.length === 2);
    expect(foundInFolder(keyPacket)).toEqual([]);
    expect(found(Buffer.from(server.logged.join("")), keyPacket)).toEqual([]);
    for (const copy of server.sink.seen) expect(found(copy, keyPacket)).toEqual([]);
    await server.stop();
    expect(foundInFolder(keyPacket)).toEqual([]);

    // the search would have found it
    for (const [name, needle] of needlesOf(keyPacket)) {
      const [half, end] = [needle.length / 2, Buffer.from(name === "base64" ? "\r\n" : "")];
      const planted = [Buffer.from("x"), needle.subarray(0, half), end, needle.subarray(half)];
      await writeFile(join(server.folder.path, "planted"), Buffer.concat(planted));
      expect(foundInFolder(keyPacket)).toEqual([`${name} in ${join(server.folder.path, "planted")}`]);
    }
  },
);

test("delivery `opened`, which forwards it to the members, does not keep it either", async () => {
  const list = await server.createList("open@lists.test", { delivery: "opened" });
  for (const who of [alice, bob]) await server.join(list, who);
  await server.start();
  const { sealed, raw } = await seal(list, alice);
  const keyPacket = await keyPacketOf(list, sealed);
  expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
  await server.untilQuiet();
  // that is what this setting gives up: it is in every copy
  expect(server.sink.caught.map((copy) => found(copy.raw, keyPacket).length > 0)).toEqual([true, true]);
  expect(foundInFolder(keyPacket)).toEqual([]);
  expect(found(Buffer.from(server.logged.join("")), keyPacket)).toEqual([]);
});

test("a post that is held for moderation is kept as it came", async () => {
  const list = await server.createList("held@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
  await server.office(async ({ store }) => {
    const by = { by: "operator", at: "2026-11-22T00:00:00.000Z" } as const;
    await store.setMemberRole(list.list.id, bob.address, "moderator", {
      do: "role",
      address: bob.address,
      role: "moderator",
      ...by,
    });
    await store.setPostPolicy(list.list.id, "moderated", { do: "policy", policy: "moderated", ...by });
  });
  await server.start();
  const { sealed, raw } = await seal(list, alice);
  const keyPacket = await keyPacketOf(list, sealed);
  expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
  expect(foundInFolder(keyPacket)).toEqual([]);
  expect(found(Buffer.from(server.logged.join("")), keyPacket)).toEqual([]);
});
