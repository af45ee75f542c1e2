import { browser } from "../platform/browser.js";
import { count } from "../platform/check.js";

/**
 * Wrong codes and what they cost. The code itself is strong enough to publish the file; this keeps somebody at the
 * keyboard from trying one after the other, and a person from hurrying.
 */
const WRONG = "wrong-codes";
/** So many are free: a person mistypes. */
const FREE = 3;
const LONGEST_MS = 30_000;

/** How long the next try has to wait after so many wrong codes. Pure. */
export function waitAfter(wrong: number): number {
  return wrong < FREE ? 0 : Math.min(LONGEST_MS, 1_000 * 2 ** (wrong - FREE));
}

async function wrongSoFar(): Promise<number> {
  const found = await browser.storage.session.get(WRONG);
  return found[WRONG] === undefined ? 0 : count(found[WRONG]);
}

/** Waits as long as the wrong codes before demand. */
export async function slowDown(): Promise<void> {
  const wait = waitAfter(await wrongSoFar());
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

/** Notes how a try ended: a right code makes the wrong ones forgotten. */
export async function noteTry(ended: "right" | "wrong"): Promise<void> {
  await browser.storage.session.set({ [WRONG]: ended === "right" ? 0 : (await wrongSoFar()) + 1 });
}
