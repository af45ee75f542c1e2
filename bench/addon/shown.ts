/** What a person waits for: from the click to the shown mail, in the whole Thunderbird. */
import { compare, type Row } from "../row.js";
import { kilobyte, megabyte, type Size, ten, twentyFive } from "./mails.js";
import { middle, onStage, profiles, type Stage, show, startPage, turns } from "./stage.js";

const TURNS = 5;
/** Octets from which on a mail is shown once. */
const LONG = 5_000_000;
/** The window must not stand still for longer, in milliseconds. */
const STALL_MS = 50;

async function sizeRows(stage: Stage, { label, bytes }: Size): Promise<readonly Row[]> {
  const rows: Row[] = [];
  const count = bytes > LONG ? 1 : TURNS;
  for (const profile of profiles) {
    // the add-on keeps what it has opened: a fresh page has nothing, and a mail of the other list then starts its worker
    const other = profile === "compatible" ? "rfc9580" : "compatible";
    const all = await turns(count, async () => {
      await startPage(stage);
      await show(stage, `${other}-${kilobyte.bytes}`);
      const sealed = await show(stage, `${profile}-${bytes}`);
      return { sealed, clear: await show(stage, `clear-${bytes}`) };
    });
    const sealed = middle(all, (turn) => turn.sealed.time);
    const clear = middle(all, (turn) => turn.clear.time);
    const stall = middle(all, (turn) => turn.sealed.stall);
    rows.push(
      ...compare(`click to shown, sealed mail of ${label}, ${profile}`, "ms", sealed, [
        { name: "the same mail in clear", value: clear, ...(label === megabyte.label ? { goal: 1.3 } : {}) },
      ]),
      ...compare(`longest stall of the window meanwhile, ${label}, ${profile}`, "ms", stall, [
        { name: "a twentieth of a second", value: STALL_MS, goal: 1 },
        { name: "the same mail in clear", value: middle(all, (turn) => turn.clear.stall) },
      ]),
    );
    if (label === kilobyte.label) {
      const paint = middle(all, (turn) => turn.sealed.painted ?? Number.NaN);
      rows.push(
        // up to 1: nothing else was painted before
        ...compare(`opened, sealed mail of ${label}, ${profile}`, "ms", sealed, [
          { name: "its first paint", value: paint, goal: 1 },
        ]),
        ...compare(`first paint of a sealed mail of ${label}, ${profile}`, "ms", paint, [
          { name: "of the same in clear", value: middle(all, (turn) => turn.clear.painted ?? Number.NaN) },
        ]),
      );
    }
    console.error(`${label} ${profile}: ${sealed.toFixed(0)} : ${clear.toFixed(0)} ms`);
  }
  return rows;
}

/** The first sealed mail after the event page has slept: it starts, and so does its worker. */
async function pauseRows(stage: Stage): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const profile of profiles) {
    const all = await turns(TURNS, async () => {
      await startPage(stage);
      const sealed = await show(stage, `${profile}-${kilobyte.bytes}`);
      return { sealed, clear: await show(stage, `clear-${kilobyte.bytes}`) };
    });
    rows.push(
      ...compare(
        `click to shown, the first sealed mail after a pause, ${kilobyte.label}, ${profile}`,
        "ms",
        middle(all, ({ sealed }) => sealed.time),
        [{ name: "the same mail in clear", value: middle(all, ({ clear }) => clear.time) }],
      ),
    );
  }
  return rows;
}

/** @param full also 10 and 25 MB, which take Thunderbird long to hand out, on a busy machine most of all */
export function shownRows(full: boolean): Promise<readonly Row[]> {
  const sizes = full ? [kilobyte, megabyte, ten, twentyFive] : [kilobyte, megabyte];
  return onStage({ sizes }, async (stage) => {
    const rows: Row[] = [...(await pauseRows(stage))];
    for (const size of sizes) rows.push(...(await sizeRows(stage, size)));
    return rows;
  });
}
