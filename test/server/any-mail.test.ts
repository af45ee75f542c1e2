/**
 * Any mail of 50 MiB, for any address of a list, at a server that is a process of its own: it takes no more memory than the
 * unit gives it, and others are answered meanwhile. What is in them was made to keep parsers busy.
 */
import { jest } from "@jest/globals";
import { sampleOf } from "../world/slow.js";
import { Dialogue, submit } from "./dialogue.js";
import { hostileMails, quotedPrintable } from "./hostile-mails.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { type Built, build, ServerProcess } from "./server-process.js";

jest.setTimeout(600_000);

/** What the issue of it allows, at any moment, with everything that a server has. */
const MAX_MEMORY = 400_000_000;

let program: Built;
let play: PlayServer;
let list: PlayList;
let alice: Person;
let server: ServerProcess;

beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});

afterAll(() => program.discard());

beforeEach(async () => {
  play = await PlayServer.make();
  alice = await person("Alice");
  list = await play.createList("team@lists.test");
  await play.join(list, alice);
  server = await ServerProcess.start(program, {
    folder: play.folder.path,
    place: play.place,
    relayPort: play.sink.port,
    lanes: 1,
  });
});

afterEach(async () => {
  await server.kill();
  await play.discard();
});

const addresses = ["team@lists.test", "team-request@lists.test", "team-bounces+x@lists.test"] as const;

test("the server stays within its memory, and an honest post goes through behind each", async () => {
  for (const [index, [name, make]] of hostileMails.entries()) {
    const raw = make();
    // each mail for one address, and each address has several; the first mail for all
    const isFor = (recipient: string) => index === 0 || addresses[index % addresses.length] === recipient;
    for (const recipient of sampleOf(`any mail: ${name}`, addresses, isFor, 0)) {
      const sender = recipient.includes("bounces") ? "" : alice.address;
      const { code } = await submit(server.port, { sender, recipient, raw, declaresSize: true });
      expect([name, recipient, [250, 550].includes(code)]).toEqual([name, recipient, true]);
    }
    const { raw: honest } = await seal(list, alice);
    expect(
      await submit(server.port, { sender: alice.address, recipient: list.address, raw: honest }),
    ).toMatchObject({
      code: 250,
    });
    expect([name, server.peak() < MAX_MEMORY]).toEqual([name, true]);
  }
});

test("others are answered while such a mail is read", async () => {
  const raw = quotedPrintable();
  const other = await Dialogue.open(server.port);
  await other.say("EHLO other.test");
  let read = false;
  const reading = submit(server.port, { sender: alice.address, recipient: list.address, raw }).then(() => {
    read = true;
  });
  let answers = 0;
  while (!read) {
    expect(await other.say("NOOP")).toMatchObject({ code: 250 });
    answers += 1;
  }
  await reading;
  other.close();
  expect(answers).toBeGreaterThan(10);
});
