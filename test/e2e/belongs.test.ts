import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { groupsOf } from "../../src/extension/reading/display/state-line.js";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { writeBackupFile } from "../../src/extension/worker/backup.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { makeBackupPassphrase } from "../../src/membership/file/backup.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { MembersPage } from "../tour/members-page.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { type Language, wordsOf } from "../tour/words.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of what a person sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/belongs", import.meta.url));

/** Runs in the page: types into the groups that are left out what stands in their places of `groups`. */
const TYPE_GROUPS = `(window, groups) => {
  for (const field of window.document.querySelectorAll("input[data-place]")) {
    field.value = groups[Number(field.dataset.place)];
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
  }
}`;

/**
 * Bob's Thunderbird has a list, and files and keys arrive that say something else about it. Told by what Thunderbird shows, in both
 * languages.
 */
describe.each<Language>(["en", "ja"])("who belongs to a list, pages in %s", (language) => {
  const w = wordsOf(language);
  let world: World;
  let bob: Person;
  let mallory: MadePerson;
  let carol: MadePerson;
  let list: MadeList;
  let stored: Stored;
  const picture = (name: string) => bob.picture(join(ALBUM, language, `${name}.png`));

  beforeAll(async () => {
    mkdirSync(join(ALBUM, language), { recursive: true });
    world = await World.start();
    const [olive, himself] = [
      await makePerson("olive@example.test", "Olive"),
      await makePerson(addressOf("bob"), "Bob"),
    ];
    [mallory, carol] = [
      await makePerson("mallory@example.test", "Mallory"),
      await makePerson("carol@example.test", "Carol"),
    ];
    list = await MadeList.make("team@lists.example", "Team", [olive]);
    stored = {
      ...emptyStored,
      lists: { [list.address]: await list.record(himself) },
      memberKeys: { [himself.key.fingerprint]: await keyRecord(himself) },
      backedUpAt: "2026-01-01T00:00:00.000Z",
    };
    bob = await Person.arrive(world, "bob", {}, language);
    await bob.addon.setStorage("listseal", stored);
  });
  afterAll(async () => {
    await bob.thunderbird.quit();
    await world.stop();
  });

  test("an invitation with the right list key and other owners is refused, and nothing changes", async () => {
    const [plan] = LISTS;
    if (plan === undefined) throw new Error("a list is needed");
    const stranger = await Owner.inWorld(world);
    const { address, listKey, serverCertificate: server } = list;
    const invitation = await stranger.invite(
      { plan, address, listKey, server },
      parseAddress(addressOf("bob")),
    );
    const before = await bob.addon.storageHash();
    const page = await OptionsPage.open(bob.addon);
    await page.fillInvitation(invitation);
    await expect(page.openInvitation()).resolves.toEqual({ text: w("error_unknown_owner"), failed: true });
    await picture("second-invitation");
    await page.close();
    expect(await bob.addon.storageHash()).toBe(before);
  });

  test("a backup with higher serials is shown beside what is here, and changes nothing without a tick", async () => {
    const present = stored.lists[list.address];
    if (present === undefined) throw new Error("no list");
    const other = await MadeList.make("other@lists.example", "Other", [mallory]);
    const moved = {
      ...present,
      owners: other.ownerRecords(),
      serials: { owners: 9, "new-list-key": 9, "new-server-key": 9 },
    };
    const brought = { ...stored, lists: { [list.address]: moved } };
    const passphrase = makeBackupPassphrase();
    const now = new Date().toISOString();
    const { name, file } = await writeBackupFile({ sections: { lists: brought }, passphrase, now });
    const before = await bob.addon.storageHash();
    const page = await MembersPage.open(bob.addon, "backup");
    await page.giveFile("backup", name, file);
    await page.fill({ backupPassphrase: passphrase });
    await page.press(w("restore_button"));
    const text = await page.waitFor(w("restore_change_warning"));
    for (const shown of [groupsOf(mallory.key.fingerprint), "olive@example.test", w("restore_agree")])
      expect(text).toContain(shown);
    await picture("restored-backup");
    await page.press(w("restore_back"));
    await page.waitFor(w("restore_title"));
    await page.close();
    expect(await bob.addon.storageHash()).toBe(before);
  });

  test("an author's key is confirmed with typed characters only, and never in an owner's place", async () => {
    const { fingerprint } = carol.key;
    const wants = (address: string) =>
      bob.addon.inBackground(
        z.null(),
        "async (compare) => (globalThis.messenger ?? globalThis.browser).storage.session.set({ compare })",
        { list: list.address, address, fingerprint },
      );
    const pins = async () => JSON.parse(await bob.addon.storage()).listseal.pins;
    await wants(carol.address);
    const page = await OptionsPage.open(bob.addon);
    await page.waitForText(w("compare_title", carol.address));
    await picture("compare");
    const groups = groupsOf(fingerprint).split(" ");
    await bob.addon.inFrontTab(
      z.null(),
      TYPE_GROUPS,
      groups.map(() => "0000"),
    );
    await page.click(w("compare_button"));
    await page.waitForText(w("compare_wrong"));
    await picture("compare-wrong");
    expect(await pins()).toEqual({});
    await bob.addon.inFrontTab(z.null(), TYPE_GROUPS, groups);
    await expect(page.press(w("compare_button"))).resolves.toEqual({
      text: w("compare_done"),
      failed: false,
    });
    expect(await pins()).toEqual({
      [list.address]: expect.objectContaining({
        pins: { [carol.address]: { key: fingerprint, how: "confirmed" } },
      }),
    });
    await page.close();

    await wants("olive@example.test");
    const again = await OptionsPage.open(bob.addon);
    await again.waitForText(w("error_owners_key"));
    await picture("compare-owner");
    await again.close();
  });
});
