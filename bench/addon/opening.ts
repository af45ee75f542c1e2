/**
 * Where the time of opening goes: Thunderbird hands out the sealed mail, the add-on's own worker opens and checks it. The
 * worker's job is timed in turns with SHA-256 of the same octets, which tells how busy the machine is.
 */
import { z } from "zod";
import { until } from "../../test/world/processes.js";
import { compare, type Row } from "../row.js";
import { kilobyte, type Mail, megabyte, type Size, twentyFive } from "./mails.js";
import { middle, onStage, profiles, type Stage } from "./stage.js";

const TURNS = 5;
/** Opening 25 MB, in milliseconds. */
const GOAL_MS = 500;
/** A mail of 25 MB takes Thunderbird long to hand out, on a busy machine most of all. */
const PATIENCE_MS = 600_000;

/**
 * Runs in the background page: the sealed mail as Thunderbird hands it out, the worker's taking it apart, then by turns the
 * worker's opening and SHA-256 of the sealed octets.
 */
const MEASURE = `async (sealedId, stored, turns) => {
  window.benchResult = null;
  // an event page that calls nothing is put to sleep after 30 seconds, whatever it waits for
  window.benchAwake ??= setInterval(() => messenger.runtime.getPlatformInfo(), 1000);
  const idOf = async (id) => (await messenger.messages.query({ headerMessageId: id })).messages[0].id;
  const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return { time: performance.now() - start, result };
  };
  window.benchWorker ??= new Worker("/worker.js", { type: "module" });
  const job = (name, input, transfer = []) => new Promise((resolve, reject) => {
    window.benchWorker.onmessage = ({ data: { outcome } }) =>
      outcome.ok ? resolve(outcome.value) : reject(new Error(outcome.code));
    window.benchWorker.postMessage({ id: 1, name, input }, transfer);
  });
  const measure = async () => {
    const sealed = await idOf(sealedId);
    const rawOf = () => messenger.messages.getRaw(sealed, { decrypt: false, data_format: "BinaryString" });
    await rawOf();
    const raw = await timed(rawOf);
    const read = await timed(() => job("read-mail", { raw: raw.result }));
    const { parts } = read.result;
    const secrets = Object.values(stored.memberKeys).map(({ secret }) => secret);
    const lists = Object.values(stored.lists);
    // moved to the worker and not copied, as the add-on does it: the copy for the next turn is not its work
    const open = (parts) =>
      job("open", { parts, lists, secrets, pins: {}, now: new Date().toISOString() }, parts.map(({ bytes }) => bytes.buffer));
    await open(structuredClone(parts));
    const turn = [];
    for (let i = 0; i < turns; i += 1) {
      const own = structuredClone(parts);
      const opened = await timed(() => open(own));
      const hashed = await timed(() => Promise.all(parts.map(({ bytes }) => crypto.subtle.digest("SHA-256", bytes))));
      if (opened.result.kind !== "opened") throw new Error("not opened: " + opened.result.kind);
      turn.push({ open: opened.time, hash: hashed.time, bytes: opened.result.letter.attachments[0].bytes.length });
    }
    return { raw: raw.time, read: read.time, turn };
  };
  measure().then(
    (result) => { window.benchResult = result; },
    (error) => { window.benchResult = { failed: String(error) }; },
  );
}`;

const measured = z.object({
  raw: z.number(),
  read: z.number(),
  turn: z.array(z.object({ open: z.number(), hash: z.number(), bytes: z.number() })),
});
const result = z.union([z.null(), z.object({ failed: z.string() }), measured]);

async function measureOne({ addon, stored }: Stage, sealed: Mail) {
  await addon.inBackground(z.null(), MEASURE, sealed.messageId.slice(1, -1), stored, TURNS);
  const found = await until(
    `the opening of ${sealed.messageId}`,
    async () => (await addon.inBackground(result, "async () => window.benchResult")) ?? undefined,
    PATIENCE_MS,
  );
  if ("failed" in found) throw new Error(found.failed);
  return found;
}

function rowsOf(which: string, bytes: number, found: z.infer<typeof measured>): readonly Row[] {
  if (found.turn.some((turn) => turn.bytes !== bytes)) {
    throw new Error("another attachment than was sent");
  }
  return [
    ...compare(
      `open a sealed mail of ${which}`,
      "ms",
      middle(found.turn, ({ open }) => open),
      [
        { name: "half a second", value: GOAL_MS, ...(bytes === twentyFive.bytes ? { goal: 1 } : {}) },
        { name: "SHA-256 of its octets", value: middle(found.turn, ({ hash }) => hash) },
      ],
    ),
    ...compare(`take it apart, ${which}`, "ms", found.read, [
      { name: "get it from Thunderbird", value: found.raw },
    ]),
  ];
}

/** @param sizes of the mails */
export function openingRows(
  sizes: readonly Size[] = [kilobyte, megabyte, twentyFive],
): Promise<readonly Row[]> {
  return onStage({ sizes }, async (stage) => {
    const rows: Row[] = [];
    for (const profile of profiles) {
      for (const [i, { label, bytes }] of sizes.entries()) {
        const sealed = stage.sealed[profile].sealed[i];
        if (sealed === undefined) continue;
        rows.push(...rowsOf(`${label}, ${profile}`, bytes, await measureOne(stage, sealed)));
      }
    }
    return rows;
  });
}
