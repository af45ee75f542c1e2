/**
 * The page for owners of a list with many members: from opening it, with nothing in memory, until the members are shown; and how long the
 * add-on's workers take for the packets of a new list key.
 */
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { layOut, noLayout } from "../../src/extension/records/blocks.js";
import { OWNED_VERSION, type OwnedList } from "../../src/extension/records/owned-list.js";
import { emptyStored } from "../../src/extension/records/stored.js";
import type { LoggedMember } from "../../src/membership/roster/state.js";
import { armorSealingKey, parseFingerprint, sealingHalf } from "../../src/openpgp/keys.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../../test/tour/made-list.js";
import { MembersPage } from "../../test/tour/members-page.js";
import { wordsOf } from "../../test/tour/words.js";
import { InstalledAddon } from "../../test/world/extension.js";
import { addressOf, World } from "../../test/world/world.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";

const SIZES = [1_000, 10_000, 100_000] as const;
const TURNS = 5;
const PATIENCE_MS = 300_000;
/** What we want at most, in milliseconds: until the members are shown, and for the packets of a thousand (10,000 in 5 s). */
const [GOAL_MS, PACKETS_GOAL_MS] = [2_000, 500] as const;
/** Members whose packets go in one request. */
const PART = 3_000;
/** The list whose packets are made. */
const PACKETS_SIZE = 10_000;

/** A right that the page asks for is given without the question. */
const PREFERENCES = { "extensions.webextOptionalPermissionPrompts": false };

const built = fileURLToPath(new URL("../../dist/extension", import.meta.url));

/** Runs in the page: whether the members are shown. Opened anew, the page is where one always begins, so it goes to the tab itself. */
const SHOWN = `(window) => {
  const { document } = window;
  if (document.querySelector(".people .card") !== null) return true;
  const tab = document.querySelector("#tab-members");
  if (tab?.getAttribute("aria-selected") === "false") tab.click();
  return false;
}`;

/**
 * Runs in the background page: waits until the first part of a new list key is on its way to the server, and gives the milliseconds since
 * the click.
 */
const UNTIL_ASKED = `async (key, start) => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  for (;;) {
    const { lists } = (await storage.local.get(key))[key];
    if (Object.values(lists).some(({ epoch }) => epoch.run?.asked)) return Date.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}`;

/** A list as its owner keeps it who has followed its record for years. */
async function listOf(made: MadeList, owner: MadePerson, members: number): Promise<OwnedList> {
  const list = await made.ownedRecord(owner, []);
  const certificate = armorSealingKey(sealingHalf(owner.key));
  const numbers = Array.from({ length: members }, (_, number) => number);
  const digits = (number: number, length: number) => number.toString(16).padStart(length, "0");
  const since = new Date(0).toISOString();
  const logged = (number: number): LoggedMember => ({
    ...{ fingerprint: parseFingerprint(digits(number, 40)), role: "member", since, by: "introduction" },
    ...{ certificate },
  });
  const address = (number: number) => `member-${number}@people.example`;
  return {
    ...list,
    history: {
      ...list.history,
      hashes: numbers.map((number) => digits(number, 64)),
      introductions: numbers.map((number) => parseFingerprint(digits(number, 40))),
      commands: numbers.map((number) => `${digits(number, 40)} ${digits(number, 32)}`),
      burnt: Object.fromEntries(numbers.map((number) => [address(number), since])),
      members: {
        ...list.history.members,
        ...Object.fromEntries(numbers.map((number) => [address(number), logged(number)])),
      },
    },
    members: [
      ...list.members,
      ...numbers.map((number) => ({
        ...{ address: address(number), name: `Member ${number}`, fingerprint: digits(number, 40) },
        ...({ role: "member", since, delivery: "on", keyExpires: null, bounces: 0 } as const),
      })),
    ],
    notices: [
      {
        ...{ news: "new-list-key", serial: 1, at: since, graceEnds: since },
        to: numbers.map((number) => ({
          ...{ address: address(number), fingerprint: digits(number, 40), confirmedAt: since },
        })),
      },
    ],
  };
}

