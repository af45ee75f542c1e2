/** Clients that try to use the server up. A process of its own, so that its memory can be read. */
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { MAX_CONNECTIONS } from "../../src/server/kept/limits.js";
import { Dialogue, submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { type Built, build, ServerProcess } from "./server-process.js";

jest.setTimeout(180_000);

/** Far more than the server has at rest, far less than what it was sent. */
const MAX_GROWTH_KB = 300_000;

let program: Built;
let server: PlayServer;
let list: PlayList;
let alice: Person;
let victim: ServerProcess;

beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

beforeEach(async () => {
  server = await PlayServer.make();
  alice = await person("Alice");
  list = await server.createList("team@lists.test");
  await server.join(list, alice);
});

afterEach(async () => {
  await victim.kill();
  await server.discard();
});

async function serve(patience?: { silence: number; mail: number; session: number }): Promise<void> {
  victim = await ServerProcess.start(program, {
    folder: server.folder.path,
    place: server.place,
    relayPort: server.sink.port,
    lanes: 1,
    ...(patience && { patience }),
  });
}

/** The most memory that the process ever had, in kB. */
async function peak(): Promise<number> {
  const status = await readFile(`/proc/${victim.child.pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
}

async function honestPostGoesThrough(): Promise<void> {
  const { raw } = await seal(list, alice);
  const answer = await submit(victim.port, { sender: alice.address, recipient: list.address, raw });
  expect(answer.code).toBe(250);
}

/** Connects and reads the first line; `""` if the server hung up without one. */
async function greetingOf(socket: Socket): Promise<string> {
  const first = new Promise<string>((resolve) => socket.once("data", (data) => resolve(String(data))));
  return Promise.race([first, closed(socket).then(() => "")]);
}

/** Waits until a connection is gone. By an orderly end or a reset, as the server's system had it: not `once`, which rejects for a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
}

function dial(): Socket {
  const socket = connect(victim.port, "127.0.0.1");
  socket.on("error", () => undefined);
  return socket;
}

test("10,000 connections: no more are let in than there is room for, and afterwards all is well", async () => {
  await serve();
  const before = await peak();
  let inside = 0;
  for (let dialled = 0; dialled < 10_000; dialled += 500) {
    const sockets = Array.from({ length: 500 }, dial);
    const greetings = await Promise.all(sockets.map(greetingOf));
    inside = Math.max(inside, greetings.filter((line) => line.startsWith("220")).length);
    expect(greetings.every((line) => /^(220|421|$)/.test(line))).toBe(true);
    await Promise.all(
      sockets.map((socket) => {
        socket.destroy();
        return closed(socket);
      }),
    );
  }
  expect(inside).toBeLessThanOrEqual(MAX_CONNECTIONS);
  await honestPostGoesThrough();
  expect((await peak()) - before).toBeLessThan(MAX_GROWTH_KB);
});

test("100 MB of DATA against a limit of 50: refused, and never held", async () => {
  await serve();
  const before = await peak();
  const dialogue = await Dialogue.open(victim.port);
  await dialogue.say("EHLO client.test");
  await dialogue.say(`MAIL FROM:<${alice.address}>`);
  await dialogue.say(`RCPT TO:<${list.address}>`);
  await dialogue.say("DATA");
  const megabyte = Buffer.from(`${"a".repeat(998)}\r\n`.repeat(1049));
  for (let sent = 0; sent < 100; sent++) await dialogue.drained(megabyte);
  dialogue.write("\r\n.\r\n");
  expect(await dialogue.answer()).toMatchObject({ code: 552 });
  dialogue.close();
  expect((await peak()) - before).toBeLessThan(MAX_GROWTH_KB);
  await honestPostGoesThrough();
});

test("a hundred thousand commands in one breath, and a command that never ends", async () => {
  await serve();
  const before = await peak();
  const chatty = dial();
  chatty.resume();
  chatty.write("EHLO client.test\r\n".concat("RSET\r\n".repeat(100_000)));
  const endless = dial();
  endless.resume();
  endless.write(Buffer.alloc(30 * 1024 * 1024, "A"));
  await honestPostGoesThrough();
  chatty.destroy();
  endless.destroy();
  await honestPostGoesThrough();
  expect((await peak()) - before).toBeLessThan(MAX_GROWTH_KB);
});

test("slow clients, silent or one byte at a time, lose their place", async () => {
  await serve({ silence: 1_000, mail: 2_000, session: 3_000 });
  const silent = Array.from({ length: MAX_CONNECTIONS / 2 }, dial);
  // says something often enough never to be silent, in the middle of a mail or before it
  const drip = (socket: Socket) => setInterval(() => socket.write("a"), 200);
  const slow = Array.from({ length: MAX_CONNECTIONS / 2 }, dial);
  const inData = slow.slice(0, 50);
  for (const socket of inData) {
    socket.write(`EHLO c.test\r\nMAIL FROM:<${alice.address}>\r\nRCPT TO:<${list.address}>\r\nDATA\r\n`);
  }
  const timers = slow.map(drip);
  for (const socket of [...silent, ...slow]) socket.resume();
  try {
    await Promise.all([...silent, ...slow].map(closed));
  } finally {
    // a timer left behind would keep the whole run from ending
    for (const timer of timers) clearInterval(timer);
  }
  await honestPostGoesThrough();
});
