import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { claimedList } from "../tour/claimed-list.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, type OwnedList, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { until } from "../world/processes.js";
import { WINDOW_OF_VIEW } from "../world/thunderbird-ui.js";
import { World } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/nobody-stuck", import.meta.url));

const [team] = LISTS;
if (team === undefined) throw new Error("a list is needed");

const PASSPHRASE = "eight jolly cows";
const WRONG = "eight jolly herons";

/** Runs in the message: the field for the passphrase. */
const FIELD = `(${WINDOW_OF_VIEW})(window).document.querySelector("listseal-view")
  ?.openOrClosedShadowRoot?.querySelector("input[type=password]")`;

/** Runs in our page: a press that counts as a person's own. */
const PRESS = `(window, label) => {
  const all = [...window.document.querySelectorAll("button")];
  const button = all.findLast((one) => one.textContent === label);
  if (!button) throw new Error("no button " + label + " among: " + all.map((one) => one.textContent).join(" | "));
  const handle = window.windowUtils.setHandlingUserInput(true);
  try {
    button.click();
  } finally {
    handle.destruct();
  }
}`;

const MAIL = "[team] encrypted message";

/**
 * Ways that used to end at a wall, gone to their end: a lock is opened where it is met, and who tells Thunderbird that ListSeal may not
 * send sends by themself. In order, as they stand. Thunderbird asks its own questions here, as it does at home.
 */
