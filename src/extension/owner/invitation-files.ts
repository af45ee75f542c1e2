import { fromBase64, toBase64 } from "../../mail/base64.js";
import { listOf, object, orNull, text } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import { AddonError } from "../platform/errors.js";
import { withLock } from "../platform/locks.js";

/**
 * Invitations that were just made, each with its file and its code, in memory until the program ends: long enough to be sent, and to
 * tell forty people their codes. `storage.session` is never written to a disk, and no content script can read it.
 *
 * Attack: whoever has both lets themself in. So the two are together nowhere else: never on a disk, never in a mail; and the code is
 * given out only while the owner's key is open (`inviting.ts`), and forgotten when it was told, used or withdrawn.
 */
const KEY = "invitation-files";

/** The newest ones; the session's storage is small. */
const LIMIT = 300;

const files = listOf(
  object<{
    readonly introduction: string;
    readonly name: string;
    readonly file: string;
    readonly code: string | null;
  }>({
    introduction: text,
    name: text,
    file: text,
    code: orNull(text),
  }),
);
type Kept = ReturnType<typeof files>;

async function all(): Promise<Kept> {
  const found = await browser.storage.session.get(KEY);
  return found[KEY] === undefined ? [] : files(found[KEY]);
}

function change(next: (kept: Kept) => Kept): Promise<void> {
  return withLock("invitation-files", async () => {
    await browser.storage.session.set({ [KEY]: next(await all()).slice(-LIMIT) });
  });
}

/** Introductions whose file is here. */
export async function keptFiles(): Promise<readonly string[]> {
  return (await all()).map(({ introduction }) => introduction);
}

/** An invitation's code, for telling it. */
export interface InvitationCode {
  readonly introduction: string;
  readonly code: string;
}

/** The codes that were not told yet. */
export async function keptCodes(): Promise<readonly InvitationCode[]> {
  return (await all()).flatMap(({ introduction, code }) => (code === null ? [] : [{ introduction, code }]));
}

/** Keeps an invitation that was made. */
export function keepInvitation(
  { introduction, code }: InvitationCode,
  name: string,
  file: Uint8Array,
): Promise<void> {
  return change((kept) => [...kept, { introduction, name, file: toBase64(file), code }]);
}

/** Forgets codes; the files stay, for those who lost their mail. */
export function forgetCodes(introductions: readonly string[]): Promise<void> {
  return change((kept) =>
    kept.map((each) => (introductions.includes(each.introduction) ? { ...each, code: null } : each)),
  );
}

/** @throws ListSealError `invitation-not-kept` if it is not here any more */
export async function keptFile(
  introduction: string,
): Promise<{ readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }> {
  const found = (await all()).find((each) => each.introduction === introduction);
  if (found === undefined) throw new AddonError("invitation-not-kept", "its file is not kept any more");
  return { name: found.name, bytes: fromBase64(found.file) };
}
