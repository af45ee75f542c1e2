import { type IndexedMail, indexedMail } from "./indexed-mail.js";

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
  const writer = stream.writable.getWriter();
  // what can't be inflated is told by the reader
  const put = Promise.allSettled([writer.write(bytes), writer.close()]);
  const reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> = stream.readable.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > BLOCK_LIMIT) throw new RangeError("a block is too large");
    pieces.push(value);
  }
  await put;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** The heads of a block as text. */
export function writeHeads(mails: readonly IndexedMail[]): string {
  return JSON.stringify(mails);
}

/**
 * Reads them; null if they are no heads.
 *
 * A block was written by this add-on alone, under a key that nobody else has, and whole by one version of it: so its first record is
 * checked, which would be another's. Ten thousand checked one by one take a quarter of a second where JavaScript is not compiled.
 */
export function readHeads(text: string): readonly IndexedMail[] | null {
  try {
    const read: unknown = JSON.parse(text);
    return isOfThisVersion(read) ? read : null;
  } catch {
    return null;
  }
}

/** @throws CheckError if it has a first record, and that is none */
function isOfThisVersion(read: unknown): read is readonly IndexedMail[] {
  if (!Array.isArray(read)) return false;
  const [first]: readonly unknown[] = read;
  return first === undefined || indexedMail(first).list !== "";
}
