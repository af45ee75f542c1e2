import { listOf } from "../../membership/file/check.js";
import { type IndexedMail, indexedMail, SEPARATOR } from "./indexed-mail.js";

/**
 * Blocks of the index at rest: some 500 mails together, deflated, then encrypted by AES-256-GCM. On the disk are left the number
 * of blocks and their sizes. Each is bound to its place, so that one block can't be laid into another's.
 */

/** What a block holds of its mails: what rows show, and apart from it, since it is ten times as much, what is searched. */
export const blockParts = ["heads", "texts"] as const;
export type BlockPart = (typeof blockParts)[number];

/** Where a block is. */
export interface BlockPlace {
  readonly index: string;
  readonly part: BlockPart;
  readonly number: number;
}

/** Octets of the nonce, random for each writing: far below 2^32 writings under one key (NIST SP 800-38D, 8.3). */
const NONCE_OCTETS = 12;

/** What a block may become when it is inflated: 500 mails of 100,000 characters, in UTF-8. Attack: a block that fills the memory. */
const BLOCK_LIMIT = 200_000_000;

/** The key of an index, as it is used: it can't be read out again. @param key 32 octets */
export function importIndexKey(key: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

const boundTo = ({ index, part, number }: BlockPlace) =>
  new TextEncoder().encode(`listseal index 1 ${index} ${part} ${number}`);

/** Deflates and encrypts the text of a block. */
export async function sealBlock(text: string, place: BlockPlace, key: CryptoKey): Promise<Uint8Array> {
  const deflated = await through(new TextEncoder().encode(text), new CompressionStream("deflate-raw"));
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_OCTETS));
  const additionalData = boundTo(place);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData }, key, deflated);
  const block = new Uint8Array(NONCE_OCTETS + sealed.byteLength);
  block.set(nonce);
  block.set(new Uint8Array(sealed), NONCE_OCTETS);
  return block;
}

/** The text of a block; null if it is damaged, of another place, or under another key. */
export async function openBlock(
  block: Uint8Array,
  place: BlockPlace,
  key: CryptoKey,
): Promise<string | null> {
  const bytes = new Uint8Array(block);
  const iv = bytes.subarray(0, NONCE_OCTETS);
  try {
    const additionalData = boundTo(place);
    const deflated = await crypto.subtle.decrypt(
      { name: "AES-GCM", iv, additionalData },
      key,
      bytes.subarray(NONCE_OCTETS),
    );
    const text = await through(new Uint8Array(deflated), new DecompressionStream("deflate-raw"));
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch {
    return null;
  }
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    size += value.length;
    if (size > BLOCK_LIMIT) throw new RangeError("a block is too large");
    pieces.push(value);
  }
}

/** The heads of a block as text. */
export function writeHeads(mails: readonly IndexedMail[]): string {
  return JSON.stringify(mails);
}

const heads = listOf(indexedMail);

/** Reads them; null if they are no heads. */
export function readHeads(text: string): readonly IndexedMail[] | null {
  try {
    return heads(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Searched texts of a block in one: a native search runs over all of them at once. */
export function joinTexts(texts: readonly string[]): string {
  return texts.map((text) => text + SEPARATOR).join("");
}

/** Where each text begins, and, last, where the next one would. */
export function startsOf(joined: string): readonly number[] {
  const starts = [0];
  for (let end = joined.indexOf(SEPARATOR); end >= 0; end = joined.indexOf(SEPARATOR, end + 1))
    starts.push(end + 1);
  return starts;
}
