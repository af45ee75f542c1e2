import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { runToEnd } from "../world/processes.js";
import type { Thunderbird } from "../world/thunderbird.js";
import { ThunderbirdUi } from "../world/thunderbird-ui.js";
import { addressOf, World } from "../world/world.js";

/**
 * The harness itself, with ordinary mail and without the add-on: if it did not see what is there, then "the marker is
 * nowhere" would mean nothing.
 */
describe("the private mail world", () => {
  const MARKER = "見える目印 plain-4c1d";
  const WRONG = "見える目印 plain-4c1e and more";
  let world: World;
  let files: string;
  let alice: Thunderbird;
  let bob: Thunderbird;

  beforeAll(async () => {
    world = await World.start();
    files = mkdtempSync(join(tmpdir(), "listseal-harness-"));
    [alice, bob] = await Promise.all([world.openThunderbird("alice"), world.openThunderbird("bob")]);
  }, 120_000);

  afterAll(async () => {
    await world.stop();
    rmSync(files, { recursive: true, force: true });
  }, 60_000);

  test("carries a mail from Alice's Thunderbird to Bob's", async () => {
    const attachment = join(files, "notes.bin");
    writeFileSync(attachment, Buffer.from(`notes ${MARKER} end`, "utf8"));
    const picture = join(files, "dot.png");
    await runToEnd("convert", ["-size", "8x8", "xc:#2255aa", picture]);
    const inline = `data:image/png;base64,${readFileSync(picture).toString("base64")}`;
    const mine = new ThunderbirdUi(alice);
    await mine.compose({
      to: addressOf("bob"),
      subject: `件名 ${MARKER}`,
      html: `<p>Body with <b>${MARKER}</b></p><img alt="dot" src="${inline}">`,
      files: [{ path: attachment, contentType: "application/octet-stream" }],
    });
    const state = await mine.composerState();
    expect(state.subject).toBe(`件名 ${MARKER}`);
    expect(state.to).toEqual([addressOf("bob")]);
    expect(state.attachments).toEqual(["notes.bin"]);
    await mine.picture("msgcompose", join(files, "composer.png"));
    await expect(mine.send()).resolves.toBe("closed");

    const his = new ThunderbirdUi(bob);
    await his.waitForMails(1);
    await his.selectMessage(MARKER);
    await his.waitForNativeText(MARKER);
    const header = await his.messageHeader();
    expect(header.subject).toContain(MARKER);
    expect(header.from).toContain("Alice");
    expect(header.attachments).toEqual(["notes.bin"]);
    expect((await his.displayed()).view).toBeNull();
    for (const name of ["window.png", "screen.png"]) {
      if (name === "window.png") await his.picture("mail:3pane", join(files, name));
      else await his.pictureOfScreen(join(files, name));
      const size = await runToEnd("identify", ["-format", "%w %h", join(files, name)]);
      const [width, height] = size.stdout.split(" ").map(Number);
      expect(width).toBeGreaterThan(600);
      expect(height).toBeGreaterThan(400);
    }
  }, 120_000);

  test("keeps every byte of every wire, and the search finds the marker on each of them", () => {
    const seen = world.recorder.since();
    const carried = seen
      .filter(({ bytes, recording }) => searchBytes(recording.wire, bytes, MARKER).length > 0)
      .map(({ recording }) => `${recording.wire} ${recording.direction}`);
    expect(carried).toEqual(
      expect.arrayContaining(["alice-to-postfix up", "postfix-to-dovecot up", "bob-to-dovecot down"]),
    );
    // Body, attachment and subject are written in three different ways.
    const submitted = seen.filter(
      ({ recording }) => recording.wire === "alice-to-postfix" && recording.direction === "up",
    );
    const encodings = submitted.flatMap(({ bytes }) => searchBytes("wire", bytes, MARKER));
    expect(encodings.map((finding) => finding.encoding)).toEqual(
      expect.arrayContaining(["utf-8", "base64", "encoded-word"]),
    );
    for (const { bytes } of seen) expect(searchBytes("wire", bytes, WRONG)).toEqual([]);
  });

  test("finds the marker in the IMAP store, Sent included, and nothing for a wrong one", () => {
    const store = searchPaths([world.dovecot.store], MARKER);
    expect(store.findings.some((finding) => finding.source.includes("/bob/"))).toBe(true);
    expect(store.findings.some((finding) => finding.source.includes("/alice/.Sent/"))).toBe(true);
    expect(searchPaths([world.dovecot.store], WRONG).findings).toEqual([]);
  });

  test("says what came over the wires after a moment, and that nothing did", async () => {
    const mark = world.recorder.mark();
    expect(world.recorder.since(mark)).toEqual([]);
    await new ThunderbirdUi(bob).getNewMail();
    const after = world.recorder.since(mark).map(({ recording }) => recording.wire);
    expect(after).toContain("bob-to-dovecot");
    expect(after).not.toContain("alice-to-postfix");
  });
});
