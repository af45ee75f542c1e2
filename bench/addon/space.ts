/** Our page of lists with years of mail: the first build of its index, and everything that a person then does with it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored } from "../../src/extension/records/stored.js";
import { ListsPage } from "../../test/tour/lists-page.js";
import { keyRecord } from "../../test/tour/made-list.js";
import { InstalledAddon } from "../../test/world/extension.js";
import { until } from "../../test/world/processes.js";
import type { Thunderbird } from "../../test/world/thunderbird.js";
import { ThunderbirdUi } from "../../test/world/thunderbird-ui.js";
import { addressOf, World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { COMMON_WORD, rareWords, YearsOfMail } from "./space-mails.js";

/** Mails of a run, and what `--full` adds: an hour, most of which is sealing them. */
const [SIZES, FULL_SIZES] = [[1_000, 10_000], [50_000]] as const;

/** What we want at most, in the units of the rows. */
const goals = {
  buildSeconds: 12,
  buildGap: 100,
  keystroke: 50,
  list: 500,
  search: 1_500,
  arrival: 100,
  frame: 33,
  memory: 200,
} as const;

/** Thunderbird would fetch all bodies meanwhile, over the same connection. */
const PREFERENCES = {
  "mail.server.default.autosync_offline_stores": false,
  "mail.server.default.offline_download": false,
  "privacy.reduceTimerPrecision": false,
};
const [PATIENCE_MS, BUILD_PATIENCE_MS] = [120_000, 3_600_000] as const;
const [TURNS, ARRIVALS, FRAMES] = [5, 5, 300] as const;

const built = fileURLToPath(new URL("../../dist/extension", import.meta.url));

/** Whether the list is there, in the page of lists. */
const hasRows = `(window) => window.document.querySelector(".row") !== null`;

/**
 * Runs in the page: puts each text into the field for searching and waits until the list has as many rows as it is to have.
 * Gives milliseconds from the key until the rows are in the page, and until the next frame.
 */
const TYPE = `async (window, typed) => {
  const { document, performance } = window;
  const field = document.querySelector("input[type=search]");
  const rows = () => Number(document.querySelector(".row")?.getAttribute("aria-setsize") ?? 0);
  const times = [];
  for (const [text, wanted] of typed) {
    await new Promise((resolve) => window.setTimeout(resolve, 200));
    const start = performance.now();
    const done = new Promise((resolve, reject) => {
      const look = () => {
        if (rows() !== wanted) return;
        observer.disconnect();
        resolve(performance.now() - start);
      };
      const observer = new window.MutationObserver(look);
      observer.observe(document.querySelector("main"), { childList: true, subtree: true, attributes: true });
      window.setTimeout(() => reject(new Error(text + ": " + rows() + " rows and not " + wanted)), 30000);
    });
    field.value = text;
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
    times.push(await done);
  }
  return times;
}`;

/** Runs in the page: scrolls on with each frame, and gives the milliseconds between them. */
const SCROLL = `async (window, frames) => {
  const box = window.document.querySelector(".rows");
  const frame = () => new Promise((resolve) => window.requestAnimationFrame(resolve));
  const gaps = [];
  let last = await frame();
  for (let count = 0; count < frames; count += 1) {
    box.scrollTop = (count * 480) % Math.max(1, box.scrollHeight - box.clientHeight);
    const now = await frame();
    gaps.push(now - last);
    last = now;
  }
  box.scrollTop = 0;
  return gaps;
}`;

/** Runs in the background page: from now on notes when Thunderbird tells of new mail. */
const WATCH_ARRIVALS = `async () => {
  window.benchArrival = null;
  window.benchHeard ??= (messenger.messages.onNewMailReceived.addListener(() => {
    window.benchArrival ??= Date.now();
  }, true), true);
}`;
/** Runs in the page: from now on notes when a row of this subject is there. */
const WATCH_ROW = `(window, subject) => {
  const { document } = window;
  window.benchShown = null;
  const look = () => {
    if (![...document.querySelectorAll(".row .subject")].some(({ textContent }) => textContent === subject)) return;
    observer.disconnect();
    window.benchShown = Date.now();
  };
  const observer = new window.MutationObserver(look);
  observer.observe(document.querySelector("main"), { childList: true, subtree: true, characterData: true });
}`;

interface Bed {
  readonly world: World;
  readonly thunderbird: Thunderbird;
  readonly ui: ThunderbirdUi;
  readonly addon: InstalledAddon;
  readonly years: YearsOfMail;
  readonly count: number;
}

