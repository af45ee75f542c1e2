import type { MailPart } from "../../mail/sealed-mail.js";
import { type Shape, shapeOf } from "../display/shape.js";
import { awake } from "../keep-awake.js";
import { keepCopy } from "../local-copies/keep.js";
import { lockIfDue } from "../locking/unlocked.js";
import { addressesIn } from "../reading/found-parts.js";
import { type NotOpened, notOpened, type Opened, openSealed } from "../reading/opening.js";
import { type MessageHeader, type MessagePart, thunderbird } from "../thunderbird.js";
import { prepareWorker, runJob } from "../worker/client.js";

/**
 * Opening mail in Thunderbird's folders: which parts, and what is kept of it.
 * Opened letters stay in memory for a while, for saving attachments, quoting and going back; never on disk.
 */

export type Reading =
  | { readonly kind: "opened"; readonly opened: Opened }
  /** No sealed post: an ordinary mail, or another of our kinds. `tree`: its MIME tree. */
  | { readonly kind: "other"; readonly tree: MessagePart }
  | { readonly kind: "elsewhere" }
  | NotOpened;

/** Bytes of opened letters that are kept at most; the oldest go first. */
const CACHE_BYTES = 80_000_000;
const CACHE_LETTERS = 50;
const cache = new Map<string, { readonly opened: Opened; readonly bytes: number }>();
/** How often everything was forgotten: what was begun before the last time is not kept. */
let forgotten = 0;

/** Forgets all opened letters (when keys are locked, a list is removed or changed), also those that are being opened. */
export function forgetOpened(): void {
  forgotten += 1;
  cache.clear();
}

function keep(key: string, opened: Opened): void {
  const { letter } = opened.letter;
  const bytes = letter.attachments.reduce(
    (sum, each) => sum + each.bytes.length,
    (letter.html?.length ?? 0) + 1_000,
  );
  cache.set(key, { opened, bytes });
  let total = [...cache.values()].reduce((sum, each) => sum + each.bytes, 0);
  for (const [oldest, each] of cache) {
    if (oldest === key || (total <= CACHE_BYTES && cache.size <= CACHE_LETTERS)) break;
    cache.delete(oldest);
    total -= each.bytes;
  }
}

/**
 * Reads one message of a folder. Never throws: what went wrong is part of the answer.
 * @param open `elsewhere` also opens a sealed part that stands in a foreign shell (after a click)
 */
export async function read(header: MessageHeader, open: "in-its-own-shell" | "elsewhere"): Promise<Reading> {
  // the id alone is not enough: Thunderbird gives it out anew after each start
  const key = `${header.id} ${header.headerMessageId} ${open}`;
  try {
    // locking empties the cache, so it is asked for after the time was looked at
    if (cache.has(key)) await lockIfDue();
    const known = cache.get(key);
    if (known !== undefined) return { kind: "opened", opened: known.opened };
    return await awake(() => readAnew(header, open, key));
  } catch (error) {
    return notOpened(error);
  }
}

async function readAnew(
  header: MessageHeader,
  open: "in-its-own-shell" | "elsewhere",
  key: string,
): Promise<Reading> {
  const { messages } = thunderbird();
  const begun = forgotten;
  const tree = await messages.getFull(header.id, { decrypt: false, decodeContent: false });
  const shape = shapeOf(tree);
  if (shape.kind === "none") return { kind: "other", tree };
  if (shape.kind === "elsewhere" && open !== "elsewhere") return { kind: "elsewhere" };

  prepareWorker();
  const reading = await openSealed({
    parts: async () => (await partsOfLarge(header, shape)) ?? (await partsOf(header.id, shape)),
    named: addressesIn(tree),
    shell: shape.kind === "own-shell" ? "own" : "elsewhere",
  });
  if (reading.kind !== "opened") return reading;
  const { letter, view } = reading.opened;
  if (begun === forgotten) keep(key, reading.opened);
  // the reader waits for the mail and not for its copy
  keepCopy(view.list, letter.letter).catch(() => console.warn("ListSeal: a copy could not be kept"));
  return reading;
}

type SealedShape = Exclude<Shape, { readonly kind: "none" }>;

/**
 * Octets from which on a mail in its own shell is read as a whole. QUIRK: Thunderbird 153 goes through the whole mail for
 * each part that it hands out, in JavaScript: where that is not compiled, one part of 10 MB takes longer than the mail as it
 * is. Of 1 MB both take the same time.
 */
const LARGE_MAIL = 1_000_000;

/** The parts of a large mail, or undefined where they are to be asked for one by one. */
async function partsOfLarge(
  { id, size }: MessageHeader,
  shape: SealedShape,
): Promise<readonly MailPart[] | undefined> {
  if (size < LARGE_MAIL || shape.kind !== "own-shell") return undefined;
  const { messages } = thunderbird();
  const file = await messages.getRaw(id, { decrypt: false });
  const raw = new Uint8Array(await file.arrayBuffer());
  const types = shape.parts.map(({ type }) => type);
  const found = await runJob("sealed-parts", { raw, types }, { transfer: [raw.buffer] });
  return found.kind === "parts" ? found.parts : undefined;
}

async function partsOf(messageId: number, shape: SealedShape): Promise<readonly MailPart[]> {
  const { messages } = thunderbird();
  return Promise.all(
    shape.parts.map(async ({ partName, type }) => {
      const file = await messages.getAttachmentFile(messageId, partName);
      return { name: file.name, type, bytes: new Uint8Array(await file.arrayBuffer()) };
    }),
  );
}

/** The one message that a tab shows, or undefined if it shows none or several. */
export async function shownMessage(tabId: number): Promise<MessageHeader | undefined> {
  const { messages } = await thunderbird().messageDisplay.getDisplayedMessages(tabId);
  return messages.length === 1 ? messages[0] : undefined;
}
