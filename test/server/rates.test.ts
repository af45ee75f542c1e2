/** Limits on posts, answers' address, and the author's own copy. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { readSealedMail } from "../../src/mail/sealed-mail.js";
import { defaultListSettings } from "../../src/server/store/list-settings.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let alice: Person;
let bob: Person;
let list: PlayList;

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = [await person("Alice"), await person("Bob")];
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});

afterEach(() => server.discard());

onEachStore(() => {
  test("who posts too much is told to try later, and can later; a captured post sent again uses nobody's allowance", async () => {
    let now = Date.now();
    await server.start("smtp", "smtp", { limits: { author: 2, list: 3 }, now: () => now });
    const captured = await seal(list, alice);
    expect(await server.submit(list, alice, captured.raw)).toMatchObject({ code: 250 });
    for (let again = 0; again < 3; again++) {
      expect(await server.submit(list, alice, captured.raw)).toMatchObject({ code: 250 });
    }
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    const late = await seal(list, alice);
    expect(await server.submit(list, alice, late.raw)).toMatchObject({ code: 450 });
    expect(await server.post(list, bob)).toMatchObject({ code: 250 });
    // the list's own limit
    expect(await server.post(list, bob)).toMatchObject({ code: 450 });

    now += 31 * 60_000;
    expect(await server.submit(list, alice, late.raw)).toMatchObject({ code: 250 });
  });

  test("a reload changes the limits", async () => {
    await server.start("smtp", "smtp", { limits: { author: 1, list: 9 } });
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    expect(await server.post(list, alice)).toMatchObject({ code: 450 });
    const relay = { protocol: "smtp", host: "127.0.0.1", port: server.sink.port, tls: "none" } as const;
    server.service.reload({ relay });
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
  });

  test("an owner's choice: answers go to the author, and authors get no copy", async () => {
    await server.start();
    await server.service.store.setListSettings(list.list.id, {
      ...defaultListSettings,
      replyTo: "author",
      authorCopy: false,
    });
    await server.post(list, alice);
    await server.untilQuiet();
    expect(server.sink.for(alice.address)).toEqual([]);
    const [copy] = server.sink.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    expect(await PostalMime.parse(copy.raw)).toMatchObject({
      from: { name: "Alice via Team", address: "team@lists.test" },
      replyTo: [{ name: "Alice", address: alice.address }],
    });
  });

  test("a server that takes the header's word for its author has what anybody wrote", async () => {
    const { raw } = await seal(list, alice, { from: { ...alice, name: "The Treasurer" } });
    expect(await readSealedMail(raw)).toMatchObject({
      from: { name: "The Treasurer", address: alice.address },
    });
  });

  test("what the header calls the author is on no copy: anybody could have written it", async () => {
    await server.start();
    await server.service.store.setListSettings(list.list.id, { ...defaultListSettings, replyTo: "author" });
    await server.post(list, alice, { from: { ...alice, name: "The Treasurer" } });
    await server.untilQuiet();
    const [copy] = server.sink.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    expect(copy.raw.includes("Treasurer")).toBe(false);
    expect(await PostalMime.parse(copy.raw)).toMatchObject({
      replyTo: [{ name: "Alice", address: alice.address }],
    });
  });

  test("of two members with one name, each is told by their key", async () => {
    await server.join(list, { ...(await person("Other")), name: "ALICE" });
    await server.start();
    await server.post(list, alice);
    await server.untilQuiet();
    const [copy] = server.sink.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    const digits = alice.key.fingerprint.slice(0, 8).toUpperCase();
    expect(await PostalMime.parse(copy.raw)).toMatchObject({
      from: { name: `Alice (${digits}) via Team`, address: list.address },
    });
  });

  test("mail for the owner goes to who is owner, as it came, and to nobody else", async () => {
    await server.start();
    const raw = "From: x@other.test\r\nSubject: I can't read it\r\n\r\nHelp\r\n";
    const ask = (mail = raw) => server.submit({ ...list, address: "team-owner@lists.test" }, bob, mail);
    expect(await ask()).toMatchObject({ code: 550 });
    const at = new Date().toISOString();
    const role = { do: "role", address: bob.address, role: "owner", by: "operator", at } as const;
    await server.service.store.setMemberRole(list.list.id, bob.address, "owner", role);
    expect(await ask()).toMatchObject({ code: 250 });
    expect(server.sink.caught.map(({ recipient }) => recipient)).toEqual([bob.address]);
    expect(server.sink.caught[0]?.raw.toString()).toBe(raw);
    await server.sink.close();
    expect(await ask(`${raw}And more\r\n`)).toMatchObject({ code: 451 });
    await server.sink.reopen();
  });
});
