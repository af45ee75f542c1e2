/** Clients of the front: greedy ones, ones with addresses that can go on to nobody, ones that hang up after their last word, and reports. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MAX_CONNECTIONS, MAX_CONNECTIONS_A_CLIENT } from "../../src/server/base/limits.js";
import { Dialogue, dotted, submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";

let server: PlayServer;
let list: PlayList;
let alice: Person;
const open: Socket[] = [];

beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  alice = await person("Alice");
  await server.join(list, alice);
  await server.start();
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await server.discard();
});

/** The first word that a client at `localAddress` hears, which then says nothing. */
async function greetingTo(localAddress: string): Promise<string> {
  const socket = connect({ port: server.port, host: "127.0.0.1", localAddress });
  open.push(socket);
  const [said] = await once(socket, "data");
  return String(said).slice(0, 3);
}

const idle = (from: string) => Array.from({ length: MAX_CONNECTIONS }, () => greetingTo(from));

test("two hundred idle connections of one client: it keeps a few, and everybody else gets through", async () => {
  const greetings = await Promise.all(idle("127.0.0.2"));
  expect(greetings.filter((code) => code === "220")).toHaveLength(MAX_CONNECTIONS_A_CLIENT);
  expect(greetings.filter((code) => code === "421")).toHaveLength(MAX_CONNECTIONS - MAX_CONNECTIONS_A_CLIENT);
  expect(await greetingTo("127.0.0.3")).toBe("220");
  expect(await server.post(list, alice)).toMatchObject({ code: 250 });
});

test("without a limit a client, two hundred idle connections shut everybody out", async () => {
  // the mail server on this machine has no such limit
  await Promise.all(idle("127.0.0.1"));
  expect(await greetingTo("127.0.0.3")).toBe("421");
});

test("an address that needs SMTPUTF8 is refused at once, since SMTPUTF8 is not offered", async () => {
  const dialogue = await Dialogue.open(server.port);
  expect((await dialogue.say("EHLO client.test")).text).not.toContain("SMTPUTF8");
  dialogue.write(Buffer.from("MAIL FROM:<j\u00fcrgen@people.test>\r\n"));
  expect(await dialogue.answer()).toMatchObject({ code: 553 });
  await dialogue.say(`MAIL FROM:<${alice.address}>`);
  dialogue.write(Buffer.from("RCPT TO:<te\u00e4m@lists.test>\r\n"));
  expect(await dialogue.answer()).toMatchObject({ code: 553 });
  dialogue.close();
});

test("a client that hangs up on its side after the mail's last line hears that the mail was taken", async () => {
  const { raw } = await seal(list, alice);
  const socket = connect({ port: server.port, host: "127.0.0.1", allowHalfOpen: true });
  open.push(socket);
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk;
  });
  const until = async (what: RegExp) => {
    while (!what.test(heard)) await once(socket, "data");
  };
  await until(/^220 /);
  socket.write(`EHLO client.test\r\nMAIL FROM:<${alice.address}>\r\nRCPT TO:<${list.address}>\r\nDATA\r\n`);
  await until(/^354 /m);
  const closed = once(socket, "close");
  socket.end(dotted(raw));
  await closed;
  expect(heard.split("\r\n").at(-2)).toMatch(/^250 /);
});

test("a report is taken whatever it looks like, the same from anybody else is not", async () => {
  const recipient = "team-bounces+1-2-abc@lists.test";
  const raw = `Subject: x\r\n${"Received: by a; now\r\n".repeat(60)}\r\nno`;
  expect(await submit(server.port, { sender: "", recipient, raw })).toMatchObject({ code: 250 });
  expect(await submit(server.port, { sender: alice.address, recipient: list.address, raw })).toMatchObject({
    code: 554,
  });
});
