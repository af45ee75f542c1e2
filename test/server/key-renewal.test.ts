/** New encryption subkeys for a server key, and the end of old ones; keys that are locked. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readSealingKey } from "../../src/openpgp/keys.js";
import { createList } from "../../src/server/admin/administration.js";
import { DAY_MS } from "../../src/server/base/limits.js";
import { renewServerKey } from "../../src/server/store/key-renewal.js";
import { loadServerKey } from "../../src/server/store/server-keys.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let alice: Person;
let list: PlayList;
const plan = { renewAfter: 90, deleteAfter: 30 };

beforeEach(async () => {
  server = await PlayServer.make();
  alice = await person("Alice");
});

afterEach(() => server.discard());

onEachStore(() => {
  test.each(["compatible", "rfc9580"] as const)(
    "%s: posts to the old subkey and to the new are taken, until the old one is deleted",
    async (profile) => {
      list = await server.createList("team@lists.test", { profile });
      alice = await person("Alice", profile);
      await server.join(list, alice);
      await server.start();
      const { store } = server.service;
      const renew = async (date: Date) => {
        const row = await store.listById(list.list.id);
        if (row === undefined) throw new Error("no list");
        return renewServerKey(server.folder, store, row, plan, date);
      };
      const made = list.server.certificate.getCreationTime().getTime();
      expect(await renew(new Date(made + 89 * DAY_MS))).toEqual({ added: false, deleted: 0 });
      // as if the first subkey were old: the new one is dated now, so that it can be used
      expect(
        await renewServerKey(server.folder, store, list.list, { renewAfter: 0, deleteAfter: 30 }, new Date()),
      ).toEqual({
        added: true,
        deleted: 0,
      });
      const row = await store.listById(list.list.id);
      const renewed = { ...list, server: await readSealingKey("server", row?.serverCertificate ?? "") };
      expect(renewed.server.fingerprint).toBe(list.server.fingerprint);
      expect(renewed.server.certificate.subkeys).toHaveLength(2);
      for (const way of [list, renewed]) expect(await server.post(way, alice)).toMatchObject({ code: 250 });

      expect(await renew(new Date(Date.now() + 31 * DAY_MS))).toEqual({ added: false, deleted: 1 });
      expect(await server.post(list, alice)).toMatchObject({ code: 550 });
      expect(await server.post(renewed, alice)).toMatchObject({ code: 250 });
      const armored = await readFile(
        join(server.folder.certificates, `${list.server.fingerprint}.asc`),
        "utf8",
      );
      expect((await readSealingKey("server", armored)).certificate.subkeys).toHaveLength(1);
    },
  );
});

test("a key that is locked by a passphrase opens with it alone, and from a credential too", async () => {
  const locked = { ...server.folder, passphrase: "correct horse" };
  const created = await server.office((office) =>
    createList(
      { ...office, folder: locked },
      { address: "team@lists.test", name: "Team", mode: "key", delivery: "resealed", profile: "compatible" },
    ),
  );
  const { serverKeyFile } = created.list;
  await expect(loadServerKey(server.folder, created.list)).rejects.toThrow("is locked");
  await expect(loadServerKey({ ...locked, passphrase: "wrong" }, created.list)).rejects.toThrow(
    "does not unlock",
  );
  expect((await loadServerKey(locked, created.list)).fingerprint).toBe(created.list.serverFingerprint);
  const credentials = {
    ...locked,
    keys: join(server.folder.path, "nowhere"),
    credentials: server.folder.keys,
  };
  expect((await loadServerKey(credentials, created.list)).fingerprint).toBe(created.list.serverFingerprint);
  expect(serverKeyFile).toMatch(/\.key$/);
});