describe("nobody gets stuck in a real Thunderbird", () => {
  let world: World;
  let list: OwnedList;
  let alice: Person;
  let bob: Person;
  /** Where the two mails are in Alice's folder, among what else has come. */
  let sealedRows: readonly number[] = [];

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    await world.listServer.start();
    const owner = await Owner.inWorld(world);
    list = await claimedList(world, owner.key, team);
    [alice, bob] = await Promise.all([Person.arrive(world, "alice"), Person.arrive(world, "bob")]);
    const page = await OptionsPage.open(alice.addon);
    await page.fillInvitation(await owner.invite(list, alice.address));
    await expect(page.openInvitation()).resolves.toMatchObject({ failed: false });
    // three letters are not taken, and it is said what is
    await page.fillKey(alice.fullName, "cow");
    await expect(page.joinList()).resolves.toMatchObject({
      text: expect.stringContaining("Use at least 12 characters"),
      failed: true,
    });
    await page.fillKey(alice.fullName, PASSPHRASE);
    await expect(page.joinList()).resolves.toMatchObject({ failed: false });
    // nobody has allowed anything: the requests go by hand
    await sendByHand(alice, page);
    await bob.join([await owner.invite(list, bob.address)]);
    await sendByHand(bob, await OptionsPage.open(bob.addon));
    for (const subject of ["first", "second"]) {
      await bob.ui.compose({ to: list.address, subject, html: `<p>the ${subject} words</p>` });
      await until("the button to be on", async () =>
        (await bob.ui.composeActionState(bob.addon.id)).label === `Encrypted for ${team?.name}`
          ? true
          : undefined,
      );
      await expect(bob.ui.send()).resolves.toBe("closed");
    }
    await until("the mails", async () => {
      await alice.ui.getNewMail();
      await alice.ui.openFolder();
      return (await alice.ui.listSubjects()).filter((one) => one.includes(MAIL)).length === 2 || undefined;
    });
    sealedRows = (await alice.ui.listSubjects()).flatMap((one, row) => (one.includes(MAIL) ? [row] : []));
  });

  /** Sends the request that is in a message window, and waits for what the server says. */
  async function sendByHand(person: Person, page: OptionsPage): Promise<void> {
    await page.showTab("lists");
    await page.click("Open the message again");
    await until("the request", async () => {
      const now = await person.ui.composerState().catch(() => undefined);
      return now?.attachments.length === 1 ? now : undefined;
    });
    await expect(person.ui.send()).resolves.toBe("closed");
    await until("the server's answer", async () => {
      await person.ui.getNewMail();
      return (await person.addon.storage()).includes('"membership":"member"') || undefined;
    });
    await page.close();
  }

  afterAll(async () => {
    await world.stop();
  });

  /** What the card of Alice's key says, with the page closed again. */
  async function keyCard(words: string): Promise<void> {
    const page = await OptionsPage.open(alice.addon);
    await page.showTab("keys");
    await page.waitForText(words);
    await page.close();
  }

  async function lock(): Promise<void> {
    const page = await OptionsPage.open(alice.addon);
    await page.showTab("keys");
    await page.press("Lock now");
    await page.close();
  }

  const locked = () => alice.ui.waitForView(({ kind }) => kind === "locked");

  async function typeInMail(passphrase: string): Promise<void> {
    await until("the field", () =>
      alice.addon
        .inMessage(z.boolean(), `(window) => { const field = ${FIELD}; field?.focus(); return !!field; }`)
        .then((there) => there || undefined),
    );
    await alice.addon.inMessage(
      z.null(),
      `(window, value) => { const field = ${FIELD}; field.value = value; }`,
      passphrase,
    );
    await alice.ui.clickInView("Unlock");
  }

  test("a locked mail has a field, which takes every key for itself; a wrong passphrase is said to be wrong, the right one opens the mail", async () => {
    await keyCard("unlocked; locks after 1 hour without use");
    await lock();
    await keyCard("locked");
    await alice.ui.openFolder();
    await alice.ui.selectMessage(sealedRows[0] ?? -1);
    await locked();
    const there = world.dovecot.mails("alice", "INBOX").length;
    // letters that are Thunderbird's short cuts: next, archive, junk, delete
    await alice.addon.inMessage(
      z.boolean(),
      `(window) => { const field = ${FIELD}; window.focus(); field.focus(); return true; }`,
    );
    await alice.addon.typeKeys("fnajbx");
    await expect(alice.addon.inMessage(z.string(), `(window) => ${FIELD}.value`)).resolves.toBe("fnajbx");
    expect(world.dovecot.mails("alice", "INBOX")).toHaveLength(there);
    await typeInMail(WRONG);
    await alice.ui.waitForView(({ text }) => text.includes("The passphrase is not correct."));
    await alice.picture(join(ALBUM, "locked-mail-en.png"));
    await typeInMail(PASSPHRASE);
    await alice.ui.waitForView(
      ({ kind, text }) => kind === "opened" && /the (first|second) words/.test(text),
    );
    await keyCard("unlocked; locks after 1 hour without use");
  });

  test("unlocked elsewhere, the mail that is shown opens by itself; the popup above it has the field, too", async () => {
    await lock();
    await alice.ui.openFolder();
    await alice.ui.selectMessage(sealedRows[1] ?? -1);
    await locked();
    const popup = await alice.addon.openMailPopup();
    expect(popup.kind).toBe("locked");
    await alice.addon.inMailPopup(
      `(window, value) => {
        window.document.querySelector("listseal-view").shadowRoot.querySelector("input[type=password]").value = value;
      }`,
      PASSPHRASE,
    );
    await alice.ui.pictureOfScreen(join(ALBUM, "locked-popup-en.png"));
    await alice.addon.pressInMailPopup("Unlock");
    await alice.ui.waitForView(({ kind }) => kind === "opened");
    await alice.addon.closeMailPopup();
  });

  test("after the time that the page names, the key is locked", async () => {
    const page = await OptionsPage.open(alice.addon);
    await alice.addon.setStorage("lockAfter", "5");
    await page.close();
    await keyCard("unlocked; locks after 5 minutes without use");
    await alice.addon.inBackground(
      z.null(),
      `async () => {
        const { unlocked } = await messenger.storage.session.get("unlocked");
        await messenger.storage.session.set({ unlocked: { ...unlocked, usedAt: unlocked.usedAt - 5 * 60_000 } });
        return null;
      }`,
    );
    await alice.ui.openFolder();
    await alice.ui.selectMessage(sealedRows[0] ?? -1);
    await locked();
    await typeInMail(PASSPHRASE);
    await alice.ui.waitForView(({ kind }) => kind === "opened");
  });

  test("Deny: the request is in a window, Send sends it, and the server has it", async () => {
    const page = await OptionsPage.open(alice.addon);
    await page.showTab("lists");
    await alice.addon.inFrontTab(z.null(), PRESS, "Leave list");
    await alice.addon.inFrontTab(z.null(), PRESS, "Leave list");
    expect(await alice.addon.permissionQuestion()).toContain("send email messages");
    await alice.ui.pictureOfScreen(join(ALBUM, "question-en.png"));
    await alice.addon.answerPermissionQuestion(false);
    const desk = new WritingDesk(alice.thunderbird);
    await until("the window", async () => ((await desk.composers()) === 1 ? true : undefined));
    const state = await until("the request in it", async () => {
      const now = await alice.ui.composerState();
      return now.attachments.length === 1 ? now : undefined;
    });
    expect(state.to).toEqual([list.address.replace("@", "-request@")]);
    await page.waitForText("click “Send” there");
    const told = await page.text();
    for (const other of [
      "was not sent",
      "was sent to the server",
      "not replied yet",
      "not allowed to send messages yet",
    ])
      expect(told).not.toContain(other);
    await alice.picture(join(ALBUM, "denied-en.png"));
    await alice.ui.picture("msgcompose", join(ALBUM, "request-en.png"));
    await expect(alice.ui.send()).resolves.toBe("closed");
    // "Sent on" stands there until the answer comes, which may be at once
    await until("the server's answer", async () => {
      await alice.ui.getNewMail();
      return (await page.text()).includes("You have left") || undefined;
    });
    expect((await world.listServer.command("member", "list", list.address)).stdout).not.toContain(
      alice.address,
    );
  });
});
