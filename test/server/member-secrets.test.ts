/** Secrets that the server shares with a member in place of key pairs: from a post to the copy that opens. */
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { generateSecret, type SharedSecret } from "../../src/openpgp/secrets.js";
import {
  dropUnusedSecrets,
  secretFromText,
  UNUSED_SECRET_MS,
} from "../../src/server/store/member-secrets.js";
import { open, type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";

onEachStore(() => {
  let server: PlayServer;
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let alices: SharedSecret<"server">;
  let bobs: SharedSecret<"member">;

  beforeEach(async () => {
    server = await PlayServer.make();
    [alice, bob, carol] = await Promise.all([person("Alice"), person("Bob"), person("Carol")]);
    alices = await generateSecret("server", "compatible");
    bobs = await generateSecret("member", "compatible");
  });

  afterEach(() => server.discard());

  /** Alice posts under a secret, Bob gets his copies under one, Carol has her key pair. */
  async function listOfThree(settings: Parameters<PlayServer["createList"]>[1] = {}): Promise<PlayList> {
    const list = await server.createList("team@lists.test", settings);
    await server.join(list, alice, "encrypted", { postsSecret: alices.secret });
    await server.join(list, bob, "mixed", { copiesSecret: bobs.secret });
    await server.join(list, carol);
    return list;
  }

  const copyFor = (who: Person): Uint8Array => {
    const [copy] = server.sink.for(who.address);
    if (copy === undefined) throw new Error("no copy");
    return copy.raw;
  };
  const throughTheList = () => ({ kind: "opened", passage: { via: "list", by: alice.key.fingerprint } });

  describe.each(["key", "whole"] as const)("mode %s", (mode) => {
    test.each(["compatible", "rfc9580"] as const)(
      "a post under the sender's secret becomes a copy under the reader's, profile %s",
      async (profile) => {
        alices = await generateSecret("server", profile);
        bobs = await generateSecret("member", profile);
        [alice, bob, carol] = await Promise.all([
          person("Alice", profile),
          person("Bob", profile),
          person("Carol", profile),
        ]);
        const list = await listOfThree({ mode, profile });
        await server.start();
        expect(await server.post(list, alice, { server: alices })).toMatchObject({ code: 250 });
        await server.sink.until((sink) => sink.caught.length === 3);

        expect(await open(list, bob, copyFor(bob), [bobs])).toMatchObject(throughTheList());
        expect(await open(list, carol, copyFor(carol))).toMatchObject(throughTheList());
        // under the secret alone: neither Bob's own key opens it nor anybody else's secret
        expect(await open(list, bob, copyFor(bob))).toEqual({ kind: "not-for-me" });
        const other = await generateSecret("member", profile);
        expect(await open(list, bob, copyFor(bob), [other])).toEqual({ kind: "not-for-me" });
      },
    );
  });

  test("a sender who has a secret may use the server's key, too", async () => {
    const list = await listOfThree();
    await server.start();
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
  });

  test("pairwise: another member's post under Alice's secret is refused, and so is one under a reader's", async () => {
    const list = await listOfThree();
    await server.start();
    for (const secret of [alices, { ...bobs, role: "server" } as const]) {
      expect(await server.post(list, bob, { server: secret })).toMatchObject({ code: 550 });
      expect(await server.post(list, carol, { server: secret })).toMatchObject({ code: 550 });
    }
    expect(server.sink.caught).toEqual([]);
  });

  test("a secret is for one member and one use, and what was refused leaves no file", async () => {
    const list = await listOfThree();
    const dave = await person("Dave");
    const fresh = await generateSecret("member", "compatible");
    for (const secrets of [
      { copiesSecret: bobs.secret },
      { copiesSecret: alices.secret },
      { postsSecret: bobs.secret },
      { copiesSecret: fresh.secret, postsSecret: fresh.secret },
    ]) {
      await expect(server.join(list, dave, "mixed", secrets)).rejects.toThrow(/one member and one use/);
    }
    const files = (await readdir(server.folder.keys)).filter((name) => name.endsWith(".secret"));
    expect(files.sort()).toEqual([`${alices.fingerprint}.secret`, `${bobs.fingerprint}.secret`].sort());
  });

  test("only this user reads its file; the store has its name alone", async () => {
    await listOfThree();
    const path = join(server.folder.keys, `${bobs.fingerprint}.secret`);
    expect((await stat(path)).mode & 0o077).toBe(0);
    const text = await readFile(path, "utf8");
    expect(secretFromText(text)).toEqual(bobs.secret);
    if (server.place.kind === "sqlite") {
      const database = await readFile(server.place.file, "latin1");
      expect(database).not.toContain(text.trim());
      expect(database).not.toContain(Buffer.from(bobs.secret).toString("latin1"));
    }
  });

  test("without its file that member's copy waits for the operator, and the others get theirs", async () => {
    const list = await listOfThree();
    await rm(join(server.folder.keys, `${bobs.fingerprint}.secret`));
    await server.start();
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    await server.untilQuiet();
    await server.sink.until((sink) => sink.caught.length === 2);
    expect(server.sink.for(bob.address)).toEqual([]);
    expect(await server.office(({ store }) => store.queueCounts())).toMatchObject({ aside: 1 });
  });

  test("a removed member's secret is deleted once no post under it can wait any more", async () => {
    const list = await listOfThree();
    await server.remove(list, bob);
    const files = async () =>
      (await readdir(server.folder.keys)).filter((name) => name.endsWith(".secret")).sort();
    await server.office(async ({ store, folder }) => {
      const now = Date.now();
      expect(await dropUnusedSecrets(folder, store, now)).toBe(0);
      expect(await files()).toHaveLength(2);
      const long = (now - UNUSED_SECRET_MS) / 1000 - 60;
      for (const name of await files()) await utimes(join(folder.keys, name), long, long);
      expect(await dropUnusedSecrets(folder, store, now)).toBe(1);
      expect(await files()).toEqual([`${alices.fingerprint}.secret`]);
    });
  });

  test("what is not 64 hex digits is no secret", () => {
    for (const text of ["", "00".repeat(31), "zz".repeat(32), `${"00".repeat(32)} 1`]) {
      expect(() => secretFromText(text)).toThrow(expect.objectContaining({ code: "key-damaged" }));
    }
  });
});
