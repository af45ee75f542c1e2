import type { Sheet } from "./browser.js";

/**
 * Waits until clicks in a frame of ours in a webmail count, as the frame itself says (src/extension/app/webmail/clickjacking.ts).
 * Before it has been plainly visible for a while they don't.
 */
export async function untilClicksCount(frame: Sheet): Promise<void> {
  await frame.waitFor('body[data-clicks="counts"]');
}
