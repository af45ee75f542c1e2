/** What the add-on costs where nothing is sealed: an ordinary mail, a folder that is scrolled, its own start. */
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { addressOf } from "../../test/world/world.js";
import { compare, type Row } from "../row.js";
import { kilobyte, megabyte } from "./mails.js";
import { middle, onStage, type Shown, scroll, show, startPage, turns, withoutAndWith } from "./stage.js";

/** Of short things that differ by little there have to be many. */
const TURNS = 9;
const MESSAGES = 1000;
/** The event page starts within this, in milliseconds. */
const START_MS = 100;

/** Mails after the first in each turn: the add-on's own start, 90 ms, falls into those that come first. */
const LATER = 5;

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

/** Showing a mail that is not sealed: the first after the add-on was switched on, and one as later on. */
export function ordinaryRows(): Promise<readonly Row[]> {
  return onStage({ sizes: [kilobyte, megabyte] }, async (stage) => {
    const all = await turns(TURNS, () =>
      withoutAndWith(stage, async () => {
        const first = await show(stage, "clear-1000");
        const later: Shown[] = [];
        for (let i = 0; i < LATER; i++) {
          // another one in between: the same mail again is not shown anew
          await show(stage, "clear-1000000");
          later.push(await show(stage, "clear-1000"));
        }
        return { first, later };
      }),
    );
    const row = (
      what: string,
      figure: (one: { first: Shown; later: readonly Shown[] }) => number,
      goal?: number,
    ) =>
      compare(
        what,
        "ms",
        middle(all, (turn) => figure(turn.with)),
        [
          {
            name: "without the add-on",
            value: middle(all, ({ without }) => figure(without)),
            ...(goal === undefined ? {} : { goal }),
          },
        ],
      );
    const painted = (one: Shown) => one.painted ?? Number.NaN;
    return [
      // what is painted comes in steps of a frame: a little more work is a whole frame, or none
      ...row(
        "an ordinary mail of 1 kB with the add-on, until it is there",
        ({ later }) => middle(later, ({ time }) => time),
        1.1,
      ),
      ...row("the same, until it is painted", ({ later }) => middle(later, painted)),
      ...row("the first ordinary mail after it was switched on, until it is painted", ({ first }) =>
        painted(first),
      ),
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
