/**
 * The list server behind a real Postfix, with the very configuration that docs/OPERATING.md tells operators to use
 * (docs/postfix): LMTP in, SMTP out.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../src/server/base/log.js";
import { type Service, startService } from "../../src/server/serve/service.js";
import { Dialogue, submit } from "../server/dialogue.js";
import { open, type Person, type PlayList, PlayServer, person, seal, textOf } from "../server/play-server.js";
import { Sink } from "../server/sink.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type Postfix, startPostfix } from "../world/postfix.js";

const snippet = (name: string) =>
  readFileSync(new URL(`../../docs/postfix/${name}`, import.meta.url), "utf8");

/** The domain that stands for the reader's own in the documents. */
const DOMAIN = "lists.example";

let play: PlayServer;
let people: Sink;
let postfix: Postfix;
let service: Service | undefined;
let folder: string;
let lmtpPort: number;
let list: PlayList;
let alice: Person;
let bob: Person;

beforeAll(async () => {
  play = await PlayServer.make();
  people = await Sink.open("lmtp");
  folder = mkdtempSync(join(tmpdir(), "listseal-postfix-"));
  lmtpPort = await freePort();
  const routes = {
    // not used: the snippet's transport comes first
    lists: { domain: "unused.test", port: 1 },
    people: { domain: "people.test", port: people.port },
  };
  postfix = await startPostfix(folder, routes, {
    main: snippet("main.cf")
      .replace("texthash:/etc/postfix/transport", `texthash:${folder}/conf/transport`)
      .replace(/^relay_domains = .*$/m, (line) => `${line}, people.test`),
    transport: snippet("transport").replace(":2424\n", `:${lmtpPort}\n`),
  });
  [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
  list = await play.createList(`team@${DOMAIN}`);
  for (const who of [alice, bob]) await play.join(list, who);
});

afterAll(async () => {
  await service?.stop();
  await postfix.stop();
  await people.close();
  await play.discard();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(): Promise<void> {
  service = await startService({
    folder: play.folder,
    store: play.place,
    fronts: [{ protocol: "lmtp", host: LOOPBACK, port: lmtpPort }],
    relay: { protocol: "smtp", host: LOOPBACK, port: postfix.smtpPort, tls: "none" },
    log: openLog({ write: () => undefined }),
  });
}

const post = (raw: Uint8Array) =>
  submit(postfix.smtpPort, { sender: alice.address, recipient: list.address, raw });

test("a post comes in by LMTP, and the copies go out by Postfix, untouched", async () => {
  await serve();
  const { raw } = await seal(list, alice, { text: "Behind Postfix" });
  expect(await post(raw)).toMatchObject({ code: 250 });
  await people.until(({ caught }) => caught.length === 2);
  const [copy] = people.for(bob.address);
  if (copy === undefined) throw new Error("no copy");
  expect(await open(list, bob, copy.raw)).toMatchObject({ kind: "opened", passage: { via: "list" } });
  expect(await textOf(list, bob, copy.raw)).toBe("Behind Postfix");
});

test("while the list server is down, Postfix keeps the post, and nothing is lost or doubled", async () => {
  await service?.stop();
  service = undefined;
  const before = people.caught.length;
  const { raw } = await seal(list, alice);
  expect(await post(raw)).toMatchObject({ code: 250 });
  await serve();
  await postfix.flush();
  await people.until(({ caught }) => caught.length === before + 2);
  // an upstream that sends the same post once more
  expect(await post(raw)).toMatchObject({ code: 250 });
  const last = await seal(list, alice);
  await post(last.raw);
  await people.until(({ caught }) => caught.length === before + 4);
  const ids = people.caught
    .slice(before)
    .map(({ raw: copy }) => /^Message-ID: (.*)\r$/im.exec(copy.toString("latin1"))?.[1]);
  expect(new Set(ids).size).toBe(2);
});

test("what is refused comes back to its sender as a report that holds no body", async () => {
  const plain = "From: alice@people.test\r\nSubject: open\r\n\r\nSECRETMARKER in clear\r\n";
  const before = people.caught.length;
  expect(await post(Buffer.from(plain))).toMatchObject({ code: 250 });
  await people.until(({ caught }) => caught.length === before + 1);
  const report = people.caught.at(-1);
  expect(report).toMatchObject({ sender: "", recipient: alice.address });
  expect(report?.raw.toString()).toContain("Encrypt to list");
  expect(report?.raw.includes("SECRETMARKER")).toBe(false);
});

test.each(["\n.\n", "\r\n.\n", "\n.\r\n"])(
  "no second mail is smuggled past Postfix behind %j",
  async (end) => {
    const { raw } = await seal(list, alice);
    const dialogue = await Dialogue.open(postfix.smtpPort);
    await dialogue.say("EHLO client.test");
    await dialogue.say("MAIL FROM:<eve@people.test>");
    await dialogue.say("RCPT TO:<bob@people.test>");
    await dialogue.say("DATA");
    const before = people.caught.length;
    const second = `MAIL FROM:<boss@people.test>\r\nRCPT TO:<${bob.address}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n`;
    dialogue.write(`Subject: first\r\n\r\nfirst${end}${second}`);
    // an honest post behind it: when it has arrived, everything before has, too
    await dialogue.answer();
    dialogue.close();
    await post(raw);
    await people.until(({ caught }) => caught.length >= before + 3);
    expect(people.caught.map(({ sender }) => sender)).not.toContain("boss@people.test");
  },
);
