/**
 * Certificates wherever people keep them: files with one or many, armored or not, folders of files, maildirs with keys attached to
 * mails or in Autocrypt headers. Nothing is believed about whose they are but what their own User IDs say.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Address, type Mailbox, parseMailbox } from "../../../mail/mailbox.js";
import { contentOf } from "../../../mail/payload.js";
import { readReceived } from "../../../mail/received.js";
import { unarmorCertificate } from "../../../openpgp/armor.js";
import { ListSealError } from "../../../openpgp/errors.js";
import { parseSealingKey, userIdsOf } from "../../../openpgp/keys.js";
import { readHeader } from "../../../openpgp/packets.js";
import { codeForLog } from "../../base/log.js";
import { BadRequest } from "../administration.js";

/** Stops a wrong folder, such as a disk's root, from being read whole. */
const MAX_FILES = 100_000;
/** A keyserver's dump of some thousands of certificates; in octets. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Attachments of one mail that are looked at. */
const MAX_ATTACHMENTS = 100;

/** Packets that begin a key (RFC 9580, 5): public, and secret, of which nothing is taken. */
const PUBLIC_KEY = 6;
const SECRET_KEY = 5;

/** Certificates by the addresses in their User IDs. */
export class CertificatePool {
  readonly #byAddress = new Map<Address, { readonly name?: string; readonly certificates: Uint8Array[] }>();
  #unread = 0;

  /** Pieces of data that looked like certificates, and can't be read. */
  get unread(): number {
    return this.#unread;
  }

  /** Everybody who is named in one of them. */
  get people(): readonly {
    readonly address: Address;
    readonly name?: string;
    readonly certificates: readonly Uint8Array[];
  }[] {
    return [...this.#byAddress].map(([address, found]) => ({ address, ...found }));
  }

  /** All of them, whoever they name. */
  get all(): readonly Uint8Array[] {
    return [...new Set([...this.#byAddress.values()].flatMap(({ certificates }) => certificates))];
  }

  of(address: Address): readonly Uint8Array[] {
    return this.#byAddress.get(address)?.certificates ?? [];
  }

  nameOf(address: Address): string | undefined {
    return this.#byAddress.get(address)?.name;
  }

  /** Takes up whatever is in `bytes`: one certificate after the other, or a text with armored ones. */
  async add(bytes: Uint8Array): Promise<void> {
    for (const certificate of await certificatesIn(bytes)) {
      try {
        const { certificate: read } = await parseSealingKey("member", certificate);
        for (const { address, name } of userIdsOf(read).flatMap(mailboxIn)) {
          const had = this.#byAddress.get(address);
          if (had === undefined)
            this.#byAddress.set(address, {
              ...(name === undefined ? {} : { name }),
              certificates: [certificate],
            });
          else if (!had.certificates.some((each) => Buffer.compare(each, certificate) === 0))
            had.certificates.push(certificate);
        }
      } catch (error) {
        if (!(error instanceof ListSealError)) throw error;
        this.#unread += 1;
      }
    }
  }
}

/** `undefined` for a User ID that is no mailbox, as of a machine. */
function mailboxIn(userId: string): readonly Mailbox[] {
  try {
    return [parseMailbox(userId)];
  } catch {
    return [];
  }
}

/** All certificates in `bytes`, each as its own octets. What is none is passed over. */
async function certificatesIn(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
  if (((bytes[0] ?? 0) & 0x80) !== 0) return splitCertificates(bytes);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  const blocks =
    text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]+?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [];
  const found: Uint8Array[] = [];
  for (const block of blocks) {
    try {
      found.push(...splitCertificates(await unarmorCertificate(block)));
    } catch (error) {
      if (!(error instanceof ListSealError)) throw error;
    }
  }
  return found;
}

/** What `gpg --export` writes for several keys, apart. */
export function splitCertificates(bytes: Uint8Array): readonly Uint8Array[] {
  const starts: { readonly at: number; readonly isPublic: boolean }[] = [];
  let at = 0;
  try {
    while (at < bytes.length) {
      const { tag, end } = readHeader(bytes, at);
      if (tag === PUBLIC_KEY || tag === SECRET_KEY) starts.push({ at, isPublic: tag === PUBLIC_KEY });
      at = end;
    }
  } catch (error) {
    // what is cut off in the middle ends the certificate before it
    if (!(error instanceof ListSealError)) throw error;
  }
  return starts.flatMap(({ at: from, isPublic }, index) =>
    isPublic ? [bytes.slice(from, starts[index + 1]?.at ?? at)] : [],
  );
}

/** Reads a file, or a folder with everything below it. @throws BadRequest if it can't be read */
export async function readCertificates(path: string): Promise<CertificatePool> {
  const pool = new CertificatePool();
  for (const file of await filesBelow(path)) {
    const bytes = await readFile(file);
    if (isMail(bytes)) await addFromMail(pool, bytes);
    else await pool.add(bytes);
  }
  return pool;
}

async function filesBelow(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    const files: string[] = [];
    for (const name of names.sort()) {
      const file = join(path, name);
      const found = await stat(file);
      if (!found.isFile()) continue;
      if (found.size > MAX_FILE_BYTES || files.length === MAX_FILES) {
        throw new BadRequest(`${path} holds too much to be a folder of keys: check that it is the right one`);
      }
      files.push(file);
    }
    return files;
  } catch (error) {
    if (error instanceof BadRequest) throw error;
    throw new BadRequest(`${path} can't be read (${codeForLog(error)})`);
  }
}

/** A file that begins with header fields. */
const isMail = (bytes: Buffer): boolean =>
  /^(?:From |[!-9;-~]{1,70}:[ \t])/.test(bytes.toString("latin1", 0, 200));

async function addFromMail(pool: CertificatePool, raw: Uint8Array): Promise<void> {
  let email: Awaited<ReturnType<typeof readReceived>>;
  try {
    email = await readReceived(raw, MAX_ATTACHMENTS);
  } catch (error) {
    if (error instanceof ListSealError) return;
    throw error;
  }
  for (const { key, value } of email.headers) {
    // https://autocrypt.org/level1.html: addr=..; prefer-encrypt=..; keydata=..
    const [, data] = key === "autocrypt" ? (/keydata=([\sA-Za-z0-9+/=]+)/.exec(value) ?? []) : [];
    if (data !== undefined) await pool.add(Buffer.from(data.replaceAll(/\s/g, ""), "base64"));
  }
  for (const attachment of email.attachments) await pool.add(contentOf(attachment));
  if (email.text !== undefined) await pool.add(Buffer.from(email.text, "latin1"));
}
