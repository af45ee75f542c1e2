/** A real Postfix that keeps the queue of copies and calls the filter once a recipient, configured as docs/postfix says. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../src/server/base/log.js";
import { type Filter, startFilter } from "../../src/server/serve/filter.js";
import { type Service, startService } from "../../src/server/serve/service.js";
import { submit } from "../server/dialogue.js";
import { addCrowd } from "../server/many-members.js";
import { open, type Person, type PlayList, PlayServer, person, seal, textOf } from "../server/play-server.js";
import { Sink } from "../server/sink.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type Postfix, startPostfix } from "../world/postfix.js";

const MEMBERS = 60;

const snippet = (name: string) =>
  readFileSync(new URL(`../../docs/postfix/${name}`, import.meta.url), "utf8");

let play: PlayServer;
let people: Sink;
let postfix: Postfix;
let service: Service;
let filter: Filter | undefined;
let folder: string;
let filterPort: number;
let list: PlayList;
let alice: Person;
let bob: Person;
let eve: Person;

const logged: string[] = [];
const log = openLog({ write: (line) => logged.push(line) });

async function startFiltering(): Promise<void> {
  filter = await startFilter({
    upstream: "postfix",
    folder: play.folder,
    store: play.place,
    front: { protocol: "smtp", host: LOOPBACK, port: filterPort },
    relay: { protocol: "smtp", host: LOOPBACK, port: postfix.smtpPort, tls: "none" },
    log,
  });
}

async function stopFiltering(): Promise<void> {
  await filter?.stop();
  filter = undefined;
}

beforeAll(async () => {
  play = await PlayServer.make();
  people = await Sink.open("lmtp");
  folder = mkdtempSync(join(tmpdir(), "listseal-explode-"));
  const explodePort = await freePort();
  filterPort = await freePort();
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
  [alice, bob, eve] = await Promise.all([person("Alice"), person("Bob"), person("Eve")]);
  list = await play.createList("team@lists.test");
  for (const who of [alice, bob, eve]) await play.join(list, who);
  await play.office((office) => addCrowd(office, list, MEMBERS - 3));
  service = await startService({
    folder: play.folder,
    store: play.place,
    fronts: [{ protocol: "smtp", host: LOOPBACK, port: 0 }],
    relay: { protocol: "smtp", host: LOOPBACK, port: postfix.smtpPort, tls: "none" },
    explode: { protocol: "smtp", host: LOOPBACK, port: explodePort, tls: "none" },
    log,
  });
});

afterAll(async () => {
  await service.stop();
  await stopFiltering();
  await postfix.stop();
  await people.close();
  await play.discard();
  rmSync(folder, { recursive: true, force: true });
});

const post = (raw: Uint8Array) =>
  submit(service.fronts[0]?.port ?? 0, { sender: alice.address, recipient: list.address, raw });

const recipients = (since: number) => people.caught.slice(since).map(({ recipient }) => recipient);

test("every member gets a copy of their own, once; the author's repeat makes none", async () => {
  await startFiltering();
  const { raw } = await seal(list, alice, { text: "By Postfix's queue" });
  expect(await post(raw)).toMatchObject({ code: 250 });
  await people.until(({ caught }) => caught.length === MEMBERS);
  expect(new Set(recipients(0)).size).toBe(MEMBERS);
  const [copy] = people.for(bob.address);
  if (copy === undefined) throw new Error("no copy");
  expect(copy.raw.includes("X-ListSeal-Slip")).toBe(false);
  expect(await open(list, bob, copy.raw)).toMatchObject({ kind: "opened", passage: { via: "list" } });
  expect(await textOf(list, bob, copy.raw)).toBe("By Postfix's queue");
  expect(await open(list, eve, copy.raw)).toEqual({ kind: "not-for-me" });

  expect(await post(raw)).toMatchObject({ code: 250 });
  expect(await service.store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
  expect(logged.filter((line) => line.includes("post-repeated"))).toHaveLength(1);
});

test("while the filter is down Postfix keeps every copy; who is removed meanwhile gets none", async () => {
  await stopFiltering();
  const before = people.caught.length;
  expect(await post((await seal(list, alice)).raw)).toMatchObject({ code: 250 });
  await play.remove(list, eve);
  await startFiltering();
  await postfix.flush();
  await people.until(({ caught }) => caught.length === before + MEMBERS - 1);
  expect(new Set(recipients(before)).size).toBe(MEMBERS - 1);
  expect(recipients(before)).not.toContain(eve.address);
});

test("a mail without the server's slip is no post", async () => {
  const { raw } = await seal(list, alice);
  const straight = await submit(filterPort, {
    sender: "team-bounces@lists.test",
    recipient: bob.address,
    raw,
  });
  expect(straight.code).toBe(550);
});

test("when Postfix can't be reached the sender is told to try later, and nothing is remembered", async () => {
  const { raw } = await seal(list, alice);
  await postfix.stop();
  expect(await post(raw)).toMatchObject({ code: 451 });
  // a post that was remembered would be a repeat now, and lost
  expect(await post(raw)).toMatchObject({ code: 451 });
});
