/** Clients that try to use the server up. A process of its own, so that its memory can be read. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { MAX_CONNECTIONS } from "../../src/server/base/limits.js";
import { Dialogue, submit } from "./dialogue.js";
import type { ManyClients } from "./many-clients.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { type Built, build, ServerProcess } from "./server-process.js";

jest.setTimeout(180_000);

/** Far more than the server has at rest, far less than what it was sent. */
const MAX_GROWTH_KB = 300_000;

let program: Built;
let crowdProgram: Built;
let server: PlayServer;
let list: PlayList;
let alice: Person;
let victim: ServerProcess;

beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
  crowdProgram = await build("test/server/many-clients.ts");
});
afterAll(() => Promise.all([program.discard(), crowdProgram.discard()]));

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
const peak = (): number => victim.peak() / 1024;

async function honestPostGoesThrough(): Promise<void> {
  const { raw } = await seal(list, alice);
  const answer = await submit(victim.port, { sender: alice.address, recipient: list.address, raw });
  expect(answer.code).toBe(250);
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

/** What the server says to one more client. */
async function greeting(): Promise<string> {
  const socket = dial();
  const first = once(socket, "data").then(String, () => "");
  const heard = await Promise.race([first, closed(socket).then(() => "")]);
  socket.destroy();
  return heard;
}

/** Connections of the flood, and descriptors that its process needs besides. */
const FLOOD = 10_000;
const OWN_FILES = 200;

/**
 * {@link FLOOD} clients at once, all of which keep their connections; as many as this machine lets a process open if that
 * is less, which is said loudly. `end` makes them all go.
 */
async function flood(): Promise<{ clients: number; said: ManyClients; end: () => Promise<void> }> {
  const limits = await readFile("/proc/self/limits", "utf8");
  const hard = /^Max open files +\d+ +(\d+|unlimited)/m.exec(limits)?.[1] ?? "0";
  const clients = hard === "unlimited" ? FLOOD : Math.min(FLOOD, Number(hard) - OWN_FILES);
  if (clients < FLOOD) {
    console.warn(
      `ONLY ${clients} OF ${FLOOD} CONNECTIONS: a process may open ${hard} files here (ulimit -Hn)`,
    );
  }
  const raised = ["-c", `ulimit -n ${clients + OWN_FILES}; exec "$0" "$@"`, process.execPath];
  const child = spawn("bash", [...raised, crowdProgram.path, `${victim.port}`, `${clients}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const ended = new Promise<string>((resolve) => child.once("exit", () => resolve("")));
  const line = await Promise.race([once(child.stdout, "data").then(String), ended]);
  if (line === "") throw new Error("the clients ended by themselves");
  const said: ManyClients = JSON.parse(line);
  return {
    clients,
    said,
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

test("10,000 connections at one time: no more are let in than there is room for, and afterwards all is well", async () => {
  await serve();
  const before = peak();
  const { clients, said, end } = await flood();
  await end();
  const busy = clients - MAX_CONNECTIONS;
  expect(said).toEqual({ open: clients, greeted: MAX_CONNECTIONS, busy, other: 0 });
  // an honest sender comes again until there is room
  while (!(await greeting()).startsWith("220")) await new Promise((resolve) => setTimeout(resolve, 50));
  await honestPostGoesThrough();
  expect(peak() - before).toBeLessThan(MAX_GROWTH_KB);
});

test("100 MB of DATA against a limit of 50: refused, and never held", async () => {
  await serve();
  const before = peak();
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
  expect(peak() - before).toBeLessThan(MAX_GROWTH_KB);
  await honestPostGoesThrough();
});

test("a hundred thousand commands in one breath, and a command that never ends", async () => {
  await serve();
  const before = peak();
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
  expect(peak() - before).toBeLessThan(MAX_GROWTH_KB);
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
