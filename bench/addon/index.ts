/**
 * The add-on in Debian's Thunderbird: from the received mail to its opened and checked payload, in the add-on's own worker,
 * beside Thunderbird's handing out the attachment of the same letter in clear. `npm run build` first; needs root, as the
 * end-to-end tests do.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Stored } from "../../src/extension/stored.js";
import { InstalledAddon } from "../../test/world/extension.js";
import { until } from "../../test/world/processes.js";
import { addressOf, World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { clearMails, type Mail, sealedMails, sizes } from "./mails.js";

const profiles = ["compatible", "rfc9580"] as const;
const TURNS = 3;
/** Opening 25 MB. */
const GOAL_MS = 500;
/** A mail of 25 MB takes Thunderbird long to hand out, on a busy machine most of all. */
const PATIENCE_MS = 600_000;

const built = fileURLToPath(new URL("../../dist/extension", import.meta.url));

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
    return { parts: parts.time, clear: inClear.time, clearBytes: inClear.result.length, turn };
  };
  measure().then(
    (result) => { window.benchResult = result; },
    (error) => { window.benchResult = { failed: String(error) }; },
  );
}`;

const measured = z.object({
  parts: z.number(),
  clear: z.number(),
  clearBytes: z.number(),
  turn: z.array(z.object({ open: z.number(), hash: z.number(), bytes: z.number() })),
});
const result = z.union([z.null(), z.object({ failed: z.string() }), measured]);

async function measureOne(addon: InstalledAddon, sealed: Mail, clear: Mail, stored: Stored) {
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

export async function rows(): Promise<readonly Row[]> {
  if (!existsSync(built)) throw new Error("dist/extension is not there: npm run build");
  const reader = addressOf("bob");
  const clear = clearMails(reader);
  const world = await World.start();
  try {
    const addon = await InstalledAddon.install(await world.openThunderbird("bob"), built);
    await addon.ui.waitForMails(0);
    const rows: Row[] = [];
    let mails = 0;
    for (const profile of profiles) {
      const list = await sealedMails(profile, reader);
      for (const [i, { label, bytes }] of sizes.entries()) {
        const [sealed, inClear] = [list.sealed[i], clear[i]];
        if (sealed === undefined || inClear === undefined) continue;
        world.dovecot.drop("bob", sealed.raw);
        if (profile === "compatible") world.dovecot.drop("bob", inClear.raw);
        mails += profile === "compatible" ? 2 : 1;
        await addon.ui.waitForMails(mails);
        const found = await measureOne(addon, sealed, inClear, list.stored);
        if (found.clearBytes !== bytes || found.turn.some((turn) => turn.bytes !== bytes)) {
          throw new Error("another attachment than was sent");
        }
        const hash = median(found.turn.map((turn) => turn.hash));
        rows.push(
          ...compare(
            `open a sealed mail of ${label}, ${profile}`,
            "ms",
            median(found.turn.map((turn) => turn.open)),
            [
              { name: "half a second", value: GOAL_MS, ...(label === "25 MB" ? { goal: 1 } : {}) },
              { name: "SHA-256 of its octets", value: hash },
            ],
          ),
          ...compare(`get its sealed parts from Thunderbird, ${label}, ${profile}`, "ms", found.parts, [
            { name: "get the attachment of the same letter in clear", value: found.clear },
          ]),
        );
      }
    }
    return rows;
  } finally {
    await world.stop();
  }
}
