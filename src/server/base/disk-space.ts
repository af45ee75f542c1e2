/**
 * Room on the disk. A queue needs some to get shorter: that a copy went out is a commit, too. So mail is put off while there is
 * still room for that, and a file is kept that can be given away when somebody else has filled the disk.
 */
import { open, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { DataFolder } from "./data-folder.js";
import { LITTLE_ROOM_BYTES, RESERVE_BYTES } from "./limits.js";

const reserveOf = (folder: DataFolder) => join(folder.path, "reserve");

/** Bytes that this user may still write beside the data folder. */
export async function freeSpace(folder: DataFolder): Promise<number> {
  const { bavail, bsize } = await statfs(folder.path);
  return bavail * bsize;
}

/** What is left to do with the reserve: it is given away when there is next to no room, and laid up again when there is. */
export async function keepReserve(
  folder: DataFolder,
  free: number,
): Promise<"kept" | "given-away" | "laid-up"> {
  const path = reserveOf(folder);
  const isThere = await stat(path).then(
    ({ size }) => size === RESERVE_BYTES,
    () => false,
  );
  if (free < LITTLE_ROOM_BYTES) {
    await rm(path, { force: true });
    return isThere ? "given-away" : "kept";
  }
  if (isThere || free < LITTLE_ROOM_BYTES + 2 * RESERVE_BYTES) return "kept";
  await layUp(path);
  return "laid-up";
}

/** Written, not left empty: a file with holes takes no room. */
async function layUp(path: string): Promise<void> {
  try {
    const file = await open(path, "w", 0o600);
    try {
      await file.writeFile(Buffer.alloc(RESERVE_BYTES, 0x5a));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
