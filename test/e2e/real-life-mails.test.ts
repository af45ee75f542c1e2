import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored } from "../../src/extension/records/stored.js";
import { formatMailDate, type HeaderField } from "../../src/mail/mime.js";
import { sealingHalf, writeSealingKey } from "../../src/protocol/index.js";
import { keyRecord, MadeList, makePerson } from "../tour/made-list.js";
import { Person } from "../tour/person.js";
import { titled } from "../tour/scenery.js";
import type { Language } from "../tour/words.js";
import { until } from "../world/processes.js";
import { clearMail, payloadOf, realLifeMails } from "../world/real-life-mails.js";
import { WINDOW_OF_VIEW } from "../world/thunderbird-ui.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of what a reader sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/real-life-mails", import.meta.url));

/**
 * Runs in a message document: what a person reads in it, and how it looks. The same of Thunderbird's own rendering and of ours;
 * `mine` is left out of the words: what either says about the mail, and not the mail itself.
 */
const WHAT_IS_READ = `(window, mine) => {
  const inner = (${WINDOW_OF_VIEW})(window);
  const root = inner.document.querySelector("listseal-view")?.shadowRoot?.querySelector(".pieces") ?? window.document.body;
  const view = root.ownerDocument.defaultView;
  const told = [...root.querySelectorAll(".inside > summary, .inside > dl, .inside > .files .name, .entry > h2")].map((one) => one.innerText.replace(/\\s+/g, " ").trim());
  for (const one of root.querySelectorAll(mine)) one.style.setProperty("display", "none", "important");
  for (const image of root.querySelectorAll("img")) if (image.checkVisibility() && !/^https?:/.test(image.src)) image.before(" PICTURE ");
  const nodes = [];
  const walk = root.ownerDocument.createTreeWalker(root, 4);
  while (walk.nextNode()) if (walk.currentNode.parentElement.checkVisibility()) nodes.push(walk.currentNode);
  const broken = [];
  for (const node of nodes) {
    for (const { 0: number, index } of node.data.matchAll(/\\d[\\d.,:]*\\d/g)) {
      const range = root.ownerDocument.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + number.length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(number);
    }
  }
  const cells = [...root.querySelectorAll("td, th")]
    .filter((cell) => cell.checkVisibility() && /^\\s*\\S*\\d\\S*\\s*$/.test(cell.innerText))
    .map((cell) => cell.innerText.trim() + " " + Math.round(cell.getBoundingClientRect().width));
  const first = nodes.find((node) => /\\p{L}/u.test(node.data))?.parentElement;
  const style = first && view.getComputedStyle(first);
  const quotes = [...root.querySelectorAll("blockquote")].map((quote) => {
    const { borderLeftWidth, borderRightWidth } = view.getComputedStyle(quote);
    return [parseFloat(borderLeftWidth) > 0 ? "left" : "", parseFloat(borderRightWidth) > 0 ? "right" : ""].join("");
  });
  const links = [...root.querySelectorAll("a[href]")].filter((link) => link.checkVisibility()).map((link) => link.getAttribute("href"));
  return {
    subject: root.parentElement?.querySelector("h1")?.textContent ?? "",
    words: (root.innerText.match(/[\\p{L}\\p{N}]+/gu) ?? []).join(" "),
    told, broken, cells, quotes, links,
    font: style ? style.fontFamily + " " + style.fontSize : "",
    paper: root.querySelector(".paper") !== null,
    files: [...(root.parentElement?.querySelectorAll(":scope > .files .name") ?? [])].map((name) => name.textContent),
  };
}`;
const readShape = z.object({
  subject: z.string(),
  words: z.string(),
  told: z.array(z.string()),
  broken: z.array(z.string()),
  cells: z.array(z.string()),
  quotes: z.array(z.string()),
  links: z.array(z.string()),
  font: z.string(),
  paper: z.boolean(),
  files: z.array(z.string()),
});
type Reading = z.infer<typeof readShape>;

/** What Thunderbird says about a mail, and what we do: names of parts, headers of mails within it, boxes of invitations. */
const [THEIRS, OURS] = [
  ".moz-main-header, .moz-print-only, .moz-mime-attachment-wrap, .moz-mime-attachment-header, .moz-header-part1, .moz-header-part2, #imipHTMLDetails",
  ".inside > summary, .inside > dl, .inside > .remote, .inside > .files, .entry, p.remote",
] as const;

/** Where the list of files differs from Thunderbird's, and why. */
const otherFiles: Readonly<Record<string, readonly string[]>> = {
  // an entry can be saved for the calendar; Thunderbird takes it into its own
  "outlook-invitation": ["invitation.ics"],
  // named by its subject
  "mutt-forwarded": ["The older plan.eml"],
  // what is in the mail within it is said there
  "thunderbird-forwarded": ["Delivery on Thursday.eml"],
  // nobody here checks these
  "smime-signed": ["smime.p7s"],
  "smime-encrypted": ["smime.p7m"],
  // "Frýsche.dat" in Thunderbird 153
  "raw-octet": ["Frösche.dat"],
};

