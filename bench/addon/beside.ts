/** What the add-on costs where nothing is sealed: an ordinary mail, a folder that is scrolled, its own start. */
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { addressOf } from "../../test/world/world.js";
import { compare, type Row } from "../row.js";
import { kilobyte } from "./mails.js";
import { middle, onStage, type Shown, scroll, show, startPage, turns, withoutAndWith } from "./stage.js";

/** Of short things that differ by little there have to be many. */
const TURNS = 9;
const MESSAGES = 1000;
/** The event page starts within this, in milliseconds. */
const START_MS = 100;

/** Starting the event page. */
export function startRows(): Promise<readonly Row[]> {
  return onStage({ sizes: [] }, async (stage) => {
    const starts = await turns(TURNS, () => startPage(stage));
    return compare(
      "start the add-on's event page",
      "ms",
      middle(starts, ({ time }) => time),
      [{ name: "a tenth of a second", value: START_MS, goal: 1 }],
    );
  });
}

/** Showing a mail that is not sealed. */
export function ordinaryRows(): Promise<readonly Row[]> {
  return onStage({ sizes: [kilobyte] }, async (stage) => {
    const all = await turns(TURNS, () => withoutAndWith(stage, () => show(stage, "clear-1000")));
    const of = (figure: (one: Shown) => number) => ({
      with: middle(all, (turn) => figure(turn.with)),
      without: middle(all, ({ without }) => figure(without)),
    });
    const painted = of((one) => one.painted ?? Number.NaN);
    const there = of(({ time }) => time);
    return [
      ...compare("an ordinary mail of 1 kB with the add-on, until it is painted", "ms", painted.with, [
        { name: "without the add-on", value: painted.without, goal: 1.05 },
      ]),
      ...compare("an ordinary mail of 1 kB with the add-on, until it is there", "ms", there.with, [
        { name: "without the add-on", value: there.without },
      ]),
    ];
  });
}

/** Small mails in clear, for scrolling. */
function many(reader: string): readonly Uint8Array[] {
  return Array.from({ length: MESSAGES }, (_, i) =>
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

/** Scrolling through a folder. */
export function scrollingRows(): Promise<readonly Row[]> {
  return onStage({ sizes: [], others: many(addressOf("bob")) }, async (stage) => {
    const all = await turns(TURNS, () => withoutAndWith(stage, () => scroll(stage)));
    return compare(
      `scroll through ${MESSAGES} messages with the add-on`,
      "ms",
      middle(all, (turn) => turn.with.time),
      [{ name: "without the add-on", value: middle(all, ({ without }) => without.time), goal: 1.05 }],
    );
  });
}
