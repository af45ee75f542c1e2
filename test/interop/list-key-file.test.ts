/** The list key as a member with GnuPG alone gets it: the two commands that the page names. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeListKeyFile } from "../../src/membership/invitation/list-key-file.js";
import { armorMessage } from "../../src/openpgp/armor.js";
import { generateKey, generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith } from "./tools.js";

describeWith(["gpg", "gpgconf"], "the list key's file and the real gpg", () => {
  let home: GpgHome;
  beforeAll(async () => {
    home = await makeGpgHome();
  });
  afterAll(() => home.close());

  test("gpg opens it for its member and imports the list key; nobody else's key opens it", async () => {
    const member = (name: string) =>
      generateMemberKey({ address: `${name}@example.test`, name, profile: "compatible" });
    const [owner, grace, eve] = await Promise.all([member("olga"), member("grace"), member("eve")]);
    const listKey = await generateKey("list", { address: "team@lists.example", profile: "compatible" });
    await home.import(eve);
    await home.import(sealingHalf(owner));
    const file = await writeListKeyFile(listKey, owner, sealingHalf(grace), new Date());
    await home.save("team-list-key.asc", file);
    expect(await readFile(join(home.folder, "team-list-key.asc"), "utf8")).toMatch(
      /^-----BEGIN PGP MESSAGE-----/,
    );

    const command = "gpg --batch --quiet -d team-list-key.asc | gpg --batch --import";
    expect((await home.shell(command)).status).not.toBe(0);

    await home.import(grace);
    const opened = await home.shell("gpg --batch --status-fd 2 -d team-list-key.asc >/dev/null");
    expect(opened.stderr).toContain("GOODSIG");
    expect((await home.shell(command)).status).toBe(0);
    const keys = await home.shell("gpg --batch --with-colons --list-secret-keys team@lists.example");
    expect(Buffer.from(keys.stdout).toString("utf8").toLowerCase()).toContain(listKey.fingerprint);
  });

  test.each([300, 301, 302])("gpg takes the armor around %i bytes off without a word", async (length) => {
    await home.save("message.asc", armorMessage(new Uint8Array(length).fill(0xc1), "compatible"));
    const { status, stdout, stderr } = await home.shell("gpg --batch --dearmor < message.asc");
    expect({ status, length: stdout.length, stderr }).toEqual({ status: 0, length, stderr: "" });
  });
});