/** What is said of a file in the text, of a mail within the mail, and of an entry for a calendar. */
const told: Readonly<Record<"en" | "ja", Readonly<Record<string, readonly string[]>>>> = {
  en: {
    "git-attached-patch": ["0001-pier-count-the-seventh-pile.patch"],
    "mutt-inline-patch": ["seventh.patch"],
    "thunderbird-picture": ["depths.csv"],
    "google-invitation": [
      "Invitation: Inspection of the piles",
      "When Tuesday, June 3, 2025 at 9:00 AM – 10:00 AM Where Pier 7, upper deck Organizer Carol <carol@example.test> Description Bring the drawings.",
    ],
    "outlook-invitation": [
      "Invitation: Besprechung über den Steg",
      "When Tuesday, June 10, 2025 at 12:30 PM – 1:30 PM (repeats) Where Microsoft Teams-Besprechung Organizer Carol Pier <carol@example.test>",
    ],
    "mutt-forwarded": [
      "Attached message: The older plan",
      "From Zoë <zoe@example.test> To Erik <erik@example.test> Date June 2, 2025 at 7:14 AM",
    ],
    "thunderbird-forwarded": [
      "Attached message: Delivery on Thursday",
      "From Harbour <harbour@example.test> To erik@example.test Date June 1, 2025 at 6:00 PM",
      "delivery-note.pdf",
    ],
  },
  ja: {
    "git-attached-patch": ["0001-pier-count-the-seventh-pile.patch"],
    "mutt-inline-patch": ["seventh.patch"],
    "thunderbird-picture": ["depths.csv"],
    "google-invitation": [
      "予定への招待：Inspection of the piles",
      "日時 2025年6月3日火曜日 9:00 – 10:00 場所 Pier 7, upper deck 主催者 Carol <carol@example.test> 説明 Bring the drawings.",
    ],
    "outlook-invitation": [
      "予定への招待：Besprechung über den Steg",
      "日時 2025年6月10日火曜日 12:30 – 13:30（繰り返し） 場所 Microsoft Teams-Besprechung 主催者 Carol Pier <carol@example.test>",
    ],
    "mutt-forwarded": [
      "添付されたメッセージ：The older plan",
      "差出人 Zoë <zoe@example.test> 宛先 Erik <erik@example.test> 日時 2025年6月2日 7:14",
    ],
    "thunderbird-forwarded": [
      "添付されたメッセージ：Delivery on Thursday",
      "差出人 Harbour <harbour@example.test> 宛先 erik@example.test 日時 2025年6月1日 18:00",
      "delivery-note.pdf",
    ],
  },
};

/** Where the bar of a quote stands on the side on which its lines begin; Thunderbird 153 has it on the left. */
const otherQuotes: Readonly<Record<string, readonly string[]>> = {
  "right-to-left": ["right", "right"],
  "right-to-left-html": ["right"],
};

/** Style sheets of a mail are left out here. */
const otherFonts: Readonly<Record<string, string>> = { "outlook-table": "sans-serif 16px" };

const WITH_NOTICE = "with a notice";

/** The button under a mail with a format. */
const plainWords = {
  en: { show: "Show as plain text", back: "Show with formatting" },
  ja: { show: "プレーンテキストで表示", back: "書式付きで表示" },
} as const;

/** What is better here than in Thunderbird 153. */
const otherWords: Readonly<Record<string, string>> = {
  // UTF-8 that says it is US-ASCII
  "ascii-with-utf8": "The job on pier 7 has finished 3 Stück 12",
};

/** "Frýsche am Steg" in Thunderbird 153. */
const otherSubjects: Readonly<Record<string, string>> = { "raw-octet": "Frösche am Steg" };

/** Mails that Thunderbird does not show: it says in their place that it can't. */
const unreadable = ["smime-encrypted"];