async function onBed<T>(count: number, work: (bed: Bed) => Promise<T>): Promise<T> {
  if (!existsSync(built)) throw new Error("dist/extension is not there: npm run build");
  const years = await YearsOfMail.make(addressOf("alice"), count);
  const world = await World.start();
  try {
    console.error(`${count} mails are sealed`);
    for (let number = 0; number < count; number += 1) world.dovecot.drop("alice", await years.mail(number));
    const thunderbird = await world.openThunderbird("alice", PREFERENCES);
    const ui = new ThunderbirdUi(thunderbird);
    await ui.waitForMails(count);
    const addon = await InstalledAddon.install(thunderbird, built);
    const { list, reader } = years;
    const key = await keyRecord(reader);
    await addon.setStorage("listseal", {
      ...emptyStored,
      lists: { [list.address]: await list.record(reader) },
      memberKeys: { [key.fingerprint]: key },
      backedUpAt: new Date().toISOString(),
    });
    return await work({ world, thunderbird, ui, addon, years, count });
  } finally {
    await world.stop();
  }
}

const stallUntilNow = ({ thunderbird }: Bed, isOver: boolean): Promise<number> =>
  thunderbird.marionette.call(z.number(), "stopwatch", "longestStall", isOver);

const workOf = ({ thunderbird }: Bed): Promise<number> =>
  thunderbird.marionette.call(z.number(), "stopwatch", "workOfAddons");

const memoryOf = async ({ thunderbird }: Bed): Promise<number> =>
  (await thunderbird.marionette.call(z.number(), "stopwatch", "memoryOfAddons")) / 1_000_000;

/** The first build, from the opening of the page until the last mail is in its list. */
async function buildRows(bed: Bed): Promise<readonly Row[]> {
  const { thunderbird, addon, count } = bed;
  const before = await memoryOf(bed);
  await thunderbird.marionette.call(z.null(), "stopwatch", "beginStall");
  const worked = await workOf(bed);
  const start = performance.now();
  const page = await ListsPage.open(addon);
  // the tab is opened then: what stands still for that is not the index's
  const opening = await stallUntilNow(bed, false);
  const stalls: number[] = [];
  await until(
    "all mails in the list",
    async () => {
      const { rows, text } = await page.shown();
      stalls.push(await stallUntilNow(bed, false));
      return rows >= count && !text.includes(`of ${count.toLocaleString("en")}`) ? true : undefined;
    },
    BUILD_PATIENCE_MS,
  );
  const seconds = (performance.now() - start) / 1000;
  const work = ((await workOf(bed)) - worked) / count;
  await stallUntilNow(bed, true);
  const gap = Math.max(...stalls);
  console.error(`${count}: the window stood still for ${opening.toFixed(0)} ms while the tab was opened`);
  const after = await memoryOf(bed);
  return [
    ...compare(`search: first build, a thousand mails of ${count}`, "s", seconds / (count / 1000), [
      { name: "the goal", value: goals.buildSeconds, goal: 1 },
    ]),
    ...compare(
      `search: processor time of the add-on's process for a mail, first build of ${count}`,
      "ms",
      work,
      [{ name: "the goal", value: goals.buildSeconds, goal: 1 }],
    ),
    ...compare(`search: longest stall of the window while ${count} mails are indexed`, "ms", gap, [
      { name: "the goal", value: goals.buildGap, goal: 1 },
    ]),
    ...compare(`search: memory of the add-on's process after ${count} mails were indexed`, "MB", after, [
      { name: "the goal", value: goals.memory, goal: 1 },
      { name: "before", value: before },
    ]),
  ];
}

/** Opening the page when nothing is in memory, and the first search. */
async function openingRows(bed: Bed): Promise<readonly Row[]> {
  const { thunderbird, addon, count } = bed;
  const opened: { readonly list: number; readonly search: number; readonly work: number }[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) {
    const worked = await workOf(bed);
    const { time } = await thunderbird.marionette.call(
      z.object({ time: z.number() }),
      "stopwatch",
      "reloadToShown",
      addon.id,
      hasRows,
      PATIENCE_MS,
    );
    // the first search needs all texts
    const work = (await workOf(bed)) - worked;
    const [first = Number.NaN] = await type(bed, [[rareWords.english.typed, hitsOf(count).english]]);
    opened.push({ list: time, search: time + first, work });
  }
  return [
    ...compare(
      `search: from opening to the list, ${count} mails`,
      "ms",
      median(opened.map(({ list }) => list)),
      [{ name: "the goal", value: goals.list, goal: 1 }],
    ),
    ...compare(
      `search: processor time of the add-on's process from opening to the list, ${count} mails`,
      "ms",
      median(opened.map(({ work }) => work)),
      [{ name: "the goal", value: goals.list, goal: 1 }],
    ),
    ...compare(
      `search: from opening to the first hits in all texts, ${count} mails`,
      "ms",
      median(opened.map(({ search }) => search)),
      [{ name: "the goal", value: goals.search, goal: 1 }],
    ),
  ];
}

