/** Posts that do harm, at a server that is a process of its own: smuggled ones, and ones that can't be resealed. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { eventually } from "../world/processes.js";
import { Dialogue, dotted, submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import type { ServeSettings } from "./serve-entry.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

jest.setTimeout(120_000);

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;
const running: ServerProcess[] = [];

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  await server.discard();
});

async function serve(more: Partial<ServeSettings> = {}): Promise<ServerProcess> {
  const started = await ServerProcess.start(program, {
    folder: server.folder.path,
    place: server.place,
    relayPort: server.sink.port,
    lanes: 1,
    ...more,
  });
  running.push(started);
  return started;
}

const send = (to: ServerProcess, raw: Uint8Array) =>
  submit(to.port, { sender: alice.address, recipient: list.address, raw });

const counts = () => server.office(({ store }) => store.queueCounts());

/** Every way to end a mail that is none, of those that mail systems have been fooled by. */
const ENDS = ["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r.\n", "\r\n\0.\r\n"];

test.each(["refused", "accepted"] as const)("no mail is smuggled in behind one that is %s", async (first) => {
  const process = await serve();
  for (const end of ENDS) {
    const dialogue = await Dialogue.open(process.port);
    for (const line of ["EHLO c.test", `MAIL FROM:<${alice.address}>`, `RCPT TO:<${list.address}>`, "DATA"])
      await dialogue.say(line);
    const [outer, inner] = [await seal(list, alice), await seal(list, alice)];
    const text = (raw: Uint8Array) => Buffer.from(raw).toString("latin1");
    const shell = first === "accepted" ? text(outer.raw).trimEnd() : `From: ${alice.address}\r\n\r\nfirst`;
    dialogue.write(`${shell}${end}MAIL FROM:<${alice.address}>\r\nRCPT TO:<${list.address}>\r\nDATA\r\n`);
    dialogue.write(dotted(text(inner.raw)));
    // one answer, and a refusal: not even the first mail is taken from somebody who writes so
    expect({ end, ...(await dialogue.answer()) }).toMatchObject({ code: 550 });
    expect(await dialogue.say("NOOP")).toMatchObject({ code: 250 });
    dialogue.close();
  }
  const { raw, messageId } = await seal(list, alice);
  expect(await send(process, raw)).toMatchObject({ code: 250 });
  await server.sink.until(({ caught }) => caught.length === 2);
  expect(server.sink.caught.every((copy) => copy.raw.includes(messageId))).toBe(true);
});

/** Puts what no door would take into the queue: a post that was whole when it was accepted, and is not any more. */
async function poison(): Promise<void> {
  const { raw } = await seal(list, alice);
  await server.office(({ store }) =>
    store.queuePost({
      listId: list.list.id,
      raw: raw.subarray(0, raw.length / 2),
      accepted: Date.now(),
      messageId: "<poison@people.test>",
      signer: alice.key.fingerprint,
      keyPacketDigest: "00",
      dataPacketDigest: "00",
      sealDigest: "00",
      keptUntil: Date.now() + 60_000,
      author: { kind: "member", name: "Alice", certificate: alice.key.secret.toPublic().write() },
      warrant: anybodysWarrant(list.list),
    }),
  );
}

onEachStore(() => {
  test("a poison post is set aside, the operator is told, and the rest goes out", async () => {
    await poison();
    const process = await serve();
    expect(await send(process, (await seal(list, alice)).raw)).toMatchObject({ code: 250 });
    await server.sink.until(({ caught }) => caught.length === 2);
    await eventually(async () => expect(await counts()).toMatchObject({ aside: 2 }));
    await eventually(async () =>
      expect(process.logged()).toMatch(/"level":"error".*"post":1.*"msg":"post-set-aside"/),
    );
  });

  test("a post that ends the process each time it is tried is set aside in the end, and the rest goes out", async () => {
    // what kills it is not the point: here it is killed while the first copy is on its way
    // in a shared store the claims of a dead server are nobody's only when they have run out
    const patience = { retryPauses: [0, 0], lease: 1_000 };
    let process = await serve(patience);
    server.sink.stallAfter(0);
    expect(await send(process, (await seal(list, alice)).raw)).toMatchObject({ code: 250 });
    for (let kills = 1; kills <= patience.retryPauses.length + 1; kills++) {
      await server.sink.until(({ seen }) => seen.length === kills);
      await process.kill();
      process = await serve(patience);
    }
    server.sink.stallAfter(Number.POSITIVE_INFINITY);
    while ((await counts()).aside === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    await eventually(async () => expect(process.logged()).toContain("too-many-attempts"));
    const next = await seal(list, alice);
    expect(await send(process, next.raw)).toMatchObject({ code: 250 });
    await server.sink.until(
      ({ caught }) => caught.filter(({ raw }) => raw.includes(next.messageId)).length === 2,
    );
  });
});
