import { fromBase64, toBase64 } from "../../mail/base64.js";
import { type Checked, count, listOf, object, only, text } from "../../membership/file/check.js";
import { keyOf } from "../keys/certify-key.js";
import { withLock } from "../platform/locks.js";
import { keptRecord, load } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";
import { askServer } from "./send-request.js";

/**
 * Receipts for notices that came in a copy of a post. They have time: each goes out when its member sends something to that list's
 * server anyway, or after a day, so that a new list key makes no wave of mails from everybody at once.
 */

const heldReceipt = object<{
  /** The list's address. */
  readonly list: string;
  /** Of the notice of a new list key. */
  readonly serial: number;
  /** Sealed to the owner, in base64. */
  readonly receipt: string;
  /** ISO 8601. */
  readonly since: string;
}>({ list: text, serial: count, receipt: text, since: text });

/** Raise it with each change of {@link HeldReceipts}, and add the step to {@link heldReceiptsMigrations}. */
export const HELD_RECEIPTS_VERSION = 1;

/** The oldest first. */
export interface HeldReceipts {
  readonly version: typeof HELD_RECEIPTS_VERSION;
  readonly receipts: readonly Checked<typeof heldReceipt>[];
}

const record = object<{ readonly [K in keyof HeldReceipts]: HeldReceipts[K] }>({
  version: only(HELD_RECEIPTS_VERSION),
  receipts: listOf(heldReceipt),
});

/** Version 1 is the first: nothing to migrate yet. */
export const heldReceiptsMigrations: Migrations = {};

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readHeldReceipts(value: unknown): HeldReceipts {
  return value === undefined
    ? { version: HELD_RECEIPTS_VERSION, receipts: [] }
    : record(migrate(value, HELD_RECEIPTS_VERSION, heldReceiptsMigrations));
}

const kept = keptRecord("listseal-held-receipts", readHeldReceipts);

/** Receipts that are held; the oldest are forgotten first. Against notices without end: an owner sees who has not confirmed. */
const HELD_LIMIT = 100;

/** How long one is held at most, in milliseconds. */
const HELD_MS = 86_400_000;

/** Holds the receipt for a new list key. @throws ListSealError `storage-failed` */
export async function holdReceipt(one: ReceiptName & { readonly receipt: Uint8Array }): Promise<void> {
  const { list, serial, receipt } = one;
  const held = { list, serial, receipt: toBase64(receipt), since: new Date().toISOString() };
  await kept.update((before) => {
    const others = before.receipts.filter((other) => !isSame(other, held));
    return { stored: { ...before, receipts: [...others, held].slice(-HELD_LIMIT) }, result: undefined };
  });
}

interface ReceiptName {
  readonly list: string;
  readonly serial: number;
}

const isSame = (one: ReceiptName, other: ReceiptName): boolean =>
  one.list === other.list && one.serial === other.serial;

/** Sends those of a list. Call it when its server hears from the member in any case. Never rejects: what can't be sent is held. */
export const sendHeldReceipts = (list: string): Promise<void> => sendThose((held) => held.list === list);

/** Sends those that have waited for a day. Call it when time has passed and the keys are open. Never rejects. */
export const sendDueReceipts = (): Promise<void> =>
  sendThose(({ since }) => Date.now() - Date.parse(since) >= HELD_MS);

async function sendThose(
  isTime: (held: { readonly list: string; readonly since: string }) => boolean,
): Promise<void> {
  await withLock("held-receipts", async () => {
    for (const held of (await kept.load()).receipts.filter(isTime)) {
      const stored = await load();
      const list = stored.lists[held.list];
      // whoever has left confirms nothing
      if (list !== undefined && list.membership === "member") {
        const receipt = fromBase64(held.receipt);
        const command = { do: "receipt", news: "new-list-key", serial: held.serial, receipt } as const;
        await askServer({ command, list, key: keyOf(stored, list.memberKey) });
      }
      await kept.update((before) => ({
        stored: { ...before, receipts: before.receipts.filter((one) => !isSame(one, held)) },
        result: undefined,
      }));
    }
  }).catch(() => undefined);
}
