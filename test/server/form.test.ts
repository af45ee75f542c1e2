/** What no honest mail program sends is refused at the door, byte by byte over a real socket. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MAX_HEADER_LINES, MAX_MAIL_BYTES, MAX_RECEIVED } from "../../src/server/base/limits.js";
import { Dialogue, dotted, submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let list: PlayList;
let alice: Person;

beforeEach(async () => {
  server = await PlayServer.make();
  alice = await person("Alice");
  list = await server.createList("team@lists.test");
  await server.join(list, alice);
  await server.start();
});

afterEach(() => server.discard());

/** A dialogue that has got as far as DATA. */
async function atData(): Promise<Dialogue> {
  const dialogue = await Dialogue.open(server.port);
  await dialogue.say("EHLO client.test");
  await dialogue.say(`MAIL FROM:<${alice.address}>`);
  await dialogue.say(`RCPT TO:<${list.address}>`);
  expect(await dialogue.say("DATA")).toMatchObject({ code: 354 });
  return dialogue;
}

test("the sealed post that the cases below spoil is taken as it is", async () => {
  const { raw } = await seal(list, alice);
  expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
});

describe("a spoilt sealed post", () => {
  const spoilt: readonly [what: string, spoil: (mail: string) => string, code: number][] = [
    ["with a NUL octet", (mail) => mail.replace("Subject: ", "Subject: \0"), 550],
    ["with a bare LF", (mail) => `X-One: 1\n${mail}`, 550],
    ["with a bare CR", (mail) => `X-One: 1\rX-Two: 2\r\n${mail}`, 550],
    ["with too many header lines", (mail) => "X-A: 1\r\n".repeat(MAX_HEADER_LINES + 1) + mail, 550],
    ["with too long a header", (mail) => `X-A: ${"a".repeat(66_000)}\r\n${mail}`, 550],
    ["that has gone in a circle", (mail) => "Received: x\r\n".repeat(MAX_RECEIVED + 1) + mail, 554],
  ];
  test.each(spoilt)("%s is refused", async (_what, spoil, code) => {
    const mail = Buffer.from((await seal(list, alice)).raw).toString("latin1");
    const bad = spoil(mail);
    expect(bad).not.toBe(mail);
    expect(await server.submit(list, alice, bad)).toMatchObject({ code });
    expect(await server.service.store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
  });
});

describe("smuggling: a second mail behind an end that is none", () => {
  test.each(["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r.\n", "\r\n\0.\r\n"])(
    "%j ends nothing",
    async (end) => {
      const dialogue = await atData();
      const { raw } = await seal(list, alice);
      const second = Buffer.from(raw).toString("latin1");
      dialogue.write(`From: ${alice.address}\r\n\r\nfirst${end}`);
      dialogue.write(`MAIL FROM:<${alice.address}>\r\nRCPT TO:<${list.address}>\r\nDATA\r\n`);
      dialogue.write(dotted(second));
      const answer = await dialogue.answer();
      expect(answer.code).toBe(550);
      // one answer for one mail: the next is to the next command
      expect(await dialogue.say("NOOP")).toMatchObject({ code: 250 });
      dialogue.quit();
      await server.untilQuiet();
      expect(server.sink.caught).toEqual([]);
    },
  );
});

test.each(["<a@people.test> <b@people.test>", "<a@people.test", "a@people.test", "<a\0@people.test>"])(
  "MAIL FROM:%s is refused",
  async (from) => {
    const dialogue = await Dialogue.open(server.port);
    await dialogue.say("EHLO client.test");
    const { code } = await dialogue.say(`MAIL FROM:${from}`);
    expect(code).toBeGreaterThanOrEqual(500);
    dialogue.quit();
  },
);

test("a second list has to be written to separately", async () => {
  await server.createList("other@lists.test");
  const dialogue = await Dialogue.open(server.port);
  await dialogue.say("EHLO client.test");
  await dialogue.say(`MAIL FROM:<${alice.address}>`);
  expect(await dialogue.say(`RCPT TO:<${list.address}>`)).toMatchObject({ code: 250 });
  expect(await dialogue.say("RCPT TO:<other@lists.test>")).toMatchObject({ code: 452 });
  dialogue.quit();
});

test("a mail above the limit is refused, kept nowhere, and the next one is taken", async () => {
  const dialogue = await atData();
  const line = Buffer.from(`${"a".repeat(998)}\r\n`.repeat(1000));
  for (let sent = 0; sent <= MAX_MAIL_BYTES; sent += line.length) dialogue.write(line);
  dialogue.write("\r\n.\r\n");
  expect(await dialogue.answer()).toMatchObject({ code: 552 });
  dialogue.quit();
  const { raw } = await seal(list, alice);
  expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
});

test("a peer that resets its connection in the middle ends nothing", async () => {
  const dialogue = await atData();
  dialogue.write("From: ");
  dialogue.close();
  const { raw } = await seal(list, alice);
  expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
});

onEachStore(() => {
  test("a store that can't be written: the sender is told to try later, and nothing is half accepted", async () => {
    const { store } = server.service;
    const queuePost = store.queuePost.bind(store);
    store.queuePost = async () => {
      throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
    };
    const { raw } = await seal(list, alice);
    expect(await server.submit(list, alice, raw)).toMatchObject({ code: 451 });
    store.queuePost = queuePost;
    expect(await server.submit(list, alice, raw)).toMatchObject({ code: 250 });
    expect(server.logged.join("")).toContain("SQLITE_FULL");
  });

  test("mail to the server behind LMTP is answered per recipient", async () => {
    await server.stop();
    await server.start("lmtp");
    const { raw } = await seal(list, alice);
    const mail = { sender: alice.address, recipient: list.address, raw };
    expect(await submit(server.port, mail, "LHLO")).toMatchObject({ code: 250 });
  });
});
