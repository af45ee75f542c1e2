import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { writeNotice } from "../../src/membership/notices.js";
import { generateKey, parseSealingKey, sealingHalf, writeSealingKey } from "../../src/protocol/keys.js";
import { claimedList, command, mail, post } from "../tour/claimed-list.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, type OwnedList, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";

/** Pictures of every page that a person sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/joining", import.meta.url));

const [team] = LISTS;
if (team === undefined) throw new Error("a list is needed");

const storedShape = z.object({
  listseal: z.object({ memberKeys: z.record(z.string(), z.object({ certificate: z.string() })) }),
});

/** From the mail with the invitation to the first sealed mail that is read: one code, no other typing. And leaving. */
describe("a real Thunderbird joins a list", () => {
  let world: World;
  let owner: Owner;
  let list: OwnedList;
  let bob: Person;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    await world.listServer.start();
    owner = await Owner.inWorld(world);
    [list, bob] = await Promise.all([
      claimedList(world, owner.key, team),
      // Thunderbird's own question about the right to send is not what is tested here
      Person.arrive(world, "bob", { "extensions.webextOptionalPermissionPrompts": false }),
    ]);
  }, 240_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  const picture = (name: string) => bob.picture(join(ALBUM, `${name}.png`));

  /** A mail with a file attached, as the owner's add-on makes it. */
  function invitationMail(name: string, file: Uint8Array): Buffer {
    return Buffer.from(
      [
        "From: Olga <olga@example.test>",
        "To: bob@example.test",
        "Subject: Your invitation to Team",
        "Message-ID: <invitation@example.test>",
        "Date: Mon, 05 Oct 2026 10:00:00 +0000",
        "MIME-Version: 1.0",
        'Content-Type: multipart/mixed; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "Here is your invitation; I tell you the code by telephone.",
        "--b",
        `Content-Type: application/octet-stream; name="${name}"`,
        `Content-Disposition: attachment; filename="${name}"`,
        "Content-Transfer-Encoding: base64",
        "",
        Buffer.from(file).toString("base64").replace(/.{76}/g, "$&\r\n"),
        "--b--",
        "",
      ].join("\r\n"),
    );
  }

  let code = "";

  test("the mail offers to join; a wrong code changes nothing", async () => {
    const invitation = await owner.invite(list, bob.address);
    code = invitation.code;
    await mail(world, bob.address, invitationMail(invitation.name, invitation.file));
    await bob.ui.waitForMails(1);
    await bob.ui.selectMessage("Your invitation to Team");
    const view = await bob.ui.waitForView(({ kind }) => kind === "invitation");
    expect(view.text).toContain("invitation to a sealed list");
    expect((await bob.ui.displayed()).nativeText).toContain("Here is your invitation");
    await picture("1-mail");
    await bob.ui.clickInView("Join the list");
    const page = await OptionsPage.inFront(bob.addon);
    await page.waitForText(`Invitation: ${invitation.name}`);
    await picture("2-code");
    const before = await bob.addon.storageHash();
    await page.typeCode("00000-00000-00000-00000-00000");
    await expect(page.openInvitation()).resolves.toMatchObject({ failed: true });
    expect(await bob.addon.storageHash()).toBe(before);
  }, 120_000);

  test("the code, a look, one press, and the server's answer make a member", async () => {
    const page = await OptionsPage.inFront(bob.addon);
    // forgiving of how it is written
    await page.typeCode(code.replaceAll("-", " — "));
    const shown = await page.openInvitation();
    expect(shown.failed).toBe(false);
    expect(shown.text).toContain("Join Team?");
    expect(shown.text.replace(/ /g, "")).toContain(owner.key.fingerprint.toUpperCase());
    await picture("3-compare");
    await expect(page.joinList()).resolves.toMatchObject({ failed: false });
    await picture("4-waiting");
    await until("Bob's new mail", async () => (await bob.ui.getNewMail()) >= 2 || undefined, 60_000);
    await page.waitForText("You are a member.");
    await picture("5-member");
    await page.close();
    expect(await bob.addon.storage()).not.toContain('"introductionSecret":"');
  }, 180_000);

  test("the first sealed mail is read", async () => {
    await post(world, owner.key, list, { subject: "Welcome", text: "The first words for Bob" });
    await bob.ui.waitForMails(3);
    await bob.ui.selectMessage("[team] sealed mail");
    const view = await bob.ui.waitForView(({ text }) => text.includes("The first words for Bob"));
    expect(view.text).toContain("from Olga, owner of the list");
    await bob.ui.selectMessage("sealed answer");
    const answer = await bob.ui.waitForView(({ kind }) => kind === "arrived");
    expect(answer.text).toContain("You are a member of the list.");
    await picture("6-answer");
  }, 120_000);

  test("a new list key: one mail switches Bob's add-on, and the owner can ask for his receipt", async () => {
    const next = await generateKey("list", { address: list.address, profile: "compatible" });
    const graceEnds = new Date(Math.floor(Date.now() / 1000) * 1000);
    const replaces = list.listKey.fingerprint;
    await command(world, owner.key, list, {
      ...{ do: "new-list-key", serial: 1, replaces, graceEnds },
      listKey: writeSealingKey(sealingHalf(next)),
    });
    const { memberKeys } = storedShape.parse(JSON.parse(await bob.addon.storage())).listseal;
    const [stored = ""] = Object.values(memberKeys).map(({ certificate }) => certificate);
    const certificate = await parseSealingKey("member", Buffer.from(stored, "base64"));
    const notice = {
      ...{ serial: 1, date: new Date(), list: { address: list.address, key: replaces } },
      news: { kind: "new-list-key", listKey: next, graceEnds },
    } as const;
    const sealed = await writeNotice(notice, owner.key, certificate);
    await command(world, owner.key, list, {
      ...{ do: "notice", news: "new-list-key", serial: 1 },
      copies: [{ to: certificate.fingerprint, sealed }],
    });
    await until("the notice", async () => (await bob.ui.getNewMail()) >= 4 || undefined, 60_000);
    await until("the switch", async () =>
      (await bob.addon.storage()).includes(`"listKeyFingerprint":"${next.fingerprint}"`) ? true : undefined,
    );
    list = { ...list, listKey: next };
    // the receipt's own answer, and then a post under the new key
    await until(
      "the answer to the receipt",
      async () => (await bob.ui.getNewMail()) >= 5 || undefined,
      60_000,
    );
    await post(world, owner.key, list, { subject: "Again", text: "Words under the new key" });
    await bob.ui.waitForMails(6);
    await bob.ui.selectMessage("[team] sealed mail");
    await bob.ui.waitForView(({ text }) => text.includes("Words under the new key"));
  }, 180_000);

  test("leaving: the server drops the key, old mail stays readable, nothing can be posted", async () => {
    // the page wakes a sleeping background page, and its first calls must not be lost
    await bob.addon.suspend();
    const page = await OptionsPage.open(bob.addon);
    await page.click("Leave");
    await picture("7-leave");
    await page.press("Leave");
    await until("Bob's new mail", async () => (await bob.ui.getNewMail()) >= 7 || undefined, 60_000);
    await page.waitForText("You have left this list");
    await picture("8-left");
    await page.close();
    const { stdout } = await world.listServer.command("list", "show", list.address);
    expect(stdout).toContain("members      1\n");
    await bob.ui.selectMessage("[team] sealed mail");
    await bob.ui.waitForView(({ text }) => text.includes("Words under the new key"));
    await bob.ui.compose({ to: list.address, subject: "Too late", html: "<p>words</p>" });
    await until("the button to be on", async () =>
      (await bob.ui.composeActionState(bob.addon.id)).label === "Sealed for Team" ? true : undefined,
    );
    await expect(bob.ui.send(60_000)).resolves.toBe("open");
    expect(await bob.addon.popupText()).toContain("You have left this list");
    await bob.ui.closeComposers();
  }, 180_000);
});
