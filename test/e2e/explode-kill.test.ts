/**
 * A server and a filter that are killed while Postfix keeps the queue of copies: everybody gets the post, and nobody more often
 * than once more for each kill.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { submit } from "../server/dialogue.js";
import { addCrowd } from "../server/many-members.js";
import { type Person, type PlayList, PlayServer, person, seal } from "../server/play-server.js";
import { type Built, build, ServerProcess } from "../server/server-process.js";
import { Sink } from "../server/sink.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type Postfix, startPostfix } from "../world/postfix.js";

const MEMBERS = 100;
const FILTER_KILLS = 3;
/** Of docs/postfix/explode-main.cf: copies that Postfix has under way at one time. */
const LANES = 8;

const snippet = (name: string) =>
  readFileSync(new URL(`../../docs/postfix/${name}`, import.meta.url), "utf8");

let play: PlayServer;
let people: Sink;
let postfix: Postfix;
let folder: string;
let cli: Built;
let program: Built;
let explodePort: number;
let filterPort: number;
let list: PlayList;
let alice: Person;
let everybody: readonly string[];
let filter: ChildProcess | undefined;
let server: ServerProcess | undefined;

/** `listseal-server filter`, as an operator starts it. */
async function startFilter(): Promise<ChildProcess> {
  const relay = `smtp://${LOOPBACK}:${postfix.smtpPort}`;
  const words = [
    "--data",
    play.folder.path,
    "filter",
    "--smtp",
    `${LOOPBACK}:${filterPort}`,
    "--relay",
    relay,
  ];
  const child = spawn(process.execPath, [cli.path, ...words], { stdio: ["ignore", "pipe", "ignore"] });
  filter = child;
  await Promise.race([
    once(child.stdout, "data"),
    once(child, "exit").then(() => Promise.reject(new Error("the filter ended"))),
  ]);
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** @param at the port where it hands posts to Postfix */
async function serve(at: number): Promise<ServerProcess> {
  server = await ServerProcess.start(program, {
    folder: play.folder.path,
    place: play.place,
    relayPort: postfix.smtpPort,
    lanes: 1,
    explode: { protocol: "smtp", host: LOOPBACK, port: at, tls: "none" },
  });
  return server;
}

beforeAll(async () => {
  [play, people, cli, program] = await Promise.all([
    PlayServer.make(),
    Sink.open("lmtp"),
    build("src/server/cli/main.ts"),
    build("test/server/serve-entry.ts"),
  ]);
  folder = mkdtempSync(join(tmpdir(), "listseal-explode-kill-"));
  [explodePort, filterPort] = [await freePort(), await freePort()];
  postfix = await startPostfix(
    folder,
    {
      lists: { domain: "lists.test", port: 1 },
      people: { domain: "people.test", port: people.port },
    },
    {
      main: snippet("explode-main.cf"),
      master: snippet("explode-master.cf")
        .replaceAll(":12026", `:${explodePort}`)
        .replaceAll(":12530", `:${filterPort}`),
      transport: "",
    },
  );
  alice = await person("Alice");
  list = await play.createList("team@lists.test");
  await play.join(list, alice);
  const others = await play.office((office) => addCrowd(office, list, MEMBERS - 1));
  everybody = [alice.address, ...others].sort();
});

afterAll(async () => {
  if (filter?.exitCode === null && filter.signalCode === null) await kill(filter);
  await server?.kill();
  await postfix.stop();
  await people.close();
  await play.discard();
  await cli.discard();
  await program.discard();
  rmSync(folder, { recursive: true, force: true });
});

const post = (raw: Uint8Array, to: ServerProcess) =>
  submit(to.port, { sender: alice.address, recipient: list.address, raw });

const of = (messageId: string) => people.caught.filter(({ raw }) => raw.includes(messageId));
const reached = (messageId: string) => [...new Set(of(messageId).map(({ recipient }) => recipient))].sort();

/** Until everybody has it, with Postfix asked not to wait. */
async function untilReached(messageId: string, copies: number): Promise<void> {
  const asking = setInterval(() => void postfix.flush(), 1_000);
  try {
    await people.until(() => of(messageId).length >= copies && reached(messageId).length === MEMBERS);
  } finally {
    clearInterval(asking);
  }
}

test("a filter that is killed in a fan-out: nobody is left out, at most one duplicate a connection and kill", async () => {
  let current = await startFilter();
  const { raw, messageId } = await seal(list, alice);
  expect(await post(raw, await serve(explodePort))).toMatchObject({ code: 250 });
  for (let kills = 1; kills <= FILTER_KILLS; kills++) {
    const before = of(messageId).length;
    const asking = setInterval(() => void postfix.flush(), 1_000);
    // on a quick machine there may be fewer than ten left to wait for
    await people.until(() => of(messageId).length >= before + 10 || reached(messageId).length === MEMBERS);
    clearInterval(asking);
    await kill(current);
    current = await startFilter();
  }
  await untilReached(messageId, MEMBERS);
  expect(reached(messageId)).toEqual(everybody);
  expect(of(messageId).length - MEMBERS).toBeLessThanOrEqual(FILTER_KILLS * LANES);
  await server?.kill();
});

/** A wire to Postfix, on which `victim` is killed at a moment: Postfix never hears more, and nothing of its answer passes. */
async function deadlyWire(
  moment: "on its way" | "in its queue",
  victim: () => Promise<void> | undefined,
): Promise<Server> {
  const wire = createServer((client) => {
    const relay = connect(explodePort, LOOPBACK);
    for (const socket of [client, relay]) {
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        relay.destroy();
      });
    }
    client.on("data", (chunk: Buffer) => {
      if (moment === "on its way" && chunk.includes("X-ListSeal-Slip")) void victim();
      else relay.write(chunk);
    });
    relay.on("data", (chunk: Buffer) => {
      if (moment === "in its queue" && chunk.includes("queued as")) void victim();
      else client.write(chunk);
    });
  });
  wire.listen(0, LOOPBACK);
  await once(wire, "listening");
  return wire;
}

test.each([
  ["on its way", 1],
  ["in its queue", 2],
] as const)(
  "a server that is killed while Postfix has the post %s: the sender's retry gives everybody %d copies at most",
  async (moment, times) => {
    if (filter === undefined || filter.exitCode !== null || filter.signalCode !== null) await startFilter();
    const wire = await deadlyWire(moment, () => server?.kill());
    const bound = wire.address();
    const victim = await serve(typeof bound === "object" && bound !== null ? bound.port : 0);
    const { raw, messageId } = await seal(list, alice);
    // it never hears an answer
    await expect(post(raw, victim)).rejects.toThrow();
    await victim.ended;
    wire.close();
    const again = await serve(explodePort);
    expect(await post(raw, again)).toMatchObject({ code: 250 });
    await untilReached(messageId, MEMBERS * times);
    // and once more, as if the 250 had been lost: that is a repeat
    expect(await post(raw, again)).toMatchObject({ code: 250 });
    const last = await seal(list, alice);
    expect(await post(last.raw, again)).toMatchObject({ code: 250 });
    await untilReached(last.messageId, MEMBERS);
    expect(reached(messageId)).toEqual(everybody);
    expect(of(messageId)).toHaveLength(MEMBERS * times);
    await again.kill();
  },
);
