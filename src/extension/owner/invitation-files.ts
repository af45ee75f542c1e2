import { fromBase64, toBase64 } from "../../mail/base64.js";
import { listOf, object, text } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import { AddonError } from "../platform/errors.js";
import { withLock } from "../platform/locks.js";

/**
 * Invitation files that were just made, in memory until Thunderbird ends: long enough to be saved or sent. Afterwards
 * nobody needs them here, and without its code, which is not kept at all, a file can't be given to anybody anyway.
 */
const KEY = "invitation-files";

/** The newest ones; the session's storage is small. */
const LIMIT = 300;

const files = listOf(
  object<{ readonly introduction: string; readonly name: string; readonly file: string }>({
    introduction: text,
    name: text,
    file: text,
  }),
);

async function all(): Promise<ReturnType<typeof files>> {
  const found = await browser.storage.session.get(KEY);
  return found[KEY] === undefined ? [] : files(found[KEY]);
}

/** Introductions whose file is here. */
export async function keptFiles(): Promise<readonly string[]> {
  return (await all()).map(({ introduction }) => introduction);
}

export function keepFile(introduction: string, name: string, file: Uint8Array): Promise<void> {
  return withLock("invitation-files", async () => {
    const kept = [...(await all()), { introduction, name, file: toBase64(file) }].slice(-LIMIT);
    await browser.storage.session.set({ [KEY]: kept });
  });
}

/** @throws ListSealError `invitation-not-kept` if it is not here any more */
export async function keptFile(
  introduction: string,
): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const found = (await all()).find((each) => each.introduction === introduction);
  if (found === undefined) throw new AddonError("invitation-not-kept", "its file is not kept any more");
  return { name: found.name, bytes: fromBase64(found.file) };
}
