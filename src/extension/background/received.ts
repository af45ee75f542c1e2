import { parseMailboxList } from "../../mail/mailbox.js";
import type { MailPart } from "../../mail/sealed-mail.js";
import { codeOf, ListSealError } from "../../protocol/errors.js";
import { toBase64 } from "../base64.js";
import { isShownImage } from "../display/images.js";
import { type Shape, shapeOf } from "../display/shape.js";
import type { ArrivedView, DisplayAnswer, OpenedView, PersonView } from "../display/view.js";
import { awake } from "../keep-awake.js";
import { keyAge } from "../key-age.js";
import { keepCopy } from "../local-copies/keep.js";
import { lockIfDue, secretOf } from "../locking/unlocked.js";
import { load, rememberPost, update } from "../storage.js";
import type { Stored, StoredList } from "../stored.js";
import { type MessageHeader, type MessagePart, thunderbird } from "../thunderbird.js";
import { prepareWorker, runJob } from "../worker/client.js";
import type { OpenedLetter } from "../worker/jobs.js";

/**
 * Opening received mail: which parts, with which list, and what the reader is told.
 * Opened letters stay in memory for a while, for saving attachments, quoting and going back; never on disk.
 */

/** A letter that was opened, with what its display needs. */
export interface Opened {
  readonly letter: OpenedLetter;
  readonly view: OpenedView;
}

export type Reading =
  | { readonly kind: "opened"; readonly opened: Opened }
  /** No sealed post: an ordinary mail, or another of our kinds. `tree`: its MIME tree. */
  | { readonly kind: "other"; readonly tree: MessagePart }
  | Exclude<DisplayAnswer, OpenedView | ArrivedView | { readonly kind: "ordinary" | "invitation" }>;

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
    const code = codeOf(error, "worker-failed");
    return code === "key-locked" ? { kind: "locked" } : { kind: "refused", code };
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
  const stored = await load();
  const named = addressesIn(tree);
  const lists = listsFor(named, stored);
  const fetched = async () => (await partsOfLarge(header, shape)) ?? (await partsOf(header.id, shape));
  const [parts] = await Promise.all([fetched(), secretsOf(stored)]);
  // again: a large mail takes long, and what was locked meanwhile must not open it
  const secrets = await secretsOf(stored);
  const opened = await runJob(
    "open",
    { parts, lists, secrets, pins: stored.pins, now: new Date().toISOString() },
    { transfer: buffersOf(parts) },
  );
  if (opened.kind === "not-sealed") return { kind: "refused", code: "damaged" };
  if (opened.kind === "not-for-me") return { kind: "not-for-me", list: listNamedBy(named, stored) };
  const result = { letter: opened, view: await viewOf(opened, stored, shape) };
  await rememberAuthor(opened);
  // an owner's add-on holds every word of the server about the record against what it knows
  if ("roster" in opened.passage) {
    const { noteHead } = await import("../owner/members.js");
    await noteHead(opened.list, opened.passage.roster, opened.passage.signedAt);
  }
  if (begun === forgotten) keep(key, result);
  // the reader waits for the mail and not for its copy
  keepCopy(result.view.list, opened.letter).catch(() => console.warn("ListSeal: a copy could not be kept"));
  return { kind: "opened", opened: result };
}

/** Header fields that say which list a mail belongs to: To of a submission, the list's own fields of a copy. */
const listFields = ["list-post", "reply-to", "to", "cc"];

/** The addresses that a mail's header names, the list's own fields first. Claims, good for choosing what to try. */
function addressesIn(tree: MessagePart): readonly string[] {
  const root =
    tree.headers?.["list-post"] === undefined && tree.headers?.["to"] === undefined ? tree.parts?.[0] : tree;
  return listFields
    .flatMap((field) => root?.headers?.[field] ?? [])
    .flatMap((value) => {
      try {
        return parseMailboxList(value.replace(/<mailto:/g, "<")).map(({ address }) => address);
      } catch {
        return [];
      }
    });
}

/** All lists, those that the mail names first. */
function listsFor(named: readonly string[], stored: Stored): readonly StoredList[] {
  const lists = Object.values(stored.lists);
  return [
    ...lists.filter((list) => named.includes(list.address)),
    ...lists.filter((list) => !named.includes(list.address)),
  ];
}

