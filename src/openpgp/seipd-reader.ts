/**
 * Our own opener of data packets (SEIPD), for memory and for speed without a JavaScript compiler.
 *
 * openpgp.js holds a large body four to five times while it opens it. Here the octets inside exist once, and nobody gets
 * them before all of them are authenticated (EFAIL): with the modification detection code in version 1, with every tag and
 * the last one over the length in version 2. What this file does not know is left to openpgp.js, and a test compares the two.
 */
import { wasmCfb } from "./cfb/aes-cfb.js";
import { opensslCfb } from "./cfb/openssl-cfb.js";
import { ciphers } from "./ciphers.js";
import { digest } from "./digest.js";
import { ProtocolError } from "./errors.js";
import { derive, GCM_ID, GCM_TAG, gcmOpener, IN_FLIGHT, numbered } from "./gcm.js";
import { bodyOf, bodyPieces, type Header, lengthOf, readHeader } from "./packets.js";

/** A session key as `decryptSessionKeys` of openpgp.js gives it; a version 6 session key packet names no algorithm. */
export interface SessionKey {
  readonly data: Uint8Array;
  readonly algorithm: string | null;
}

/** The packets inside a seal, authenticated; `unknown` for ciphers that are openpgp.js's to open. */
export type PacketsInside = Uint8Array<ArrayBuffer> | "unknown";

/** Octets of a block of AES, of the modification detection code's packet, and of its SHA-1. */
const BLOCK = 16;
const MDC = 22;
const SHA1 = 20;
/** Version 2: version, cipher, AEAD, chunk size, salt. */
const SALT = 32;
const HEAD = 4 + SALT;
/** RFC 9580, 5.13.2: larger chunks than 4 MiB must not be made. */
const MAX_CHUNK_SIZE_OCTET = 16;

/** RFC 9580, 9.3: octets of the key of each AES, by the algorithm's number and by its name in openpgp.js. */
const keyOctets = new Map<number | string, number>(
  Object.entries(ciphers).flatMap(([name, { id, octets }]) => [
    [name, octets],
    [id, octets],
  ]),
);

const damaged = (why: string, cause?: unknown) => new ProtocolError("damaged", why, { cause });

/**
 * The version of a data packet.
 * @throws ListSealError `damaged` for any but 1 and 2, or one that is shorter than its fields
 */
export function dataPacketVersion(dataPacket: Uint8Array): 1 | 2 {
  const head = headOf(dataPacket, readHeader(dataPacket, 0));
  if (head[0] === 1) return 1;
  if (head[0] === 2 && head.length === HEAD) return 2;
  throw damaged("a data packet of an unknown version");
}

function headOf(dataPacket: Uint8Array, header: Header): Uint8Array {
  const head: number[] = [];
  for (const piece of bodyPieces(dataPacket, header)) {
    head.push(...piece.subarray(0, HEAD - head.length));
    if (head.length === HEAD) break;
  }
  return Uint8Array.from(head);
}

/**
 * Opens a data packet with one session key.
 *
 * @throws ListSealError `damaged` if it is not what was sealed under this key, whatever the reason
 */
export async function openDataPacket(dataPacket: Uint8Array, sessionKey: SessionKey): Promise<PacketsInside> {
  return dataPacketVersion(dataPacket) === 1
    ? openVersion1(dataPacket, sessionKey)
    : openVersion2(dataPacket, sessionKey.data);
}

/** SEIPD version 1 (RFC 9580, 5.13.1): CFB, and SHA-1 over everything before it as the modification detection code. */
async function openVersion1(
  dataPacket: Uint8Array,
  { data: key, algorithm }: SessionKey,
): Promise<PacketsInside> {
  if (algorithm === null) throw damaged("a session key without an algorithm");
  const octets = keyOctets.get(algorithm);
  const decryptCfb = opensslCfb() ?? (await wasmCfb());
  if (octets === undefined || decryptCfb === undefined) return "unknown";
  if (key.length !== octets) throw damaged("a session key of another length than its algorithm's");
  const header = readHeader(dataPacket, 0);
  const length = lengthOf(bodyPieces(dataPacket, header, 1));
  const plain = decryptCfb(bodyPieces(dataPacket, header, 1), length, key);
  // the repeated octets of the prefix are not looked at: they tell less than the code does, and an answer that depends
  // on them is an oracle (RFC 9580, 13.7)
  const hashed = plain.subarray(0, Math.max(0, length - SHA1));
  const expected = await digest("SHA-1", [hashed]);
  const code = plain.subarray(hashed.length);
  const fits = length >= BLOCK + 2 + MDC && expected.every((octet, i) => octet === code[i]);
  if (!fits || plain[length - MDC] !== 0xd3 || plain[length - MDC + 1] !== 0x14) {
    plain.fill(0);
    throw damaged("the modification detection code does not fit");
  }
  return plain.subarray(BLOCK + 2, length - MDC);
}

/** SEIPD version 2 (RFC 9580, 5.13.2) with GCM. */
async function openVersion2(dataPacket: Uint8Array, key: Uint8Array): Promise<PacketsInside> {
  const header = readHeader(dataPacket, 0);
  const head = headOf(dataPacket, header);
  const [, cipher = 0, aead, chunkSizeOctet = 0] = head;
  const octets = keyOctets.get(cipher);
  if (octets === undefined || aead !== GCM_ID || chunkSizeOctet > MAX_CHUNK_SIZE_OCTET) return "unknown";
  if (key.length !== octets) throw damaged("a session key of another length than its algorithm's");
  const sealed = bodyOf(dataPacket, header, HEAD);
  // the tag of the last chunk, which is never empty unless all is, and the tag over the length
  const chunkOctets = 2 ** (chunkSizeOctet + 6);
  const chunks = Math.max(1, Math.ceil((sealed.length - GCM_TAG) / (chunkOctets + GCM_TAG)));
  const length = sealed.length - (chunks + 1) * GCM_TAG;
  if (length < 0) throw damaged("a data packet without its tags");

  const associated = Uint8Array.of(0xd2, 2, cipher, GCM_ID, chunkSizeOctet);
  const { messageKey, nonce } = await derive(key, head.slice(4), associated, octets);
  const plain = new Uint8Array(length);
  try {
    const open = await gcmOpener(messageKey);
    const openAt = async (chunk: number): Promise<void> => {
      const from = chunk * (chunkOctets + GCM_TAG);
      const piece = sealed.subarray(from, Math.min(from + chunkOctets + GCM_TAG, sealed.length - GCM_TAG));
      const opened = await open({ nonce: numbered(nonce, chunk), associated, sealed: piece });
      plain.set(opened, chunk * chunkOctets);
      opened.fill(0);
    };
    for (let chunk = 0; chunk < chunks; chunk += IN_FLIGHT) {
      const next = Math.min(IN_FLIGHT, chunks - chunk);
      // all of them, also when one fails: none may write into what is wiped below
      const ends = await Promise.allSettled(Array.from({ length: next }, (_, i) => openAt(chunk + i)));
      for (const end of ends) if (end.status === "rejected") throw end.reason;
    }
    const total = new DataView(new ArrayBuffer(8));
    total.setBigUint64(0, BigInt(length));
    const last = Uint8Array.from([...associated, ...new Uint8Array(total.buffer)]);
    await open({ nonce: numbered(nonce, chunks), associated: last, sealed: sealed.subarray(-GCM_TAG) });
  } catch (cause) {
    plain.fill(0);
    throw damaged("a tag does not fit", cause);
  } finally {
    messageKey.fill(0);
  }
  return plain;
}
