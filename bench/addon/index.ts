/**
 * The add-on in Debian's Thunderbird: from the received mail to its opened and checked payload, in the add-on's own worker,
 * beside Thunderbird's handing out the attachment of the same letter in clear. `npm run build` first; needs root, as the
 * end-to-end tests do.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { InstalledAddon } from "../../test/world/extension.js";
import { until } from "../../test/world/processes.js";
import { addressOf, World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { clearMails, sealedMails, sizes } from "./mails.js";

const profiles = ["compatible", "rfc9580"] as const;
const TURNS = 5;
/** Opening 25 MB. */
const GOAL_MS = 500;

const built = fileURLToPath(new URL("../../dist/extension", import.meta.url));

/** Runs in the background page: the sealed parts as Thunderbird hands them out, then the worker's own job. */
const OPEN = `async (messageId, stored) => {
  const found = await messenger.messages.query({ headerMessageId: messageId });
  const id = found.messages[0].id;
  const start = performance.now();
  const tree = await messenger.messages.getFull(id, { decrypt: false, decodeContent: false });
  const got = performance.now();
  const leaves = [];
  const walk = (part) => { if (part.contentType.startsWith("application/vnd.listseal.")) leaves.push(part); (part.parts ?? []).forEach(walk); };
  walk(tree);
  const parts = await Promise.all(leaves.map(async ({ partName, contentType }) => {
    const file = await messenger.messages.getAttachmentFile(id, partName);
    return { name: file.name, type: contentType.split(";")[0], bytes: new Uint8Array(await file.arrayBuffer()) };
  }));
  const handed = performance.now();
  globalThis.benchWorker ??= new Worker("/worker.js", { type: "module" });
  const secrets = Object.values(stored.memberKeys).map(({ secret }) => secret);
  const input = { parts, lists: Object.values(stored.lists), secrets, pins: {}, now: new Date().toISOString() };
  const outcome = await new Promise((resolve) => {
    globalThis.benchWorker.onmessage = ({ data }) => resolve(data.outcome);
    globalThis.benchWorker.postMessage({ id: 1, name: "open", input }, parts.map(({ bytes }) => bytes.buffer));
  });
  const end = performance.now();
  return {
    tree: got - start, parts: handed - got, open: end - handed,
    outcome: outcome.value?.kind ?? JSON.stringify(outcome).slice(0, 300),
    bytes: outcome.value?.letter?.attachments?.[0]?.bytes?.length ?? 0,
  };
}`;

/** Runs in the background page: the attachment of a mail in clear. */
const CLEAR = `async (messageId) => {
  const found = await messenger.messages.query({ headerMessageId: messageId });
  const id = found.messages[0].id;
  const start = performance.now();
  const [part] = await messenger.messages.listAttachments(id);
  const file = await messenger.messages.getAttachmentFile(id, part.partName);
  const { length } = new Uint8Array(await file.arrayBuffer());
  return { time: performance.now() - start, bytes: length };
}`;

const opening = z.object({
  tree: z.number(),
  parts: z.number(),
  open: z.number(),
  outcome: z.literal("opened"),
  bytes: z.number(),
});
const clearing = z.object({ time: z.number(), bytes: z.number() });

const bare = (messageId: string) => messageId.slice(1, -1);

export async function rows(): Promise<readonly Row[]> {
  if (!existsSync(built)) throw new Error("dist/extension is not there: npm run build");
  const reader = addressOf("bob");
  const clear = clearMails(reader);
  const lists = new Map<string, Awaited<ReturnType<typeof sealedMails>>>();
  for (const profile of profiles) lists.set(profile, await sealedMails(profile, reader));
  const world = await World.start();
  try {
    const all = [...clear, ...[...lists.values()].flatMap(({ sealed }) => sealed)];
    const addon = await InstalledAddon.install(await world.openThunderbird("bob"), built);
    await addon.ui.waitForMails(0);
    for (const { raw } of all) world.dovecot.drop("bob", raw);
    await addon.ui.waitForMails(all.length);
    const rows: Row[] = [];
    for (const [i, { label, bytes }] of sizes.entries()) {
      const inClear = clear[i];
      if (inClear === undefined) continue;
      for (const profile of profiles) {
        const list = lists.get(profile);
        const mail = list?.sealed[i];
        if (list === undefined || mail === undefined) continue;
        const times: { parts: number; open: number; clear: number }[] = [];
        // the first turn fetches the mail and loads everything
        for (let turn = -1; turn < TURNS; turn++) {
          const opened = await until(
            `the mail of ${label}`,
            () => addon.inBackground(opening, OPEN, bare(mail.messageId), list.stored),
            120_000,
          );
          const got = await addon.inBackground(clearing, CLEAR, bare(inClear.messageId));
          if (opened.bytes !== bytes || got.bytes !== bytes) throw new Error("another attachment");
          if (turn >= 0) {
            times.push({ parts: opened.tree + opened.parts, open: opened.open, clear: got.time });
          }
        }
        const of = (name: "parts" | "open" | "clear") => median(times.map((each) => each[name]));
        rows.push(
          ...compare(`open a sealed mail of ${label}, ${profile}`, "ms", of("open"), [
            { name: "half a second", value: GOAL_MS, ...(label === "25 MB" ? { goal: 1 } : {}) },
            { name: "Thunderbird's attachment of the same mail in clear", value: of("clear") },
          ]),
          ...compare(`sealed parts from Thunderbird, ${label}, ${profile}`, "ms", of("parts"), [
            { name: "Thunderbird's attachment of the same mail in clear", value: of("clear") },
          ]),
        );
      }
    }
    return rows;
  } finally {
    await world.stop();
  }
}
