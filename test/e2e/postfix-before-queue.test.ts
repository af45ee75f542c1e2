/**
 * The list server as a real Postfix's before-queue filter, with the very configuration that docs/OPERATING.md recommends
 * (docs/postfix/before-queue-master.cf): what is refused is refused to whoever sends it.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { submit } from "../server/dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "../server/play-server.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type Postfix, startPostfix } from "../world/postfix.js";

/** The domain that stands for the reader's own in the documents. */
const DOMAIN = "lists.example";

let play: PlayServer;
let postfix: Postfix;
let folder: string;
/** Where the lists' own address listens. */
let port: number;
let list: PlayList;
let alice: Person;

beforeAll(async () => {
  play = await PlayServer.make("lmtp");
  [alice, list] = [await person("Alice"), await play.createList(`team@${DOMAIN}`)];
  await play.join(list, alice);
  await play.start("smtp", "lmtp");
  folder = mkdtempSync(join(tmpdir(), "listseal-postfix-"));
  port = await freePort();
  const snippet = readFileSync(new URL("../../docs/postfix/before-queue-master.cf", import.meta.url), "utf8");
  // everything else goes to the people's relay, here a sink: a report would be seen there
  const routes = {
    lists: { domain: DOMAIN, port: play.port },
    people: { domain: "people.test", port: play.sink.port },
  };
  postfix = await startPostfix(folder, routes, {
    main: "",
    master: snippet.replace("192.0.2.2:25", `${LOOPBACK}:${port}`).replaceAll(":2425", `:${play.port}`),
    transport: "",
  });
});

afterAll(async () => {
  await postfix.stop();
  await play.discard();
  rmSync(folder, { recursive: true, force: true });
});

const say = (to: number, raw: Uint8Array | string, sender = alice.address) =>
  submit(to, { sender, recipient: list.address, raw });
const plain = "From: victim@people.test\r\nSubject: open\r\n\r\nnot sealed\r\n";

test("a post is taken, and its copies go out", async () => {
  expect(await say(port, (await seal(list, alice)).raw)).toMatchObject({ code: 250 });
  await play.sink.until((sink) => sink.for(alice.address).length === 1);
});

test("what the list refuses is refused in the dialogue, and nothing goes to the forged sender", async () => {
  expect(await say(port, plain, "victim@people.test")).toMatchObject({ code: 550 });
  expect(
    await submit(port, { sender: "x@people.test", recipient: `nobody@${DOMAIN}`, raw: plain }),
  ).toMatchObject({
    code: 550,
  });
  // through the queue, its twin, there is a report: when it has arrived, one from before it would have, too
  expect(await say(postfix.smtpPort, plain, "bystander@people.test")).toMatchObject({ code: 250 });
  await play.sink.until((sink) => sink.for("bystander@people.test").length === 1);
  expect(play.sink.for("victim@people.test")).toEqual([]);
});

test("while the list server is away, senders are told to come again", async () => {
  await play.stop();
  const { code } = await say(port, (await seal(list, alice)).raw);
  expect(code).toBeGreaterThanOrEqual(400);
  expect(code).toBeLessThan(500);
});
