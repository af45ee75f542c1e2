import { flag, nothing, object, oneOf, orNull, text } from "../../../membership/file/check.js";
import { type LockAfter, lockAfterChoices } from "../../keys/lock-after.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import { call } from "../../platform/rpc/call.js";
import type { PracticeResult } from "../../worker/settings-jobs.js";

/**
 * What the pages of keys and settings ask of the background page. A private key is never in an answer: an import passes one
 * in, and an export goes from the background straight into a file.
 */
export const settingsCalls = {
  "settings:read": call(nothing).gives<Settings>(),
  "settings:service-mail": call(object({ moves: flag })).gives<null>(),
  "settings:lock-after": call(object({ after: oneOf(...lockAfterChoices) })).gives<null>(),
  /** `file`: an OpenPGP secret key in base64, armored or not. `address`: what it is wanted for, or null for its first one. */
  "key:import": call(
    object({ file: text, passphrase: orNull(text), address: orNull(text) }),
  ).gives<MemberKeySummary>(),
  /** Saves the secret key under `passphrase`. `current`: the one that is on it now. */
  "key:save-secret": call(
    object({ fingerprint: text, current: orNull(text), passphrase: text }),
  ).gives<null>(),
  "storage:save": call(nothing).gives<null>(),
  "storage:start-over": call(nothing).gives<null>(),
  practise: call(object({ text })).gives<PracticeResult>(),
};

export interface Settings {
  readonly lockAfter: LockAfter;
  /** Whether answers and notices that need nothing from the person are moved to a folder of their own. */
  readonly movesServiceMail: boolean;
}
