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

/** The packets inside a seal, authenticated; `unknown` for what is openpgp.js's to open: OCB, and CFB without WebAssembly. */
export type PacketsInside = Uint8Array<ArrayBuffer> | "unknown";

/** Octets of a block of AES, of the modification detection code's packet, and of its SHA-1. */
const BLOCK = 16;
const MDC = 22;
const SHA1 = 20;
/** Version 2: version, cipher, AEAD, chunk size, salt. */
const SALT = 32;
const HEAD = 4 + SALT;
/** RFC 9580, 9.6. */
const OCB_ID = 2;
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

/** Which lengths of AES a seal may be under: the list's own is AES-256, a copy follows its member's preferences. */
export type AllowedCiphers = "aes256" | "aes";

const unsupported = (what: string) => new ProtocolError("unsupported-algorithm", what);

/**
 * Opens a data packet with one session key.
 *
 * @throws ListSealError `unsupported-algorithm` for another cipher than `allowed` has, or another AEAD than GCM and OCB; `damaged`
 *         if it is not what was sealed under this key, whatever the reason
 */
export async function openDataPacket(
  dataPacket: Uint8Array,
  sessionKey: SessionKey,
  allowed: AllowedCiphers = "aes",
): Promise<PacketsInside> {
  const { version, cipher, aead } = suiteIn(dataPacket, sessionKey);
  const octets = cipher === null ? undefined : keyOctets.get(cipher);
  // Attack: a sender's 64-bit block cipher, of which openpgp.js still opens four
  if (octets === undefined) throw unsupported("another cipher than AES");
  if (allowed === "aes256" && octets !== ciphers.aes256.octets)
    throw unsupported("another cipher than AES-256");
  if (version === 2 && aead !== GCM_ID && aead !== OCB_ID) throw unsupported(`the AEAD algorithm ${aead}`);
  if (sessionKey.data.length !== octets)
    throw damaged("a session key of another length than its algorithm's");
  return version === 1
    ? openVersion1(dataPacket, sessionKey.data)
    : openVersion2(dataPacket, sessionKey.data, octets);
}

/** How the data packet is encrypted: version 2 says it itself, version 1 leaves it to the session key packet. */
function suiteIn(dataPacket: Uint8Array, { algorithm }: SessionKey) {
  const version = dataPacketVersion(dataPacket);
  const [, cipher = 0, aead = 0] = headOf(dataPacket, readHeader(dataPacket, 0));
  return version === 1 ? { version, cipher: algorithm, aead: 0 } : { version, cipher, aead };
}

/** SEIPD version 1 (RFC 9580, 5.13.1): CFB, and SHA-1 over everything before it as the modification detection code. */
async function openVersion1(dataPacket: Uint8Array, key: Uint8Array): Promise<PacketsInside> {
  const decryptCfb = opensslCfb() ?? (await wasmCfb());
  if (decryptCfb === undefined) return "unknown";
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
async function openVersion2(dataPacket: Uint8Array, key: Uint8Array, octets: number): Promise<PacketsInside> {
  const header = readHeader(dataPacket, 0);
  const head = headOf(dataPacket, header);
  const [, cipher = 0, aead, chunkSizeOctet = 0] = head;
  if (chunkSizeOctet > MAX_CHUNK_SIZE_OCTET) throw damaged("chunks of more than 4 MiB");
  if (aead !== GCM_ID) return "unknown";
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
