import { toBase64 } from "../../mail/base64.js";
import { type Check, object, text } from "../../membership/file/check.js";
import { session, takeFromSession } from "../platform/session.js";

/** An invitation that came attached to a mail, on its way to the page that asks for its code. */

/** An invitation has about 10 kB. Attack: a huge "invitation" that fills memory, or the way to the page. */
export const INVITATION_LIMIT = 500_000;

/** A file that waits for its code. `file` in base64. */
export type OfferedFile = Readonly<Record<"name" | "file", string>>;

const OFFERED = "offered";
const offered: Check<OfferedFile> = object<OfferedFile>({ name: text, file: text });

/** Has an invitation wait for the page that asks for its code. @param bytes at most `INVITATION_LIMIT` of them */
export async function offer(name: string, bytes: Uint8Array): Promise<void> {
  await session().set(OFFERED, { name, file: toBase64(bytes) });
}

/** The invitation that waits, once. */
export async function takeOffered(): Promise<OfferedFile | null> {
  const found = await takeFromSession(OFFERED);
  return found === undefined ? null : offered(found);
}
