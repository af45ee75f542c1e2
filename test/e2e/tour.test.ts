import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LISTS } from "../tour/owner.js";
import { promised, settingName } from "../tour/report.js";
import { runTour, type TourResult } from "../tour/tour.js";

/** The same steps as `npm start`, once for all settings; here each promise is a test of its own. */
describe("the tour", () => {
  let folder: string;
  let tour: TourResult;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-tour-"));
    tour = await runTour(folder, (line) => process.stderr.write(`  tour: ${line}\n`));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(LISTS.map((plan, index) => [settingName(plan), plan, index] as const))("%s", (_, plan, index) => {
    expect(tour.report.settings[index]).toEqual(promised(plan));
    const letter = tour.letters[index];
    const after = tour.after.get(plan.slug);
    expect(letter?.bob).toMatchObject({ subject: true, body: true, picture: true });
    expect(letter?.bob.saved).toBe(letter?.letter.attachment.sha256);
    expect(letter?.carol.saved).toBe(letter?.letter.attachment.sha256);
    expect(letter?.sent).toMatchObject({ subject: true, body: true, picture: true });
    expect(letter?.draft).toEqual({ onOwnComputer: true, onServer: 0 });
    // while she was a member her keys opened it: they are the right ones
    expect(letter?.eve).toMatchObject({ subject: true, body: true });
    expect(after?.mailsToEve).toBe(0);
    expect(after?.tap.tries).toBeGreaterThan(0);
  });

  test("the removal touches the server alone", () => {
    expect(tour.removal.bytesAnywhere).toBe(0);
    expect(tour.removal.stayed.map(({ name }) => name)).toEqual(["bob", "carol"]);
    for (const { hashBefore, hashAfter, changed, bytesOnTheirWires } of tour.removal.stayed) {
      expect(changed).toEqual([]);
      expect(hashAfter).toBe(hashBefore);
      expect(bytesOnTheirWires).toBe(0);
    }
  });

  test("the searches find what is there", () => {
    const { wires, imap, serverFiles, serverMemory } = tour.controls;
    expect(wires).toEqual(
      expect.arrayContaining(["alice-to-postfix", "postfix-to-dovecot", "bob-to-dovecot"]),
    );
    expect(Math.min(imap, serverFiles, serverMemory)).toBeGreaterThan(0);
  });

  test("nothing differs from what is promised, and every step has its picture", () => {
    expect(tour.differences).toEqual([]);
    const pictures = tour.album.chapters.flatMap(({ steps }) => steps.flatMap((step) => step.pictures));
    expect(pictures.length).toBeGreaterThanOrEqual(20);
    for (const { file } of pictures) expect(statSync(join(folder, file)).size).toBeGreaterThan(5_000);
  });
});
