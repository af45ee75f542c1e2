import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { generateKey, writeOpeningKey } from "../../src/openpgp/keys.js";
import { openNewest, planFor } from "../tour/journey.js";
import type { PlannedLetter } from "../tour/letter.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, type ListPlan, listAddress, type OwnedList, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { searchBytes } from "../world/evidence.js";
import { pause, until } from "../world/processes.js";
import { World } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/refusals", import.meta.url));
const PASSPHRASE = "seven quiet herons";

const [team, , council] = LISTS;
if (team === undefined || council === undefined) throw new Error("two lists are needed");

/**
 * What must not go wrong when something does: nothing is sent that is not sealed, nothing that was written is lost, and a
 * person is told in a sentence. In order: each test goes on where the one before has ended.
 */
describe("a real Thunderbird, when something stands in the way", () => {
  let world: World;
  let owner: Owner;
  let list: OwnedList;
  let alice: Person;
  let bob: Person;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    owner = await Owner.inWorld(world);
    list = await owner.found(team);
    // the shortest idle time that leaves room to answer: work that does not keep the page awake is caught
    const preferences = { "extensions.background.idle.timeout": 3_000 };
    [alice, bob] = await Promise.all([
      Person.arrive(world, "alice", preferences),
      Person.arrive(world, "bob", preferences),
    ]);
  });

  afterAll(async () => {
    await world.stop();
  });

  afterEach(async () => {
    await alice.ui.acceptDialogs();
    await alice.ui.closeComposers();
  });

  /** Bytes that Alice's Thunderbird submitted. */
  const submitted = () =>
    world.recorder
      .since()
      .filter(({ recording }) => recording.wire === "alice-to-postfix" && recording.direction === "up")
      .map(({ bytes }) => bytes);

  /** Mails that Alice's Thunderbird handed over. */
  const submissions = () =>
    submitted().filter((bytes) => bytes.includes("\r\nDATA\r\n") || bytes.includes("BDAT")).length;

  /** Starts a letter with everything in it, and has it sealed: by the recipient, or else by a press. */
  async function begin(plan: ListPlan): Promise<PlannedLetter> {
    const letter = await planFor(world, alice, plan);
    await alice.ui.compose({
      to: listAddress(plan),
      subject: letter.subject,
      html: letter.html,
      files: [{ path: letter.attachment.path }],
    });
    return letter;
  }

  const sealingIsOn = () =>
    until("the button to be on", async () =>
      (await alice.ui.composeActionState(alice.addon.id)).label.startsWith("Encrypted") ? true : undefined,
    );

  /** Everything that was written stands in the compose window, and it can be used. */
  async function expectNothingLost(letter: PlannedLetter): Promise<void> {
    const state = await until("the letter in the composer", async () => {
      const now = await alice.ui.composerState();
      return now.subject === letter.subject && !now.locked ? now : undefined;
    });
    expect(state.html).toContain(letter.marker);
    expect(state.html).toContain(letter.picture.slice(0, 60));
    expect(state.attachments).toEqual([letter.attachment.name]);
  }

  /** Presses Send; the add-on must refuse, say why, and keep everything. */
  async function expectRefusal(letter: PlannedLetter, sentence: string, picture: string): Promise<void> {
    const before = submissions();
    await expect(alice.ui.send()).resolves.toBe("open");
    const said = await alice.addon.popupText();
    await alice.ui.pictureOfScreen(join(ALBUM, `${picture}.png`));
    expect(said).toContain(sentence);
    expect((await alice.ui.composeActionState(alice.addon.id)).label).toBe("Not sent");
    await expectNothingLost(letter);
    expect(submissions()).toBe(before);
    for (const bytes of submitted()) expect(searchBytes("wire", bytes, letter.marker)).toEqual([]);
  }

  test("no list is imported", async () => {
    const letter = await begin(team);
    await alice.ui.clickComposeAction(alice.addon.id);
    await sealingIsOn();
    await expectRefusal(letter, "This is not addressed to one of your lists", "no-list");
  });

  test("people join, Alice with a passphrase", async () => {
    for (const person of [alice, bob]) {
      const page = await OptionsPage.open(person.addon);
      await page.fillInvitation(await owner.invite(list, person.address));
      await expect(page.openInvitation()).resolves.toMatchObject({ failed: false });
      await page.fillKey(person.fullName, person === alice ? PASSPHRASE : "");
      await expect(page.joinList()).resolves.toMatchObject({ failed: false });
      await page.showTab("keys");
      await page.press("Export public key");
      const certificate = await until("the saved key", () =>
        person.downloads().find((file) => file.endsWith(".asc")),
      );
      await world.listServer.addMember(list.address, person.address, person.fullName, certificate);
      if (person === alice) await page.press("Lock now");
      await page.close();
    }
    await world.listServer.start();
  });

  test("a wrong passphrase is named, the right one lets the letter go", async () => {
    const letter = await begin(team);
    await sealingIsOn();
    await expectRefusal(letter, "Your key is locked", "locked");
    await alice.addon.typeInPopup("passphrase", "eight loud herons");
    await alice.addon.pressInPopup("Unlock");
    await until("the sentence about the passphrase", async () =>
      (await alice.addon.popupText()).includes("The passphrase is not correct.") ? true : undefined,
    );
    await alice.ui.pictureOfScreen(join(ALBUM, "wrong-passphrase.png"));
    await expectNothingLost(letter);
    await alice.addon.typeInPopup("passphrase", PASSPHRASE);
    await alice.addon.pressInPopup("Unlock and send");
    const desk = new WritingDesk(alice.thunderbird);
    await until("the letter to leave", async () => ((await desk.composers()) === 0 ? true : undefined));
    const view = await openNewest(bob, team, letter.marker, { folder: "INBOX", count: 1 });
    expect(view.text).toContain(letter.subject);
  });

  test("while SMTP is down the sealed letter comes back as it was written, and can be sent again", async () => {
    const letter = await begin(team);
    await sealingIsOn();
    await world.recorder.cut("alice-to-postfix");
    try {
      await expect(alice.ui.send()).resolves.toBe("dialog");
      await alice.ui.pictureOfScreen(join(ALBUM, "smtp-down.png"));
      await alice.ui.acceptDialogs();
      await expectNothingLost(letter);
      await alice.ui.picture("msgcompose", join(ALBUM, "smtp-down-after.png"));
    } finally {
      await world.recorder.mend("alice-to-postfix");
    }
    await sealingIsOn();
    await expect(alice.ui.send()).resolves.toBe("closed");
    for (const bytes of submitted()) expect(searchBytes("wire", bytes, letter.marker)).toEqual([]);
    const view = await openNewest(bob, team, letter.marker, { folder: "INBOX", count: 2 });
    expect(view.text).toContain(letter.subject);
  });

  describe("with a key that is no good", () => {
    let good: unknown;

    const recordShape = z.record(z.string(), z.unknown());

    /** Changes one field of Alice's record of the list. */
    async function changeList(change: Readonly<Record<string, unknown>>): Promise<void> {
      const all = recordShape.parse(JSON.parse(await alice.addon.storage()));
      good = all["listseal"];
      const stored = recordShape.parse(good);
      const lists = recordShape.parse(stored["lists"]);
      const record = recordShape.parse(lists[list.address]);
      await alice.addon.setStorage("listseal", {
        ...stored,
        lists: { ...lists, [list.address]: { ...record, ...change } },
      });
    }

    afterEach(async () => {
      await alice.addon.setStorage("listseal", good);
    });

    test("an expired list key", async () => {
      const date = new Date(Date.now() - 20 * 86_400_000);
      const key = await generateKey("list", {
        address: list.address,
        profile: "compatible",
        date,
        expiresInSeconds: 86_400,
      });
      const letter = await begin(team);
      await sealingIsOn();
      await changeList({
        listKey: Buffer.from(await writeOpeningKey(key)).toString("base64"),
        listKeyFingerprint: key.fingerprint,
      });
      await expectRefusal(letter, "A required key has expired.", "expired");
    });

    test("a damaged server certificate", async () => {
      const letter = await begin(team);
      await sealingIsOn();
      await changeList({ serverCertificate: Buffer.from("no certificate").toString("base64") });
      await expectRefusal(letter, "A required key can’t be read.", "damaged-key");
    });
  });

  test("four mails that can't be opened: the banner says which of these", async () => {
    const [copy] = world.dovecot.mails("bob", "INBOX");
    const [notHers] = world.dovecot.mails("alice", "INBOX");
    if (copy === undefined || notHers === undefined) throw new Error("the letters before have left no copy");
    const text = copy.raw.toString("latin1");
    const titled = (title: string, raw: string) =>
      Buffer.from(
        raw
          .replace(/^Subject: .*$/m, `Subject: ${title}`)
          .replace(/^Message-ID: .*$/im, `Message-ID: <${title}@example.test>`),
        "latin1",
      );
    // a Maildir keeps bare line feeds
    const lines = text.split("\n");
    const large = lines.findIndex((line, index) => index > 200 && /^[A-Za-z0-9+/]{70,}$/.test(line));
    expect(large).toBeGreaterThan(200);
    const cut = [...lines.slice(0, large), ...lines.slice(large + 600)].join("\n");
    const line = lines[large] ?? "";
    const changed = lines.with(large, line.startsWith("A") ? `B${line.slice(1)}` : `A${line.slice(1)}`);
    world.dovecot.drop("bob", titled("cut-short", cut));
    world.dovecot.drop("bob", titled("altered", changed.join("\n")));
    world.dovecot.drop("bob", titled("not-for-bob", notHers.raw.toString("latin1")));
    // Bob is on the roster of a second list, but has not opened its invitation
    const second = await owner.found(council);
    const key = await until("Bob's key", () => bob.downloads().find((file) => file.endsWith(".asc")));
    await world.listServer.addMember(second.address, bob.address, "Bob", key);
    const hers = await until("Alice's key", () => alice.downloads().find((file) => file.endsWith(".asc")));
    await world.listServer.addMember(second.address, alice.address, "Alice", hers);
    const page = await OptionsPage.open(alice.addon);
    await page.fillInvitation(await owner.invite(second, alice.address));
    await page.openInvitation();
    await page.joinList();
    await page.close();
    await begin(council);
    await sealingIsOn();
    await expect(alice.ui.send()).resolves.toBe("closed");
    await bob.ui.waitForMails(6);

    const expected = [
      ["cut-short", "cut short or altered"],
      ["altered", "cut short or altered"],
      ["not-for-bob", "Encrypted to a key that is not here"],
      [`[${council.slug}]`, "a list that you don’t have here"],
    ] as const;
    for (const [subject, sentence] of expected) {
      await bob.ui.selectMessage(subject);
      const view = await bob.ui.waitForView((shown) => shown.text !== "");
      await bob.ui.picture("mail:3pane", join(ALBUM, `${subject.replace(/\W/g, "")}.png`));
      expect(`${subject}: ${view.text}`).toContain(sentence);
      expect(searchBytes("view", Buffer.from(view.html), "柿の木-")).toEqual([]);
    }
  });

  test("mail that is not sealed is refused with the way to seal, and nothing of it is quoted", async () => {
    const letter = await begin(team);
    await sealingIsOn();
    await alice.ui.clickComposeAction(alice.addon.id);
    await expectRefusal(letter, `Encryption is off, and this message goes to ${team.name}`, "clear-to-list");
    // whoever has switched the question off is told by the server
    await alice.addon.pressInPopup("Go back");
    await alice.addon.setStorage("guards", { "clear-to-list": false });
    await expect(alice.ui.send()).resolves.toBe("closed");
    await alice.addon.setStorage("guards", {});
    const bounce = await until("the returned mail", () =>
      world.dovecot.mails("alice", "INBOX").find(({ raw }) => raw.includes("MAILER-DAEMON")),
    );
    // a mail system breaks the lines of a reply where it likes
    expect(bounce.raw.toString("utf8").replace(/\s+/g, " ")).toContain(
      "turn on Encrypt to list and send again",
    );
    const answers = world.recorder
      .since()
      .filter(
        ({ recording }) => recording.wire === "postfix-to-list-server" && recording.direction === "down",
      );
    expect(answers.some(({ bytes }) => bytes.includes("550 5.7.1 This is an encrypted list"))).toBe(true);
    for (const { bytes } of answers) expect(searchBytes("answer", bytes, letter.marker)).toEqual([]);
  });

  test("the event page sleeps when there is nothing to do, also beside a shown mail, and a mail wakes it", async () => {
    const asleep = () =>
      until("the event page to sleep", async () =>
        (await bob.addon.backgroundState()) === "stopped" ? true : undefined,
      );
    await bob.ui.selectMessage(0);
    await bob.ui.waitForView((shown) => shown.text !== "");
    await asleep();
    // as long again as it takes to fall asleep: nothing has woken it, with the mail still there
    await pause(4_000);
    expect(await bob.addon.backgroundState()).toBe("stopped");
    expect((await bob.ui.displayed()).view?.text).not.toBe("");
    const woken = until("the event page to wake", async () =>
      (await bob.addon.backgroundState()) === "running" ? true : undefined,
    );
    await bob.ui.selectMessage(1);
    await bob.ui.waitForView((shown) => shown.text.includes("came through the list"));
    await woken;
    await asleep();
  });

  test("long work is finished although the event page sleeps after three idle seconds", async () => {
    const large = join(world.folderOf("alice"), "documents", "large.bin");
    writeFileSync(large, Buffer.alloc(24_000_000, "all work and no play "));
    const letter = await planFor(world, alice, team);
    await alice.ui.compose({
      to: list.address,
      subject: letter.subject,
      html: letter.html,
      files: [{ path: large }],
    });
    await sealingIsOn();
    await expect(alice.ui.send()).resolves.toBe("closed");
    const view = await openNewest(bob, team, letter.marker, { folder: "INBOX", count: 3 });
    expect(view.text).toContain(letter.subject);
    expect(view.text).toContain("large.bin");
  });

  test("a page that is killed while it opens a mail does so visibly, and the next look opens it", async () => {
    await bob.ui.selectMessage(1);
    const selecting = bob.ui.selectMessage(`[${team.slug}]`);
    await bob.addon.suspend();
    await selecting;
    const view = await bob.ui.waitForView((shown) => shown.text !== "");
    expect(view.text).toMatch(/Encrypted to Team|Something went wrong inside ListSeal/);
    await bob.ui.selectMessage(1);
    await bob.ui.selectMessage(`[${team.slug}]`);
    await bob.ui.waitForView((shown) => shown.text.includes("came through the list"));
  });

  test("ordinary mail is shown as Thunderbird shows it", async () => {
    const words = "An ordinary mail, plain as day.";
    await alice.ui.compose({ to: bob.address, subject: "ordinary", html: `<p>${words}</p>` });
    await expect(alice.ui.send()).resolves.toBe("closed");
    await until("the ordinary mail", async () => {
      await bob.ui.getNewMail();
      await bob.ui.openFolder();
      return (await bob.ui.listSubjects()).includes("ordinary") ? true : undefined;
    });
    await bob.ui.selectMessage("ordinary");
    await bob.ui.waitForNativeText(words);
    await expect(bob.ui.displayed()).resolves.toMatchObject({ view: null });
  });
});