const type = ({ addon }: Bed, typed: readonly (readonly [text: string, rows: number])[]) =>
  addon.inFrontTab(z.array(z.number()), TYPE, typed);

/** In how many mails a word is. */
function hitsOf(count: number): { readonly english: number; readonly japanese: number } {
  const numbers = Array.from({ length: count }, (_, number) => number);
  return {
    english: numbers.filter((number) => number % rareWords.english.every === 7).length,
    japanese: numbers.filter((number) => number % rareWords.japanese.every === 1).length,
  };
}

/** A key while one searches: few hits, none, Japanese ones, more than are shown, and back to everything. */
async function keystrokeRows(bed: Bed): Promise<readonly Row[]> {
  const { count } = bed;
  const { english, japanese } = hitsOf(count);
  const words: readonly (readonly [string, number])[] = [
    [rareWords.english.typed, english],
    ["no such word", 0],
    [rareWords.japanese.typed, japanese],
    [COMMON_WORD, Math.min(200, count)],
    ["", count],
  ];
  // to begin with: the word of the part before is still there
  await type(bed, words.slice(1));
  const turns: (readonly number[])[] = [];
  for (let turn = 0; turn < TURNS; turn += 1) turns.push(await type(bed, words));
  const names = ["few hits", "none", "Japanese", "200 hits of a common word", "everything again"];
  return names.flatMap((name, at) =>
    compare(
      `search: a key, ${name}, ${count} mails`,
      "ms",
      median(turns.map((times) => times[at] ?? Number.NaN)),
      [{ name: "the goal", value: goals.keystroke, goal: 1 }],
    ),
  );
}

/** New mail: from Thunderbird's word of it until it is in the list. */
async function arrivalRows(bed: Bed): Promise<readonly Row[]> {
  const { world, ui, addon, years, count } = bed;
  const times: number[] = [];
  for (let turn = 0; turn < ARRIVALS; turn += 1) {
    const subject = `It has just come, ${turn}`;
    await addon.inBackground(z.null(), WATCH_ARRIVALS);
    await addon.inFrontTab(z.null(), WATCH_ROW, subject);
    world.dovecot.drop("alice", await years.mail(count + turn, subject));
    await ui.getNewMail();
    const shown = await until("the row", async () => {
      const at = await addon.inFrontTab(z.number().nullable(), "(window) => window.benchShown");
      return at ?? undefined;
    });
    const heard = await addon.inBackground(z.number(), "async () => window.benchArrival");
    times.push(shown - heard);
  }
  return compare(`search: from new mail to its row, ${count} mails`, "ms", median(times), [
    { name: "the goal", value: goals.arrival, goal: 1 },
  ]);
}

async function frameRows({ addon, count }: Bed): Promise<readonly Row[]> {
  const gaps = await addon.inFrontTab(z.array(z.number()), SCROLL, FRAMES);
  const inOrder = [...gaps].sort((one, other) => one - other);
  const late = inOrder[Math.floor(inOrder.length * 0.95)] ?? Number.NaN;
  return compare(`search: 95 of 100 frames while scrolling through ${count} mails`, "ms", late, [
    { name: "the goal", value: goals.frame, goal: 1 },
  ]);
}

/** @param full also 50,000 mails */
export async function spaceRows(full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of full ? [...SIZES, ...FULL_SIZES] : SIZES)
    rows.push(
      ...(await onBed(count, async (bed) => {
        const found: Row[] = [];
        for (const part of [buildRows, openingRows, keystrokeRows, frameRows, arrivalRows]) {
          const next = await part(bed);
          for (const { name, ours, unit } of next) console.error(`${name}: ${ours.toFixed(1)} ${unit}`);
          found.push(...next);
        }
        return found;
      })),
    );
  return rows;
}