/** The address of the list that a mail says it belongs to, for the sentence that names it. */
function listNamedBy(named: readonly string[], stored: Stored): string | null {
  return named.find((address) => stored.lists[address] !== undefined) ?? named[0] ?? null;
}

/** @throws ListSealError `key-locked` if there are keys and all are locked */
export async function secretsOf(stored: Stored): Promise<readonly string[]> {
  const keys = Object.values(stored.memberKeys);
  const secrets = (await Promise.all(keys.map(secretOf))).filter((secret) => secret !== null);
  if (keys.length > 0 && secrets.length === 0)
    throw new ListSealError("key-locked", "all member keys are locked");
  return secrets;
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

/** To be moved, not copied. */
function buffersOf(parts: readonly MailPart[]): readonly ArrayBuffer[] {
  return parts.flatMap(({ bytes: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

async function viewOf(opened: OpenedLetter, stored: Stored, shape: Shape): Promise<OpenedView> {
  const { letter, author } = opened;
  const list = stored.lists[opened.list];
  if (list === undefined)
    throw new ListSealError("no-list", "the list was removed while its mail was opened");
  const before = await rememberPost({
    list: opened.list,
    author: author.fingerprint,
    messageId: opened.messageId,
    keyPacketDigest: opened.keyPacketDigest,
  });
  const person = ({ name, address }: { readonly name?: string; readonly address: string }): PersonView => ({
    name: name ?? null,
    address,
  });
  return {
    kind: "opened",
    list: { name: list.name, address: list.address, fingerprint: list.listKeyFingerprint },
    subject: letter.subject,
    author: { ...person(letter.from), fingerprint: author.fingerprint, standing: author.standing },
    to: letter.to.map(person),
    cc: letter.cc.map(person),
    date: letter.date.toISOString(),
    signedAt: opened.signedAt,
    text: letter.text ?? null,
    html: letter.html ?? null,
    inline: inlineImages(letter.attachments),
    attachments: letter.attachments.flatMap(({ name, type, bytes, contentId }, number) =>
      contentId !== undefined && isShownImage(type) && letter.html?.includes(`cid:${contentId}`) === true
        ? []
        : [{ number, name, type, size: bytes.length }],
    ),
    passage: passageView(opened, before),
    underOldKey: opened.underOldKey,
    ownKeyEnds: ownKeyEnds(list, stored),
    shell: shape.kind === "own-shell" ? "own" : "elsewhere",
  };
}

function passageView({ passage }: OpenedLetter, before: "first" | "again" | "reused"): OpenedView["passage"] {
  if (before === "reused") return { via: "unproved", reason: "message-id-reused" };
  return "roster" in passage ? { via: passage.via, roster: passage.roster.number } : passage;
}

function ownKeyEnds({ memberKey, membership }: StoredList, { memberKeys }: Stored): string | null {
  const expiresAt = memberKey === null ? null : (memberKeys[memberKey]?.expiresAt ?? null);
  return membership === "member" && keyAge(expiresAt, new Date()) !== "good" ? expiresAt : null;
}

/** A picture as a `data:` address, for a document that may load nothing else. The type must be one that is shown. */
export function imageAddress({ type, bytes }: { readonly type: string; readonly bytes: Uint8Array }): string {
  return `data:${type.toLowerCase()};base64,${toBase64(bytes)}`;
}

/** Addresses of the pictures inside the text, by their content id. */
export function inlineImages(
  attachments: OpenedLetter["letter"]["attachments"],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    attachments.flatMap(({ contentId, type, bytes }) =>
      contentId === undefined || !isShownImage(type) ? [] : [[contentId, imageAddress({ type, bytes })]],
    ),
  );
}

async function rememberAuthor({ list, pins }: OpenedLetter): Promise<void> {
  await update((stored) =>
    JSON.stringify(stored.pins[list]) === JSON.stringify(pins)
      ? { stored, result: undefined }
      : { stored: { ...stored, pins: { ...stored.pins, [list]: pins } }, result: undefined },
  );
}

/** The one message that a tab shows, or undefined if it shows none or several. */
export async function shownMessage(tabId: number): Promise<MessageHeader | undefined> {
  const { messages } = await thunderbird().messageDisplay.getDisplayedMessages(tabId);
  return messages.length === 1 ? messages[0] : undefined;
}
