import { type LockAfter, lockAfterChoices } from "../../keys/lock-after.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import { type Check, nothing, object, oneOf, orNull, text } from "../../platform/check.js";
import type { PracticeResult } from "../../worker/settings-jobs.js";

/**
 * What the pages of keys and settings ask of the background page. A private key is never in an answer: an import passes one
 * in, and an export goes from the background straight into a file.
 */
export interface SettingsCalls {
  "settings:read": { readonly input: null; readonly output: Settings };
  "settings:lock-after": { readonly input: { readonly after: LockAfter }; readonly output: null };
  /** `file`: an OpenPGP secret key in base64, armored or not. `address`: what it is wanted for, or null for its first one. */
  "key:import": {
    readonly input: {
      readonly file: string;
      readonly passphrase: string | null;
      readonly address: string | null;
    };
    readonly output: MemberKeySummary;
  };
  /** Saves the secret key under `passphrase`. `current`: the one that is on it now. */
  "key:save-secret": {
    readonly input: {
      readonly fingerprint: string;
      readonly current: string | null;
      readonly passphrase: string;
    };
    readonly output: null;
  };
  "storage:save": { readonly input: null; readonly output: null };
  "storage:start-anew": { readonly input: null; readonly output: null };
  practise: { readonly input: { readonly text: string }; readonly output: PracticeResult };
}

export interface Settings {
  readonly lockAfter: LockAfter;
}

export const settingsChecks: { readonly [K in keyof SettingsCalls]: Check<SettingsCalls[K]["input"]> } = {
  "settings:read": nothing,
  "settings:lock-after": object<SettingsCalls["settings:lock-after"]["input"]>({
    after: oneOf(...lockAfterChoices),
  }),
  "key:import": object<SettingsCalls["key:import"]["input"]>({
    file: text,
    passphrase: orNull(text),
    address: orNull(text),
  }),
  "key:save-secret": object<SettingsCalls["key:save-secret"]["input"]>({
    fingerprint: text,
    current: orNull(text),
    passphrase: text,
  }),
  "storage:save": nothing,
  "storage:start-anew": nothing,
  practise: object<SettingsCalls["practise"]["input"]>({ text }),
};
