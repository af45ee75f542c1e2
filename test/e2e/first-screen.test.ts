import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored } from "../../src/extension/records/stored.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { Person } from "../tour/person.js";
import { until } from "../world/processes.js";
import { addressOf, fullNameOf, World } from "../world/world.js";

/** The picture at the head of the README: the list at the left, the opened mail at the right. */
const ALBUM = fileURLToPath(new URL("../../out/first-screen", import.meta.url));

/** Thunderbird's vertical view, with the list as cards. */
const SIDE_BY_SIDE = { "mail.pane_config.dynamic": 2, "mail.threadpane.listview": 0 };

/** Runs in the background page. */
const KEEP = `async (records) => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  await storage.local.set(records);
}`;

/** The newest first, as Thunderbird shows them. */
const letters: readonly (readonly [by: "alice" | "carol", subject: string, html: string])[] = [
  [
    "alice",
    "We meet at the blue bridge",
    `<p>Dear all,</p>
<p>on Tuesday we meet at the <b>blue bridge</b> and not at the clubhouse, at seven as always. Please bring</p>
<ul><li>the signed papers,</li><li>warm clothes,</li><li>and nobody who is not on this list.</li></ul>
<p>Whoever can't come: tell me here. Only we can read it.</p><p>Alice</p>`,
  ],
  ["carol", "Re: Keys to the clubhouse", "<p>It is with me.</p><p>Carol</p>"],
  ["alice", "Keys to the clubhouse", "<p>Who has the second key?</p><p>Alice</p>"],
  ["carol", "Minutes of October", "<p>Dear all,</p><p>the minutes are attached.</p><p>Carol</p>"],
];

describe("the first screen of the README", () => {
  let world: World;
  let bob: Person;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    const person = (name: "alice" | "bob" | "carol") => makePerson(addressOf(name), fullNameOf(name));
    const [alice, reader, carol] = await Promise.all([person("alice"), person("bob"), person("carol")]);
    const list = await MadeList.make("team@lists.example", "Team", [alice]);
    const authors: Readonly<Record<"alice" | "carol", MadePerson>> = { alice, carol };
    world = await World.start();
    bob = await Person.arrive(world, "bob", SIDE_BY_SIDE);
    await bob.ui.sizeWindow("mail:3pane", 1280, 780);
    const mine = await keyRecord(reader);
    await bob.addon.inBackground(z.null(), KEEP, {
      listseal: {
        ...emptyStored,
        lists: { [list.address]: await list.record(reader) },
        memberKeys: { [mine.fingerprint]: mine },
        backedUpAt: new Date().toISOString(),
      },
    });
    const second = () => Math.floor(Date.now() / 1000);
    for (const [by, subject, html] of letters.toReversed()) {
      // dates are in seconds
      const before = second();
      await until("another second", () => second() > before || undefined);
      const parts = { messageId: newMessageId("example.test"), subject, text: "", html };
      world.dovecot.drop("bob", Buffer.from(await list.copyFor(reader, authors[by], parts)));
    }
  });

  afterAll(() => world.stop());

  test("shows the list's messages at the left, and one of them at the right", async () => {
    await bob.ui.waitForMails(letters.length);
    await bob.ui.selectMessage(0);
    const view = await bob.ui.waitForView(({ kind }) => kind === "opened");
    expect(view.text).toContain("Encrypted to Team");
    expect(view.text).toContain("from alice@example.test");
    await bob.picture(join(ALBUM, "read.png"));
  });
});
