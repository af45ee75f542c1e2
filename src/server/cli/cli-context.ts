/** What the commands of the command line share: the data folder, the configuration, and how they print. */

import { open } from "node:fs/promises";
import { type AdminContext, BadRequest } from "../admin/administration.js";
import type { CommandForUser } from "../admin/change-user.js";
import { enterSite, type GlobalOptions, type ServerSite } from "../admin/site.js";
import { isInitialised, NotInitialised } from "../base/data-folder.js";
import { MAX_CERTIFICATE_BYTES } from "../base/limits.js";
import { codeForLog } from "../base/log.js";
import { openStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import type { Store } from "../store/store.js";

/** What a command works with; the store is open. */
export interface CliContext extends AdminContext {
  readonly store: Store;
  readonly heads: Heads;
}

export const print = (line: string) => process.stdout.write(`${line}\n`);

/** How many members, in words. */
export const countOf = (count: number) => `${count} ${count === 1 ? "member" : "members"}`;

/** A fingerprint as people compare it: in groups of four. */
export const spaced = (fingerprint: string) => fingerprint.toUpperCase().replace(/(.{4})(?=.)/g, "$1 ");

/**
 * Runs `work` with the store of the site open; notes the record's newest entries when it is done.
 *
 * @param next for a command that has done something before: see {@link enterSite}
 */
export async function withContext(
  options: GlobalOptions,
  work: (desk: CliContext, site: ServerSite) => Promise<void>,
  next?: CommandForUser,
): Promise<void> {
  const site = await enterSite(options, next);
  const { folder } = site;
  if (!isInitialised(folder))
    throw new NotInitialised(`${folder.path} holds no list server yet: run init first`);
  const store = await openStore(site.place);
  try {
    const heads = new Heads(folder.heads);
    await work({ store, heads, folder, now: () => Date.now() }, site);
    await heads.note(store);
  } finally {
    await store.close();
  }
}

/** A small file that somebody named: a certificate or a signed command. @throws BadRequest */
export async function readSmallFile(path: string): Promise<Buffer> {
  const bytes = Buffer.alloc(MAX_CERTIFICATE_BYTES + 1);
  let length: number;
  try {
    const file = await open(path, "r");
    try {
      ({ bytesRead: length } = await file.read(bytes, 0, bytes.length, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new BadRequest(`${path} can't be read (${codeForLog(error)})`);
  }
  if (length > MAX_CERTIFICATE_BYTES)
    throw new BadRequest(
      `${path} is too large (the limit is ${MAX_CERTIFICATE_BYTES} bytes): check that it is the right file`,
    );
  return bytes.subarray(0, length);
}

/** A certificate file, binary or armored. @throws BadRequest */
export async function readCertificateFile(path: string): Promise<Uint8Array | string> {
  const content = await readSmallFile(path);
  // the first bit of every packet is set, and no letter of armor is
  return (content[0] ?? 0) >= 0x80 ? content : content.toString("utf8");
}