/** Its name in the add-on's storage (`records/has-owned-lists.ts`, which only a host can load). */
const OWNED_KEY = "listseal-owned";

/** The same as the add-on keeps it (`records/record-in-blocks.ts`), by the names in its storage. */
function kept(list: OwnedList): Readonly<Record<string, unknown>> {
  let last = 0;
  const record = { version: OWNED_VERSION, lists: { [list.address]: list } };
  const { root, written } = layOut(record, noLayout, () => {
    last += 1;
    return `bench-${last}`;
  });
  const blocks = Object.entries(written).map(([id, block]) => [`${OWNED_KEY}/${id}`, block]);
  const field = blocks.length === 0 ? {} : { "kept-in-blocks": { revision: "bench", unused: [] } };
  return { ...Object.fromEntries(blocks), [OWNED_KEY]: { ...Object(root), ...field } };
}

/** The packets of a new list key, for the first of the members: no server answers, so that it stays at them. */
async function packetRows(addon: InstalledAddon, page: MembersPage): Promise<readonly Row[]> {
  const words = wordsOf("en");
  const made = async () => {
    await page.waitFor(words("new_key_button"));
    await page.press(words("new_key_button"));
    await page.waitFor(words("new_key_now"));
    const start = Date.now();
    await page.press(words("new_key_now"));
    return (await addon.inBackground(z.number(), UNTIL_ASKED, OWNED_KEY, start)) / (PART / 1_000);
  };
  const first = await made();
  await page.waitFor(words("epoch_stop"));
  await page.press(words("epoch_stop"));
  const second = await made();
  const goal = [{ name: "the goal", value: PACKETS_GOAL_MS, goal: 1 }];
  return [
    ...compare("owner: packets of a new list key, a thousand members", "ms", second, goal),
    ...compare("owner: the same, before anything is known of their certificates", "ms", first, goal),
  ];
}

async function openingRows(count: number): Promise<readonly Row[]> {
  const owner = await makePerson(addressOf("alice"), "Alice");
  const made = await MadeList.make("many@lists.example", "Many", [owner]);
  const entries = Object.entries(kept(await listOf(made, owner, count)));
  const world = await World.start();
  try {
    const thunderbird = await world.openThunderbird("alice", PREFERENCES);
    const addon = await InstalledAddon.install(thunderbird, built);
    const key = await keyRecord(owner);
    await addon.setStorage("listseal", {
      ...emptyStored,
      lists: { [made.address]: await made.record(owner) },
      memberKeys: { [key.fingerprint]: key },
      backedUpAt: new Date().toISOString(),
    });
    for (const [name, value] of entries) await addon.setStorage(name, value);
    const page = await MembersPage.open(addon);
    const times: number[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const { time } = await thunderbird.marionette.call(
        z.object({ time: z.number() }),
        "stopwatch",
        "reloadToShown",
        addon.id,
        SHOWN,
        PATIENCE_MS,
      );
      times.push(time);
    }
    const packets = count === PACKETS_SIZE ? await packetRows(addon, page) : [];
    const memory = await thunderbird.marionette.call(z.number(), "stopwatch", "memoryOfAddons");
    console.error(`${count} members: ${times.map((time) => time.toFixed(0)).join(" ")} ms`);
    return [
      ...compare(`owner: from opening the page to the members, ${count}`, "ms", median(times), [
        { name: "the goal", value: GOAL_MS, goal: 1 },
      ]),
      ...compare(`owner: memory of the add-on's process, ${count} members`, "MB", memory / 1_000_000, [
        { name: "nothing", value: undefined },
      ]),
      ...packets,
    ];
  } finally {
    await world.stop();
  }
}

export async function ownerRows(): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of SIZES) rows.push(...(await openingRows(count)));
  return rows;
}
