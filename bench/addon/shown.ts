/** What a person waits for: from the click to the shown mail, scrolling, the add-on's start. In the whole Thunderbird. */
import { z } from "zod";
import type { Stored } from "../../src/extension/stored.js";
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { InstalledAddon } from "../../test/world/extension.js";
import type { Thunderbird } from "../../test/world/thunderbird.js";
import { ThunderbirdUi } from "../../test/world/thunderbird-ui.js";
import type { World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { type Mails, sizes } from "./mails.js";

const TURNS = 3;
/** A mail of 25 MB takes long on a busy machine. */
const PATIENCE_MS = 180_000;
const MESSAGES = 1000;
/** Octets from which on a mail is shown once. */
const LONG = 5_000_000;
/** The window must not stand still for longer (in milliseconds), and the add-on starts within the other. */
const STALL_MS = 50;
const START_MS = 100;

/** Whether the words of the letter are shown, by Thunderbird or by the add-on, and nothing of its being opened. */
const SHOWN = `(window) => {
  const view = window.document.querySelector("listseal-view");
  const text = (view?.openOrClosedShadowRoot ?? window.document.body)?.textContent ?? "";
  const sealed = view === null ? window.document.readyState !== "loading" : view.dataset.kind === "opened";
  return sealed && text.includes("words");
}`;

const watched = z.object({ time: z.number(), stall: z.number() });
type Watched = z.infer<typeof watched>;

const watch = (thunderbird: Thunderbird, name: string, ...args: readonly unknown[]): Promise<Watched> =>
  thunderbird.marionette.call(watched, "stopwatch", name, ...args);

/** Medians of some turns, after one that is not counted; of what takes long, one turn. */
async function turns(work: () => Promise<Watched>, count = TURNS): Promise<Watched> {
  const all: Watched[] = [];
  if (count > 1) await work();
  for (let i = 0; i < count; i++) all.push(await work());
  return { time: median(all.map(({ time }) => time)), stall: median(all.map(({ stall }) => stall)) };
}

/** Many small mails in clear, for scrolling. */
function dropMany(world: World, reader: string): void {
  for (let i = 0; i < MESSAGES; i++) {
    world.dovecot.drop(
      "bob",
      writeEntity(
        [
          ["From", "alice@example.test"],
          ["To", reader],
          ["Subject", `mail ${i}`],
          ["Date", new Date(Date.now() - i * 60_000).toUTCString()],
          ["Message-ID", `<many-${i}@example.test>`],
          ["MIME-Version", "1.0"],
        ],
        textLeaf("words"),
      ),
    );
  }
}

/**
 * Drops the mails of all profiles, and measures first without the add-on and then with it.
 * @param stored what the add-on has in its storage: the lists and keys of both profiles
 */
export async function shownRows(
  world: World,
  thunderbird: Thunderbird,
  mails: {
    readonly clear: readonly { readonly raw: Uint8Array }[];
    readonly sealed: ReadonlyMap<string, Mails>;
  },
  stored: Stored,
  built: string,
): Promise<{ readonly addon: InstalledAddon; readonly rows: readonly Row[] }> {
  const ui = new ThunderbirdUi(thunderbird);
  await ui.waitForMails(0);
  dropMany(world, "bob@example.test");
  const all = [...mails.clear, ...[...mails.sealed.values()].flatMap(({ sealed }) => sealed)];
  for (const { raw } of all) world.dovecot.drop("bob", raw);
  await ui.waitForMails(MESSAGES + all.length);

  const show = (what: string) =>
    watch(thunderbird, "clickToShown", `${what}@example.test`, SHOWN, PATIENCE_MS);
  const scroll = () => turns(() => watch(thunderbird, "scroll"));

  const before = { scroll: await scroll(), small: await turns(() => show("clear-1000")) };
  const addon = await InstalledAddon.install(thunderbird, built);
  await addon.setStorage("listseal", stored);
  const start = await turns(() => watch(thunderbird, "startBackground", addon.id));
  const after = { scroll: await scroll(), small: await turns(() => show("clear-1000")) };
  const rows: Row[] = [
    ...compare("start the add-on's event page", "ms", start.time, [
      { name: "a tenth of a second", value: START_MS, goal: 1 },
    ]),
    ...compare("show an ordinary mail of 1 kB with the add-on", "ms", after.small.time, [
      { name: "without the add-on", value: before.small.time, goal: 1.05 },
    ]),
    ...compare(`scroll through ${MESSAGES} messages with the add-on`, "ms", after.scroll.time, [
      { name: "without the add-on", value: before.scroll.time, goal: 1.05 },
    ]),
  ];
  for (const profile of mails.sealed.keys()) {
    const first = await turns(async () => {
      await watch(thunderbird, "startBackground", addon.id);
      return show(`${profile}-1000`);
    });
    rows.push(
      ...compare(`click to shown, the first sealed mail after a pause, 1 kB, ${profile}`, "ms", first.time, [
        { name: "the same mail in clear", value: after.small.time },
      ]),
    );
  }
  for (const { label, bytes } of sizes) {
    const count = bytes > LONG ? 1 : TURNS;
    const inClear = await turns(() => show(`clear-${bytes}`), count);
    for (const profile of mails.sealed.keys()) {
      // the add-on keeps what it has opened: a fresh page has nothing, and an other mail then starts its worker
      const other = [...mails.sealed.keys()].find((each) => each !== profile) ?? profile;
      const shown = await turns(async () => {
        await watch(thunderbird, "startBackground", addon.id);
        await show(`${other}-1000`);
        return show(`${profile}-${bytes}`);
      }, count);
      rows.push(
        ...compare(`click to shown, sealed mail of ${label}, ${profile}`, "ms", shown.time, [
          { name: "the same mail in clear", value: inClear.time, ...(label === "1 MB" ? { goal: 1.3 } : {}) },
        ]),
        ...compare(`longest stall of the window meanwhile, ${label}, ${profile}`, "ms", shown.stall, [
          { name: "a twentieth of a second", value: STALL_MS, goal: 1 },
          { name: "the same mail in clear", value: inClear.stall },
        ]),
      );
      console.error(`${label} ${profile}: ${shown.time.toFixed(0)} : ${inClear.time.toFixed(0)} ms`);
    }
  }
  return { addon, rows };
}
