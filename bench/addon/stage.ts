/** Where the add-on is measured: Bob's Thunderbird with mails in it, and the add-on with the keys for them. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { InstalledAddon } from "../../test/world/extension.js";
import type { Thunderbird } from "../../test/world/thunderbird.js";
import { ThunderbirdUi, WINDOW_OF_VIEW } from "../../test/world/thunderbird-ui.js";
import { addressOf, World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { clearMails, type Mails, type Size, sealedMails } from "./mails.js";

export const profiles = ["compatible", "rfc9580"] as const;
export type ProfileName = (typeof profiles)[number];

/** Otherwise Thunderbird fetches all mails of the folder meanwhile, over the same connections. */
const QUIET = {
  "mail.server.default.autosync_offline_stores": false,
  "mail.server.default.offline_download": false,
};
/** A mail of 25 MB takes long on a busy machine. */
const PATIENCE_MS = 180_000;

const built = fileURLToPath(new URL("../../dist/extension", import.meta.url));

/** Whether the words of the letter are shown, by Thunderbird or by the add-on, and nothing of its being opened. */
const SHOWN = `(window) => {
  const view = (${WINDOW_OF_VIEW})(window).document.querySelector("listseal-view");
  const text = (view?.openOrClosedShadowRoot ?? window.document.body)?.textContent ?? "";
  const page = window.document.querySelector("iframe#listseal-page");
  if (page !== null && view === null) return false;
  const sealed = view === null ? window.document.readyState !== "loading" : view.dataset.kind === "opened";
  return sealed && text.includes("words");
}`;

const watched = z.object({ time: z.number(), stall: z.number() });
/** Milliseconds that something took, and the longest time in which the window stood still. */
export type Watched = z.infer<typeof watched>;
const shown = watched.extend({ painted: z.number().nullable() });
/** `painted`: milliseconds until something of the mail was painted for the first time. */
export type Shown = z.infer<typeof shown>;

/** What a part measures in and with. */
export interface Stage {
  readonly world: World;
  readonly thunderbird: Thunderbird;
  readonly addon: InstalledAddon;
  readonly sealed: Readonly<Record<ProfileName, Mails>>;
  readonly clear: ReturnType<typeof clearMails>;
  readonly stored: Stored;
}

/**
 * Sets it up, has it measured, and takes it down.
 * @param sizes of the mails, each of which is there in clear, and sealed by a list of each profile
 * @param others more mails in the same folder
 */
export async function onStage<T>(
  { sizes, others = [] }: { readonly sizes: readonly Size[]; readonly others?: readonly Uint8Array[] },
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  if (!existsSync(built)) throw new Error("dist/extension is not there: npm run build");
  const reader = addressOf("bob");
  const clear = clearMails(reader, sizes);
  const sealed = {
    compatible: await sealedMails("compatible", reader, sizes),
    rfc9580: await sealedMails("rfc9580", reader, sizes),
  };
  const stored: Stored = {
    ...emptyStored,
    lists: { ...sealed.compatible.stored.lists, ...sealed.rfc9580.stored.lists },
    memberKeys: { ...sealed.compatible.stored.memberKeys, ...sealed.rfc9580.stored.memberKeys },
  };
  const world = await World.start();
  try {
    const thunderbird = await world.openThunderbird("bob", QUIET);
    const ui = new ThunderbirdUi(thunderbird);
    await ui.waitForMails(0);
    const all = [...clear, ...sealed.compatible.sealed, ...sealed.rfc9580.sealed].map(({ raw }) => raw);
    for (const raw of [...others, ...all]) world.dovecot.drop("bob", raw);
    await ui.waitForMails(others.length + all.length);
    const addon = await InstalledAddon.install(thunderbird, built);
    await addon.setStorage("listseal", stored);
    return await work({ world, thunderbird, addon, sealed, clear, stored });
  } finally {
    await world.stop();
  }
}

/** From the click to the shown mail. @param what its Message-ID, left of the @ */
export const show = ({ thunderbird }: Stage, what: string): Promise<Shown> =>
  thunderbird.marionette.call(shown, "stopwatch", "clickToShown", `${what}@example.test`, SHOWN, PATIENCE_MS);

/** Scrolls through all mails of the folder. */
export const scroll = ({ thunderbird }: Stage): Promise<Watched> =>
  thunderbird.marionette.call(watched, "stopwatch", "scroll");

/** Ends the event page and starts it again. */
export const startPage = ({ thunderbird, addon }: Stage): Promise<Watched> =>
  thunderbird.marionette.call(watched, "stopwatch", "startBackground", addon.id);

/** Has `work` done without the add-on and then with it. */
export async function withoutAndWith<T>(
  { thunderbird, addon }: Stage,
  work: () => Promise<T>,
): Promise<{ readonly without: T; readonly with: T }> {
  const turn = async (on: boolean) => {
    await thunderbird.marionette.call(z.null(), "stopwatch", "switchAddon", addon.id, on);
    return work();
  };
  const without = await turn(false);
  return { without, with: await turn(true) };
}

/** Does it so often, after one time that does not count. */
export async function turns<T>(count: number, work: () => Promise<T>): Promise<readonly T[]> {
  if (count > 1) await work();
  const all: T[] = [];
  for (let i = 0; i < count; i++) all.push(await work());
  return all;
}

/** The middle one of a figure. */
export function middle<T>(all: readonly T[], figure: (one: T) => number): number {
  return median(all.map(figure));
}
