import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { lockName } from "../../src/extension/platform/locks.js";
import { emptyStored } from "../../src/extension/records/stored.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { Person } from "../tour/person.js";
import { titled } from "../tour/scenery.js";
import { Surface } from "../tour/surface.js";
import { Counter } from "../world/counter.js";
import { runToEnd, until } from "../world/processes.js";
import { ReadingPlaces } from "../world/reading-places.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of what a reader sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/reading-places", import.meta.url));

const MARKER = "the heron on the seventh pile";
/** Lines of a mail that is longer than a page. */
const LINES = 200;
const SUBJECT = "集合場所の変更 the true subject";

/** HTML that asks the counter in every way that has leaked anywhere. */
function leaks(counter: Counter): string {
  const at = (path: string) => counter.at(path);
  return `<p>Hello, ${MARKER}.</p>
<link rel="stylesheet" href="${at("link")}"><link rel="prefetch" href="${at("prefetch")}"><link rel="icon" href="${at("icon")}">
<style>@import url("${at("import")}"); @font-face { font-family: x; src: url("${at("font")}"); } p { background: url("${at("style")}"); font-family: x; }</style>
<img src="${at("img")}"><img srcset="${at("srcset")} 1x"><picture><source srcset="${at("picture")}"><img src="${at("picture-img")}"></picture>
<p style="background-image: url('${at("inline-style")}'); border-image: url(${at("border-image")}); list-style: url(${at("list-style")}); cursor: url(${at("cursor")}), auto">.</p>
<table background="${at("table")}"><tr><td background="${at("cell")}">.</td></tr></table>
<video src="${at("video")}" poster="${at("poster")}" autoplay></video><audio src="${at("audio")}" autoplay></audio>
<input type="image" src="${at("input")}"><iframe src="${at("iframe")}"></iframe><object data="${at("object")}"></object><embed src="${at("embed")}">
<svg><image href="${at("svg-image")}"/><use href="${at("svg-use")}#x"/></svg><body background="${at("body")}">
<meta http-equiv="refresh" content="0; url=${at("refresh")}"><base href="${at("base")}/"><img src="relative"><script src="${at("script")}"></script>
<a href="${at("link-that-is-not-pressed")}" ping="${at("ping")}">the plan</a>`;
}

