/** What a sealed list must not tell: planted markers are searched for wherever the server leaves anything. */
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { submit } from "./dialogue.js";
import { PlayServer, person, seal, textOf } from "./play-server.js";
import { build, ServerProcess } from "./server-process.js";
import { onEachStore } from "./stores.js";
import { leftBehind } from "./traces.js";

const marker = "Zebra-9f3c-planted";
const client = "Okapi-71aa-client";

/** Whether a process's own memory (heap, stacks, buffers) holds `text`, in the two ways in which a program keeps text. */
async function isInMemory(pid: number, text: string): Promise<boolean> {
  const needles = [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")];
  const maps = await readFile(`/proc/${pid}/maps`, "utf8");
  const memory = await open(`/proc/${pid}/mem`, "r");
  try {
    for (const [, from = "", to = ""] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
      const end = Number.parseInt(to, 16);
      for (let at = Number.parseInt(from, 16); at < end; at += WINDOW - needles.length * 4096) {
        const window = Buffer.alloc(Math.min(WINDOW, end - at));
        // what was given back to the system since can't be read
        const { bytesRead } = await memory.read(window, 0, window.length, at).catch(() => ({ bytesRead: 0 }));
        const read = window.subarray(0, bytesRead);
        if (needles.some((needle) => read.includes(needle))) return true;
      }
    }
    return false;
  } finally {
    await memory.close();
  }
}

/** Bytes read at once. */
const WINDOW = 8 * 1024 * 1024;

onEachStore(() => {
  test("a post's words are in nothing that the server writes, and a copy tells nothing of the author's program or of other members", async () => {
    const server = await PlayServer.make();
    try {
      const [alice, bob, eve] = [await person("Alice"), await person("Bob"), await person("Eve")];
      const list = await server.createList("team@lists.test");
      for (const who of [alice, bob, eve]) await server.join(list, who);
      server.sink.mood = (recipient) =>
        recipient === eve.address ? { code: 450, text: "4.2.0 later", at: "data" } : undefined;
      await server.start("smtp", "smtp", {
        vitals: { host: "127.0.0.1", port: 0 },
        retryPauses: [3_600_000],
      });
      const fields = [
        "User-Agent",
        "X-Mailer",
        "Content-Language",
        "X-Forwarded-For",
        "Organization",
        "Comments",
      ];
      const head = [
        `Received: from ${client} ([192.0.2.7]) by x.test; Sun, 1 Nov 2026 00:00:00 +0000`,
        ...fields.map((field) => `${field}: ${client}`),
      ];
      const sealed = await seal(list, alice, { text: `Secret ${marker}` });
      const raw = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n`), sealed.raw]);
      expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
      // mail in the clear, to each address that takes some: refused or read, and kept nowhere
      for (const recipient of ["team@lists.test", "team-bounces@lists.test"]) {
        const plain = `From: ${alice.address}\r\nSubject: ${marker}\r\n\r\nundeliverable: user unknown ${marker}\r\n`;
        await server.submit({ ...list, address: recipient }, alice, plain);
      }
      await server.sink.until((sink) => sink.seen.length === 3);
      const metrics = await fetch(`http://127.0.0.1:${server.service.vitals?.port}/metrics`);
      const text = await metrics.text();

      // it was really there: a member reads it
      expect(await textOf(list, bob, server.sink.for(bob.address)[0]?.raw ?? Buffer.alloc(0))).toContain(
        marker,
      );
      for (const copy of server.sink.seen) {
        expect(searchBytes("copy", copy, marker)).toEqual([]);
        expect(searchBytes("copy", copy, client)).toEqual([]);
        expect(searchBytes("copy", copy, "192.0.2.7")).toEqual([]);
      }
      for (const { recipient, raw: copy, sender } of server.sink.caught) {
        for (const other of [alice, bob, eve].filter(({ address }) => address !== recipient)) {
          expect(copy.includes(other.address)).toBe(false);
          expect(sender).not.toContain(other.name.toLowerCase());
        }
      }
      const log = Buffer.from(server.logged.join(""));
      for (const word of [marker, client, "people.test", sealed.messageId]) {
        expect(searchBytes("log", log, word)).toEqual([]);
        expect(searchBytes("metrics", Buffer.from(text), word)).toEqual([]);
      }
      // eve's copy waits: database, write-ahead log and all else in the folder, as a thief would find it
      const left = await leftBehind(server);
      for (const { name, bytes } of left) expect(searchBytes(name, bytes, marker)).toEqual([]);
      // the database was among it: a post's message id is no secret
      const kept = left.filter(({ name }) => !name.startsWith("mail "));
      expect(kept.flatMap(({ name, bytes }) => searchBytes(name, bytes, sealed.messageId))).not.toEqual([]);
      // the search would have found it
      await writeFile(join(server.folder.path, "planted"), Buffer.from(`x ${marker}`).toString("base64"));
      expect(searchPaths([server.folder.path], marker).findings).not.toEqual([]);
    } finally {
      await server.discard();
    }
  });

  test("the memory of a process that has just resealed a post does not hold what it says", async () => {
    const server = await PlayServer.make();
    const program = await build("test/server/serve-entry.ts");
    try {
      const [alice, bob] = [await person("Alice"), await person("Bob")];
      const list = await server.createList("team@lists.test");
      for (const who of [alice, bob]) await server.join(list, who);
      const process = await ServerProcess.start(program, {
        folder: server.folder.path,
        place: server.place,
        relayPort: server.sink.port,
        lanes: 2,
      });
      const { raw, messageId } = await seal(list, alice, { text: `Secret ${marker}` });
      await submit(process.port, { sender: alice.address, recipient: list.address, raw });
      await server.sink.until((sink) => sink.caught.length === 2);
      const { pid = 0 } = process.child;
      expect(await isInMemory(pid, marker)).toBe(false);
      // the search would have found it: the message id stands in the clear on every copy
      expect(await isInMemory(pid, messageId)).toBe(true);
      await process.kill();
      for (const { name, bytes } of await leftBehind(server))
        expect(searchBytes(name, bytes, marker)).toEqual([]);
    } finally {
      await program.discard();
      await server.discard();
    }
  });
});
