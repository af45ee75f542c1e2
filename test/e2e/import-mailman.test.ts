/** A real Mailman 3 list is taken over by its REST API. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { armorSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import { readCertificates } from "../../src/server/admin/import/certificates.js";
import { importFromMailman } from "../../src/server/admin/import/from-mailman.js";
import { carryOutImport, importLines, isDone, planImport } from "../../src/server/admin/import/plan.js";
import { PlayServer, person } from "../server/play-server.js";
import { type Mailman, startMailman } from "../world/mailman.js";
import { freePort } from "../world/ports.js";

const isAdmitted = /\bmailman3\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (isAdmitted) console.warn("NOT RUN: the import from Mailman (install mailman3)");

const OLD = "team@old.test";
let folder: string;
let mailman: Mailman;
let server: PlayServer;

(isAdmitted ? describe.skip : describe)("from Mailman 3", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-from-mailman-"));
    // Mailman runs as a user of its own
    chmodSync(folder, 0o755);
    mailman = await startMailman(join(folder, "mailman"), await freePort());
    await mailman.createList(OLD);
    server = await PlayServer.make();
  });
  afterAll(async () => {
    await server.discard();
    await mailman.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("members with keys come in, with their roles and settings; the others are to be invited", async () => {
    const list = await server.createList("team@lists.test");
    const alice = await person("Alice");
    const bob = await person("Bob");
    const keys = join(folder, "keys.asc");
    writeFileSync(keys, [alice, bob].map(({ key }) => armorSealingKey(sealingHalf(key))).join("\n"));
    for (const address of [alice.address, bob.address, "carol@people.test"])
      await mailman.subscribe(OLD, address);
    await mailman.appoint(OLD, alice.address, "owner");
    await mailman.appoint(OLD, "boss@people.test", "moderator");
    await mailman.patch("lists/team.old.test/config", [
      ["subject_prefix", "[team] "],
      ["reply_goes_to_list", "point_to_list"],
      ["preferred_language", "fr"],
      ["default_nonmember_action", "accept"],
    ]);
    await mailman.patch(`lists/team.old.test/member/${bob.address}`, [["delivery_mode", "mime_digests"]]);
    await mailman
      .patch(`addresses/${bob.address}/preferences`, [["delivery_status", "by_user"]])
      .catch(() => undefined);

    const source = await importFromMailman(mailman.rest, OLD, await readCertificates(keys));
    const planned = await server.office((office) => planImport(office, list.list, source));
    expect(
      planned.added.map(({ member, role, isPaused }) => ({ address: member.address, role, isPaused })),
    ).toEqual([
      { address: alice.address, role: "moderator", isPaused: false },
      { address: bob.address, role: "member", isPaused: true },
    ]);
    expect(planned.invited.map(({ address }) => address)).toEqual(["carol@people.test"]);
    expect(planned).toMatchObject({ policy: "open", language: "fr" });
    const lines = importLines(planned).join("\n");
    for (const part of [
      'the subject prefix "[team] "',
      "digests for bob@people.test",
      "boss@people.test runs the list",
    ])
      expect(lines).toContain(part);
    await server.office(async (office) =>
      carryOutImport(office, await planImport(office, list.list, source)),
    );
    const again = await server.office(async (office) => {
      const found = await office.store.listByAddress(list.address);
      if (found === undefined) throw new Error("no list");
      return planImport(
        office,
        found,
        await importFromMailman(mailman.rest, OLD, await readCertificates(keys)),
      );
    });
    expect(isDone(again)).toBe(true);
    expect(again.present).toEqual([alice.address, bob.address]);
  });

  test("a wrong password, a wrong list and a Mailman that is not there are named", async () => {
    const none = await readCertificates("/dev/null");
    const from = (access: Partial<Mailman["rest"]>, list = OLD) =>
      importFromMailman({ ...mailman.rest, ...access }, list, none);
    await expect(from({ password: "wrong" })).rejects.toThrow("refuses the user or password");
    await expect(from({}, "other@old.test")).rejects.toThrow("no such list");
    await expect(from({ url: "http://127.0.0.1:9/3.1" })).rejects.toThrow(
      "does not answer at http://127.0.0.1:9",
    );
  });
});
