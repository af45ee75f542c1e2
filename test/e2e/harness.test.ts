import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { searchBytes, searchMemory, searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { writeProbeAddon } from "../world/probe-addon.js";
import { runToEnd, startProcess, until } from "../world/processes.js";
import type { Thunderbird } from "../world/thunderbird.js";
import { ThunderbirdUi } from "../world/thunderbird-ui.js";
import { addressOf, World } from "../world/world.js";

/** Processes whose command line or working folder names this folder. */
function processesIn(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return line.includes(folder) || readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
      } catch {
        return false;
      }
    });
}

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
  });

  afterAll(async () => {
    await world.stop();
    rmSync(files, { recursive: true, force: true });
  });

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
  });

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
    const after = world.recorder.since(mark);
    expect(after.map(({ recording }) => recording.wire)).toContain("bob-to-dovecot");
    // Thunderbird says QUIT when it has kept a connection for a while, which may be now
    const said = after.filter(({ recording }) => recording.wire === "alice-to-postfix");
    for (const { bytes } of said) expect(bytes.toString("latin1")).toMatch(/^(?:QUIT\r\n|221 .*\r\n)?$/);
  });

  test("clicks an add-on's button, reads its storage, and sees into its closed shadow root", async () => {
    const picture = join(files, "probe.png");
    await runToEnd("convert", ["-size", "9x7", "xc:#aa5522", picture]);
    const base64 = readFileSync(picture).toString("base64");
    const path = writeProbeAddon(join(files, "probe"), base64);
    const mine = await InstalledAddon.install(alice, path);
    const empty = await mine.storageHash();
    await mine.ui.compose({ to: addressOf("bob"), subject: "refuse me", html: "<p>kept text</p>" });
    await expect(mine.ui.composeActionState(mine.id)).resolves.toMatchObject({
      label: "Probe button",
      badge: "",
    });
    await mine.ui.clickComposeAction(mine.id);
    await until("the badge", async () =>
      (await mine.ui.composeActionState(mine.id)).badge === "on" ? true : undefined,
    );
    await expect(mine.storage()).resolves.toBe('{"clicked":{"a":1,"b":2},"zebra":1}');
    await expect(mine.storageHash()).resolves.not.toBe(empty);
    await mine.suspend();
    await expect(
      mine.inBackground(
        z.number(),
        "async (a, b) => a + b + (await messenger.tabs.query({})).length * 0",
        2,
        3,
      ),
    ).resolves.toBe(5);
    // an add-on that refuses leaves the window open with everything in it
    await expect(mine.ui.send()).resolves.toBe("open");
    expect((await mine.ui.composerState()).html).toContain("kept text");
    await mine.ui.closeComposers();

    const his = await InstalledAddon.install(bob, path);
    await his.ui.openFolder();
    await his.ui.selectMessage(MARKER);
    const view = await his.ui.waitForView(
      ({ text, images }) => text.includes("Probe sees") && images.every(({ width }) => width > 0),
    );
    expect(view.text).not.toContain("color: green");
    expect(view.images).toEqual([{ width: 9, height: 7, bytes: base64 }]);
    expect(view.buttons).toEqual(["Press me"]);
    expect((await his.ui.displayed()).nativeText).not.toContain("Probe sees");
    await his.ui.clickInView("Press me");
    await his.ui.waitForView(({ text }) => text.includes("Pressed"));
  });

  test("finds the marker in the memory of a running process, and not another one", async () => {
    // Put together at run time: the text does not stand in the command line.
    const text = Buffer.from(MARKER, "utf8").toString("hex");
    const holder = await startProcess({
      name: "holder",
      command: process.execPath,
      args: [
        "-e",
        `globalThis.kept = Buffer.from("${text}", "hex"); setInterval(() => {}, 1000); console.log("up");`,
      ],
      logFile: join(files, "holder.log"),
    });
    try {
      await until("the process", () => (holder.logTail().includes("up") ? true : undefined));
      const memory = await searchMemory(holder.pid, files, MARKER);
      expect(memory.findings.map((finding) => finding.encoding)).toContain("utf-8");
      expect((await searchMemory(holder.pid, files, WRONG)).findings).toEqual([]);
    } finally {
      await holder.stop();
    }
  });

  test("ends everything that it started, and leaves no file", async () => {
    const other = await World.start();
    await other.openThunderbird("carol");
    expect(processesIn(other.folder).length).toBeGreaterThan(3);
    await other.stop();
    expect(existsSync(other.folder)).toBe(false);
    await until("all processes to be gone", () =>
      processesIn(other.folder).length === 0 ? true : undefined,
    );
  });
});
