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
 * Runs in the background page: the sealed parts as Thunderbird hands them out, the attachment of the same letter in clear,
 * then by turns the worker's own job and SHA-256 of the sealed octets, which tells how busy the machine is.
 */
const MEASURE = `async (sealedId, clearId, stored, turns) => {
  window.benchResult = null;
  const idOf = async (id) => (await messenger.messages.query({ headerMessageId: id })).messages[0].id;
  const bytesOf = async (id, partName) =>
    new Uint8Array(await (await messenger.messages.getAttachmentFile(id, partName)).arrayBuffer());
  const timed = async (work) => {
    const start = performance.now();
    const result = await work();
    return { time: performance.now() - start, result };
  };
  const sealedParts = async (id) => {
    const leaves = [];
    const walk = (part) => {
      if (part.contentType.startsWith("application/vnd.listseal.")) leaves.push(part);
      (part.parts ?? []).forEach(walk);
    };
    walk(await messenger.messages.getFull(id, { decrypt: false, decodeContent: false }));
    return Promise.all(leaves.map(async ({ partName, contentType }) => ({
      name: "part", type: contentType.split(";")[0], bytes: await bytesOf(id, partName),
    })));
  };
  const measure = async () => {
    const [sealed, clear] = [await idOf(sealedId), await idOf(clearId)];
    const [part] = await messenger.messages.listAttachments(clear);
    await Promise.all([sealedParts(sealed), bytesOf(clear, part.partName)]);
    const parts = await timed(() => sealedParts(sealed));
    const raw = await timed(async () => {
      const file = await messenger.messages.getRaw(sealed, { decrypt: false });
      return new Uint8Array(await file.arrayBuffer());
    });
    const inClear = await timed(() => bytesOf(clear, part.partName));
    window.benchWorker ??= new Worker("/worker.js", { type: "module" });
    const secrets = Object.values(stored.memberKeys).map(({ secret }) => secret);
    const open = () => new Promise((resolve) => {
      const input = {
        parts: parts.result, lists: Object.values(stored.lists), secrets, pins: {}, now: new Date().toISOString(),
      };
      window.benchWorker.onmessage = ({ data }) => resolve(data.outcome);
      window.benchWorker.postMessage({ id: 1, name: "open", input });
    });
    await open();
    const split = await timed(() => new Promise((resolve) => {
      window.benchWorker.onmessage = ({ data }) => resolve(data.outcome);
      window.benchWorker.postMessage({
        id: 1, name: "sealed-parts", input: { raw: raw.result, types: parts.result.map(({ type }) => type) },
      }, [raw.result.buffer]);
    }));
    if (split.result.value?.kind !== "parts") throw new Error("not taken apart: " + JSON.stringify(split.result));
    const turn = [];
    for (let i = 0; i < turns; i += 1) {
      const opened = await timed(open);
      const hashed = await timed(() => Promise.all(
        parts.result.map(({ bytes }) => crypto.subtle.digest("SHA-256", bytes)),
      ));
      const { value } = opened.result;
      if (value?.kind !== "opened") throw new Error("not opened: " + JSON.stringify(opened.result));
      turn.push({ open: opened.time, hash: hashed.time, bytes: value.letter.attachments[0].bytes.length });
    }
    return { parts: parts.time, raw: raw.time, split: split.time, clear: inClear.time, clearBytes: inClear.result.length, turn };
  };
  measure().then(
    (result) => { window.benchResult = result; },
    (error) => { window.benchResult = { failed: String(error) }; },
  );
}`;

const measured = z.object({
  parts: z.number(),
  raw: z.number(),
  split: z.number(),
  clear: z.number(),
  clearBytes: z.number(),
  turn: z.array(z.object({ open: z.number(), hash: z.number(), bytes: z.number() })),
});
const result = z.union([z.null(), z.object({ failed: z.string() }), measured]);

async function measureOne({ addon, stored }: Stage, sealed: Mail, clear: Mail) {
  const bare = (messageId: string) => messageId.slice(1, -1);
  const ids = [bare(sealed.messageId), bare(clear.messageId)];
  await addon.inBackground(z.null(), MEASURE, ...ids, stored, TURNS);
  const found = await until(
    `the opening of ${sealed.messageId}`,
    async () => (await addon.inBackground(result, "async () => window.benchResult")) ?? undefined,
    PATIENCE_MS,
  );
  if ("failed" in found) throw new Error(found.failed);
  return found;
}

function rowsOf(which: string, bytes: number, found: z.infer<typeof measured>): readonly Row[] {
  if (found.clearBytes !== bytes || found.turn.some((turn) => turn.bytes !== bytes)) {
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
    ...compare(`get it from Thunderbird whole and take it apart, ${which}`, "ms", found.raw + found.split, [
      { name: "get its parts from Thunderbird", value: found.parts },
      { name: "get the attachment of the same letter in clear", value: found.clear },
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
        const [sealed, clear] = [stage.sealed[profile].sealed[i], stage.clear[i]];
        if (sealed === undefined || clear === undefined) continue;
        rows.push(...rowsOf(`${label}, ${profile}`, bytes, await measureOne(stage, sealed, clear)));
      }
    }
    return rows;
  });
}
