/**
 * A real Mailman 3 that keeps the membership, between a real Postfix and the filter, with the very settings that
 * docs/OPERATING.md tells operators to use (docs/mailman).
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLog } from "../../src/server/base/log.js";
import { type Filter, startFilter } from "../../src/server/serve/filter.js";
import { submit } from "../server/dialogue.js";
import { open, type Person, type PlayList, PlayServer, person, seal, textOf } from "../server/play-server.js";
import { Sink } from "../server/sink.js";
import { MAILMAN, type Mailman, startMailman } from "../world/mailman.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { type Postfix, startPostfix } from "../world/postfix.js";

const isAdmitted = (process.env["LISTSEAL_MISSING"] ?? "").split(/[\s,]+/).includes("mailman3");
if (isAdmitted) console.warn("NOT RUN: behind Mailman 3 (install mailman3)");

(isAdmitted ? describe.skip : describe)("behind Mailman 3", () => {
  let play: PlayServer;
  let people: Sink;
  let mailman: Mailman;
  let postfix: Postfix;
  let filter: Filter | undefined;
  let folder: string;
  let filterPort: number;
  let list: PlayList;
  let alice: Person;
  let bob: Person;
  let eve: Person;

  const logged: string[] = [];

  async function startFiltering(): Promise<void> {
    filter = await startFilter({
      upstream: "mailman",
      folder: play.folder,
      store: play.place,
      front: { protocol: "smtp", host: LOOPBACK, port: filterPort },
      relay: { protocol: "smtp", host: LOOPBACK, port: postfix.smtpPort, tls: "none" },
      log: openLog({ write: (line) => logged.push(line) }),
    });
  }

  async function stopFiltering(): Promise<void> {
    await filter?.stop();
    filter = undefined;
  }

  beforeAll(async () => {
    if (!existsSync(MAILMAN)) throw new Error("install mailman3");
    play = await PlayServer.make();
    people = await Sink.open("lmtp");
    folder = mkdtempSync(join(tmpdir(), "listseal-mailman-"));
    // Mailman is a user of its own
    chmodSync(folder, 0o755);
    filterPort = await freePort();
    mailman = await startMailman(join(folder, "mailman"), filterPort);
    postfix = await startPostfix(
      join(folder, "postfix"),
      {
        lists: { domain: "unused.test", port: 1 },
        people: { domain: "people.test", port: people.port },
      },
      {
        main: "relay_domains = lists.test people.test\n",
        transport: `lists.test lmtp:inet:${LOOPBACK}:${mailman.lmtpPort}\n`,
      },
    );
    [alice, bob, eve] = await Promise.all([person("Alice"), person("Bob"), person("Eve")]);
    list = await play.createList("team@lists.test");
    await mailman.createList(list.address);
    for (const who of [alice, bob, eve]) {
      await play.join(list, who);
      await mailman.subscribe(list.address, who.address);
    }
    // on Mailman's roster, and without a key on ours
    await mailman.subscribe(list.address, "keyless@people.test");
    await startFiltering();
  });

  afterAll(async () => {
    await stopFiltering();
    await mailman.stop();
    await postfix.stop();
    await people.close();
    await play.discard();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (raw: Uint8Array) =>
    submit(postfix.smtpPort, { sender: alice.address, recipient: list.address, raw });

  const since = (count: number) =>
    people.caught
      .slice(count)
      .map(({ recipient }) => recipient)
      .sort();
  const everybody = () => [alice.address, bob.address, eve.address];

  test("every member gets a copy sealed for them; who has no key gets none, and no bounce for it", async () => {
    const { raw } = await seal(list, alice, { text: "Through Mailman" });
    expect(await post(raw)).toMatchObject({ code: 250 });
    await people.until(({ caught }) => caught.length === 3);
    expect(since(0)).toEqual(everybody());
    const [copy] = people.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    expect(await textOf(list, bob, copy.raw)).toBe("Through Mailman");
    expect(await open(list, eve, copy.raw)).toEqual({ kind: "not-for-me" });
    // what comes back is Mailman's to count, and who wants to leave writes to Mailman
    expect(copy.sender).toBe("team-bounces+bob=people.test@lists.test");
    expect(copy.raw.toString("latin1")).toContain("List-Unsubscribe: <mailto:team-leave@lists.test>\r\n");
    while (!logged.some((line) => line.includes("not-a-member"))) await new Promise((r) => setTimeout(r, 50));
    expect(await mailman.bouncesOf(list.address, "keyless@people.test")).toBe(0);
  });

  test("neither a captured post that is sent once more nor a mail in the clear reaches anybody", async () => {
    const before = people.caught.length;
    const { raw } = await seal(list, alice);
    await post(raw);
    await people.until(({ caught }) => caught.length === before + 3);
    await post(raw);
    await post(
      Buffer.from(`From: ${alice.address}\r\nTo: ${list.address}\r\nSubject: open\r\n\r\nOPENMARKER\r\n`),
    );
    // Mailman works in the order in which mail comes: when the last one is here, the others had their turn
    const last = await seal(list, alice);
    await post(last.raw);
    await people.until(({ caught }) => caught.length === before + 6);
    const of = (id: string) => people.caught.slice(before).filter((copy) => copy.raw.includes(id));
    expect(
      of(last.messageId)
        .map(({ recipient }) => recipient)
        .sort(),
    ).toEqual(everybody());
    expect(since(before)).toEqual([...everybody(), ...everybody()].sort());
    expect(people.seen.some((mail) => mail.includes("OPENMARKER"))).toBe(false);
    expect(logged.some((line) => line.includes('"replayed"'))).toBe(true);
    expect(logged.some((line) => line.includes("post-not-sealed"))).toBe(true);
    expect(await mailman.bouncesOf(list.address, bob.address)).toBe(0);
  });

  test("while the filter is down Mailman keeps the copies; who is removed from our roster gets none", async () => {
    await stopFiltering();
    const before = people.caught.length;
    await post((await seal(list, alice)).raw);
    while (!mailman.log().includes("low level smtp error")) await new Promise((r) => setTimeout(r, 100));
    await play.remove(list, eve);
    await startFiltering();
    await people.until(({ caught }) => caught.length === before + 2);
    expect(since(before)).toEqual([alice.address, bob.address]);
  });

  test("what Mailman itself writes to a member arrives as it is", async () => {
    const before = people.caught.length;
    await mailman.subscribe(list.address, "new@people.test", true);
    await people.until(({ caught }) => caught.length === before + 1);
    expect(since(before)).toEqual(["new@people.test"]);
    expect(people.caught.at(-1)?.raw.toString()).toContain("Welcome");
  });
});