/** The places where a mail is read, and what a reader does there; in one Thunderbird, with a list that no server runs. */
describe("reading in a real Thunderbird", () => {
  let world: World;
  let alice: Person;
  let places: ReadingPlaces;
  let counter: Counter;
  let list: MadeList;
  let mail: Surface;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    counter = await Counter.start();
    world = await World.start();
    const making = (async () => {
      const [reader, olive] = await Promise.all([
        makePerson(addressOf("alice"), "Alice"),
        makePerson("olive@example.test", "Olive"),
      ]);
      list = await MadeList.make("team@lists.example", "Team", [olive]);
      for (const raw of await letters(reader, olive)) world.dovecot.drop("alice", raw);
      const record = await keyRecord(reader);
      return {
        ...emptyStored,
        lists: { [list.address]: await list.record(reader) },
        memberKeys: { [record.fingerprint]: record },
        backedUpAt: new Date().toISOString(),
      };
    })();
    alice = await Person.arrive(world, "alice");
    await alice.addon.setStorage("listseal", await making);
    places = new ReadingPlaces(alice.thunderbird);
    mail = new Surface(alice.thunderbird.marionette, "mail");
    await alice.ui.waitForMails(6);
  });

  afterAll(async () => {
    await world.stop();
    await counter.stop();
  });

  async function letters(reader: MadePerson, olive: MadePerson): Promise<readonly Uint8Array[]> {
    const plan = {
      subject: SUBJECT,
      messageId: "<plan@example.test>",
      text: `Hello\r\n\r\n${MARKER}\r\n\r\nOlive\r\n`,
    };
    const answer = {
      subject: `Re: ${SUBJECT}`,
      messageId: "<answer@example.test>",
      references: ["<plan@example.test>"],
      text: `I have seen ${MARKER}.\r\n`,
    };
    const curious = { subject: "curious", messageId: "<curious@example.test>", html: leaks(counter) };
    const file = { name: "noise.bin", type: "application/octet-stream", bytes: new Uint8Array(2_000_000) };
    const large = { ...curious, messageId: "<large@example.test>", subject: "large", attachments: [file] };
    const lines = Array.from({ length: LINES }, (_, line) => `<p>The line ${line}.</p>`).join("");
    const long = { subject: "long", messageId: "<long@example.test>", html: lines };
    const head = "From: Team <team@lists.example>\r\nTo: alice@example.test\r\nSubject: ordinary\r\n";
    const more = `Date: ${new Date().toUTCString()}\r\nMessage-ID: <ordinary@example.test>\r\nMIME-Version: 1.0\r\n`;
    return [
      await list.copyFor(reader, olive, plan),
      await list.copyFor(reader, olive, answer, "mixed"),
      titled(await list.copyFor(reader, olive, curious), "curious"),
      titled(await list.copyFor(reader, olive, large), "large"),
      titled(await list.copyFor(reader, olive, long), "long"),
      Buffer.from(`${head}${more}Content-Type: text/html\r\n\r\n${leaks(counter)}\r\n`),
    ];
  }

  /** What stands in the folder's list: nothing of what is inside. */
  const OUTER = "[team] encrypted message";
  const select = async (subject: string) => {
    await alice.ui.openFolder();
    await alice.ui.selectMessage(subject);
  };

  test("in a tab of its own", async () => {
    await select(OUTER);
    await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    await places.openInTab();
    const view = await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    expect(view.text).toContain(SUBJECT);
    await alice.picture(join(ALBUM, "tab.png"));
    await alice.addon.closeFrontTab();
  });

  test("in a window of its own", async () => {
    await select(OUTER);
    await places.openInWindow();
    const shown = await until("the mail in the window", async () => {
      const { view } = await alice.ui.displayed("mail:messageWindow").catch(() => ({ view: null }));
      return view?.kind === "opened" ? view : undefined;
    });
    expect(shown.text).toContain(SUBJECT);
    expect(shown.text).toContain(MARKER);
    await alice.ui.picture("mail:messageWindow", join(ALBUM, "window.png"));
    await places.closeWindow();
  });

  test("several mails together: the words around the seals, and nothing that is inside", async () => {
    await alice.ui.openFolder();
    const shown = await places.selectAll(OUTER);
    await alice.picture(join(ALBUM, "together.png"));
    expect(shown).toContain("sealed");
    expect(shown).not.toContain(MARKER);
    expect(shown).not.toContain("true subject");
  });

  // a pane of its own in which Thunderbird 153 runs no add-on's script
  test("a conversation: the words around the seals, and nothing that is inside", async () => {
    await places.useConversations(true);
    try {
      await alice.ui.openFolder();
      const shown = await places.selectConversation(OUTER, "2 messages");
      await alice.picture(join(ALBUM, "conversation.png"));
      expect(shown).not.toContain(MARKER);
      const { nativeText, view } = await places.displayedInConversation();
      expect(view).toBeNull();
      expect(nativeText).toContain("This message is encrypted");
      expect(nativeText).not.toContain(MARKER);
    } finally {
      await places.useConversations(false);
    }
  });

  test("printed, the opened mail is on paper, under its true subject", async () => {
    await select(OUTER);
    await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    const file = join(ALBUM, "printed.pdf");
    await places.printTo(file);
    const { stdout } = await runToEnd("pdftotext", ["-layout", file, "-"]);
    expect(stdout).toContain(MARKER);
    expect(stdout).toContain("the true subject");
    expect(stdout).not.toContain(OUTER);
    expect(stdout).not.toContain("Save a readable copy");
    await runToEnd("pdftoppm", ["-r", "60", "-png", file, join(ALBUM, "printed")]);
  });

  test("a long mail is printed to its end, over as many pages as it takes", async () => {
    await select("long");
    await alice.ui.waitForView(({ text }) => text.includes(`The line ${LINES - 1}.`));
    const file = join(ALBUM, "long.pdf");
    await places.printTo(file);
    const { stdout } = await runToEnd("pdftotext", ["-layout", file, "-"]);
    const printed = stdout.match(/The line \d+\./g) ?? [];
    expect(printed).toEqual(Array.from({ length: LINES }, (_, line) => `The line ${line}.`));
    expect(stdout.split("\f").length).toBeGreaterThan(4);
  });

  test("copied, all of it or a word", async () => {
    await select(OUTER);
    await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    expect(await places.copy("all")).toContain(MARKER);
    await mail.run(
      z.null(),
      `(window) => {
        const root = window.document.querySelector("listseal-view").openOrClosedShadowRoot;
        const { left, top } = root.querySelector("h1").getBoundingClientRect();
        for (const clickCount of [1, 2])
          for (const type of ["mousedown", "mouseup"])
            window.synthesizeMouseEvent(type, left + 5, top + 5, { button: 0, clickCount }, {});
      }`,
    );
    expect((await places.copy("selection")).trim()).toBe("Re");
  });

  test("a mail that takes long says that it is being opened, and then is", async () => {
    await select("ordinary");
    // what is kept is being changed by another page, which opening has to wait for
    await alice.addon.inBackground(
      z.null(),
      `async (name) => new Promise((held) => {
        void navigator.locks.request(name, () => new Promise((release) => {
          window.listsealRelease = release;
          held(null);
        }));
      })`,
      lockName("storage"),
    );
    await select("large");
    const opening = await until("the words for waiting", async () => {
      const { view } = await alice.ui.displayed();
      return view?.kind === "opening" ? view : undefined;
    });
    expect(opening.text).toContain("Opening the encrypted message");
    await alice.picture(join(ALBUM, "opening.png"));
    await alice.addon.inBackground(z.null(), "async () => window.listsealRelease()");
    const view = await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    expect(view.text).toContain("noise.bin");
  });

  test("an attachment that was saved is shown in its folder by one more press", async () => {
    await select("large");
    await alice.ui.waitForView(({ text }) => text.includes("noise.bin"));
    await alice.ui.clickInView("Save noise.bin");
    await until("the saved file", () => alice.downloads().find((file) => file.endsWith("noise.bin")));
    const offered = ({ buttons }: { readonly buttons: readonly string[] }) =>
      buttons.includes("Show in folder");
    await alice.ui.waitForView(offered);
    await alice.ui.clickInView("Show noise.bin in its folder");
    await new Promise((resolve) => setTimeout(resolve, 500));
    // what fails says so in its button
    await alice.ui.waitForView(offered);
    await alice.picture(join(ALBUM, "saved.png"));
  });

  describe("a letter that asks the network for pictures, styles and all else", () => {
    test("asks nobody, and says so", async () => {
      await select("curious");
      const view = await alice.ui.waitForView(({ text }) => text.includes(MARKER));
      expect(view.text).toContain("Remote images not loaded: 3");
      await alice.picture(join(ALBUM, "curious.png"));
      expect(counter.asked).toEqual([]);
    });

    test("asks nobody either where pictures are allowed for its sender, or for everybody", async () => {
      for (const whom of [list.address, "everybody"] as const) {
        await places.allowRemoteContent(whom);
        await select("ordinary");
        await until("the pictures of an ordinary mail", () => counter.asked.length > 0 || undefined);
        await select("large");
        await alice.ui.waitForView(({ text }) => text.includes(MARKER));
        counter.asked.length = 0;
        await select("curious");
        await alice.ui.waitForView(({ text }) => text.includes(MARKER));
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        expect(counter.asked).toEqual([]);
      }
    });
  });

  test("in the dark it is dark", async () => {
    await alice.ui.useTheme("dark");
    await select("curious");
    await alice.ui.waitForView(({ text }) => text.includes(MARKER));
    await alice.picture(join(ALBUM, "dark.png"));
    const colours = z.object({ back: z.string(), fore: z.string() });
    const source = `(window) => {
      const { backgroundColor: back, color: fore } = window.getComputedStyle(window.document.querySelector("listseal-view"));
      return { back, fore };
    }`;
    expect(await mail.run(colours, source)).toEqual({ back: "rgb(28, 27, 34)", fore: "rgb(251, 251, 254)" });
    expect(await mail.complaints()).toEqual([]);
  });
});