describe.each(["en", "ja"] as const)(
  "mails of other programs, sealed, in a real Thunderbird (%s)",
  (language) => {
    let world: World;
    let alice: Person;
    const clear = new Map<
      string,
      { readonly read: Reading; readonly attachments: readonly string[]; readonly subject: string }
    >();

    beforeAll(async () => {
      mkdirSync(join(ALBUM, language), { recursive: true });
      world = await World.start();
      const reader = await makePerson(addressOf("alice"), "Alice");
      const erik = await makePerson("erik@example.test", "Erik");
      const list = await MadeList.make("team@lists.example", "Team", [erik]);
      const certificate = writeSealingKey(sealingHalf(erik.key));
      for (const [number, name] of realLifeMails.entries()) {
        const fields = (kind: string, date: Date): readonly HeaderField[] => [
          ["From", "Erik <erik@example.test>"],
          ["To", "team@lists.example"],
          ["Date", formatMailDate(date)],
          ["Message-ID", `<${kind}-${name}@example.test>`],
        ];
        world.dovecot.drop(
          "alice",
          clearMail(name, fields("clear", new Date(Date.UTC(2025, 5, 2, 10, number)))),
        );
        // the newest stands above
        const date = new Date(Date.now() - number * 2_000);
        const payload = payloadOf(name, fields("sealed", date), certificate);
        const messageId = `<sealed-${name}@example.test>`;
        world.dovecot.drop("alice", await list.copyOf(reader, erik, { payload, messageId, date }));
      }
      // in the shape with a notice, of which Thunderbird makes a text
      const name = "git-send-email";
      const date = new Date(Date.now() - realLifeMails.length * 2_000);
      const messageId = "<noticed@example.test>";
      const payload = payloadOf(
        name,
        [
          ["From", "Erik <erik@example.test>"],
          ["Date", formatMailDate(date)],
          ["Message-ID", messageId],
        ],
        certificate,
      );
      const noticed = await list.copyOf(reader, erik, { payload, messageId, date }, "mixed");
      world.dovecot.drop("alice", titled(noticed, WITH_NOTICE));
      alice = await Person.arrive(world, "alice", {}, language satisfies Language);
      const record = await keyRecord(reader);
      await alice.addon.setStorage("listseal", {
        ...emptyStored,
        lists: { [list.address]: await list.record(reader) },
        memberKeys: { [record.fingerprint]: record },
        backedUpAt: new Date().toISOString(),
      });
      await alice.ui.waitForMails(2 * realLifeMails.length + 1);
    });

    afterAll(async () => {
      await world.stop();
    });

    test("Thunderbird shows them in clear", async () => {
      for (const [number, name] of realLifeMails.entries()) {
        // the newest are above, and those in clear are older than all that are sealed
        await alice.ui.selectMessage(2 * realLifeMails.length - number);
        const read = await until(`${name} in clear`, async () => {
          const found = await alice.ui.inMessage(readShape, WHAT_IS_READ, [THEIRS]);
          return found.words === "" ? undefined : found;
        });
        clear.set(name, { read, ...(await alice.ui.messageHeader()) });
      }
      expect([...clear.keys()]).toEqual(realLifeMails);
    });

    const show = async (name: string): Promise<void> => {
      await alice.ui.selectMessage(realLifeMails.indexOf(name));
      await alice.ui.waitForView(({ kind }) => kind === "opened");
    };
    const own = (name: string) => {
      const found = clear.get(name);
      if (found === undefined) throw new Error(`${name} was not shown in clear`);
      return found;
    };

    test.each(realLifeMails)("%s is read as in clear", async (name) => {
      const { read: theirs, attachments, subject } = own(name);
      await show(name);
      await alice.picture(join(ALBUM, language, `${name}.png`));
      const ours = await alice.ui.inMessage(readShape, WHAT_IS_READ, [OURS]);
      // after its label
      expect(otherSubjects[name] ?? subject.replace(/^[^:]*:\s*/, "")).toBe(ours.subject);
      expect(ours.files).toEqual(otherFiles[name] ?? attachments);
      expect(ours.told).toEqual(told[language][name] ?? []);
      // white only where the writer chose a background
      expect(ours.paper).toBe(name === "newsletter");
      if (unreadable.includes(name)) return;
      expect(ours.words).toBe(otherWords[name] ?? theirs.words);
      expect(ours.broken).toEqual([]);
      expect(ours.cells).toEqual(theirs.cells);
      expect(ours.font).toBe(otherFonts[name] ?? theirs.font);
      expect(ours.links).toEqual(theirs.links);
      expect(ours.quotes).toEqual(otherQuotes[name] ?? theirs.quotes);
    });

    test("formatting is left out where a person wants none, in the mails after it as well", async () => {
      await show("gmail-reply");
      await alice.ui.clickInView(plainWords[language].show);
      await alice.ui.waitForView(({ html }) => !html.includes("<div dir"));
      await alice.picture(join(ALBUM, language, "as-text.png"));
      await show("outlook-table");
      const { text, html } = await alice.ui.waitForView((view) => view.text.includes("1.234.567,89"));
      expect([html.includes("<table"), text.includes("2.345.678,90")]).toEqual([false, true]);
      await alice.ui.clickInView(plainWords[language].back);
      await alice.ui.waitForView((view) => view.html.includes("<table"));
    });

    test("plain text has the font that a person has chosen in Thunderbird, once that was seen", async () => {
      const fontOf = async () => (await alice.ui.inMessage(readShape, WHAT_IS_READ, [OURS])).font;
      await alice.ui.setPreference("mail.fixed_width_messages", false);
      await alice.ui.selectMessage(WITH_NOTICE);
      await alice.ui.waitForView(({ kind }) => kind === "opened");
      expect(await fontOf()).toBe("sans-serif 16px");
      await show("git-send-email");
      expect(await fontOf()).toBe("sans-serif 16px");
      await alice.ui.setPreference("mail.fixed_width_messages", true);
      await alice.ui.selectMessage(WITH_NOTICE);
      await alice.ui.waitForView(({ kind, html }) => kind === "opened" && html.includes("pieces fixed"));
      expect(await fontOf()).toBe("monospace 12px");
    });

    test("no script of the add-on has thrown, whatever Thunderbird made of a mail", async () => {
      expect(await alice.ui.errorsOfAddons()).toEqual([]);
    });
  },
);
