/**
 * Secrets that the server shares with one member, in place of a key pair (openpgp/secrets.ts): a `copies` secret, under
 * which that member's copies are sealed, and a `posts` secret, under which that member's posts come.
 *
 * They lie where the server keys do and as these do, one a file, in hex; the store has their ids alone, so that a copy of
 * the database opens nothing. A member's certificate stays: it signs, and says who they are.
 */
import { readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { ProtocolError } from "../../openpgp/errors.js";
import type { Profile, Role } from "../../openpgp/keys.js";
import { isSecretId, passphraseOf, readSecret, type SharedSecret } from "../../openpgp/secrets.js";
import { type DataFolder, isOpenToOthers, writeDurably } from "../base/data-folder.js";
import { DAY_MS } from "../base/limits.js";
import { KEY_FILE_MODE, KeyFileError, keyPathOf } from "./server-keys.js";
import type { Store } from "./store.js";

const SUFFIX = ".secret";

/** How long a secret is kept that no member has any more: posts under it may still wait for their copies to be made. */
export const UNUSED_SECRET_MS = 7 * DAY_MS;

/** Reads a secret as people hand it over: 64 hex digits, white space around them. @throws ListSealError `key-damaged` */
export function secretFromText(text: string): Uint8Array {
  const digits = text.trim();
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) {
    throw new ProtocolError("key-damaged", "a shared secret must be 64 hex digits");
  }
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** Writes a secret to its file; on disk when this returns. */
export async function keepSecret(folder: DataFolder, secret: SharedSecret<Role>): Promise<void> {
  const path = join(folder.keys, `${secret.fingerprint}${SUFFIX}`);
  await writeDurably(path, `${passphraseOf(secret)}\n`, KEY_FILE_MODE);
}

/** Takes back a secret that no member came to have. */
export async function discardSecret(folder: DataFolder, id: string): Promise<void> {
  await rm(join(folder.keys, `${id}${SUFFIX}`), { force: true });
}

/** The server's end of the secrets that it shares with members. */
export class MemberSecrets {
  readonly #folder: DataFolder;

  constructor(folder: DataFolder) {
    this.#folder = folder;
  }

  /**
   * The secret of that id.
   *
   * @throws KeyFileError if its file is missing, open to others, or holds another secret
   */
  async of<R extends Role>(role: R, profile: Profile, id: string): Promise<SharedSecret<R>> {
    if (!isSecretId(id)) throw new KeyFileError("not the id of a shared secret");
    const path = keyPathOf(this.#folder, `${id}${SUFFIX}`);
    let text: string;
    try {
      if (await isOpenToOthers(path)) {
        throw new KeyFileError(`others can read the secret ${path}: run chmod 600 on it`);
      }
      text = await readFile(path, "utf8");
    } catch (error) {
      if (error instanceof KeyFileError) throw error;
      throw new KeyFileError(`the secret ${path} can't be read: check that it exists and who owns it`, {
        cause: error,
      });
    }
    const secret = await readSecret(role, profile, secretFromText(text));
    if (secret.fingerprint !== id)
      throw new KeyFileError(
        `${path} does not hold the secret that its name says: restore it from your copy`,
      );
    return secret;
  }
}

/**
 * Deletes the secrets that no member has had for {@link UNUSED_SECRET_MS}. A file's date says when it was last in use.
 *
 * @returns how many were deleted
 */
export async function dropUnusedSecrets(
  folder: DataFolder,
  store: Pick<Store, "secretIds">,
  now: number,
): Promise<number> {
  const used = new Set(await store.secretIds());
  let dropped = 0;
  for (const name of await readdir(folder.keys)) {
    if (!name.endsWith(SUFFIX)) continue;
    const path = join(folder.keys, name);
    if (used.has(name.slice(0, -SUFFIX.length))) {
      await utimes(path, now / 1000, now / 1000);
    } else if ((await stat(path)).mtimeMs < now - UNUSED_SECRET_MS) {
      await rm(path);
      dropped++;
    }
  }
  return dropped;
}
