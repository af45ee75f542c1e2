import type { StoredMemberKey } from "../records/stored.js";

/** What the background page asks of the worker for the pages of keys and settings. */
export interface SettingsJobs {
  /** A member key that another program made. `file`: armored or binary. */
  "import-key": {
    readonly input: {
      readonly file: Uint8Array;
      readonly passphrase: string | null;
      /** The address that it is wanted for; null for whichever its first User ID names. */
      readonly address: string | null;
      readonly now: string;
    };
    readonly output: { readonly key: StoredMemberKey; readonly secret: string };
  };
  /** The secret key for other programs, armored, locked with a passphrase for this file. */
  "export-key": {
    readonly input: {
      readonly key: StoredMemberKey;
      /** The passphrase that is on it now; null if there is none. */
      readonly current: string | null;
      readonly passphrase: string;
    };
    readonly output: { readonly armored: string };
  };
  /** A mail's whole way with keys that are made for it and forgotten. */
  practise: {
    readonly input: { readonly text: string };
    readonly output: PracticeResult;
  };
}

/** What each of the three hands held on a practice mail's way, the beginnings in base64. */
export interface PracticeResult {
  /** What left the author's computer. */
  readonly sent: string;
  /** What the server held after it had opened the outer seal. */
  readonly atServer: string;
  /** Whether the server could open that with the key that it has: tried, not claimed. */
  readonly serverCanRead: boolean;
  /** What came to the member. */
  readonly arrived: string;
  /** The text after both seals were opened. */
  readonly opened: string;
  readonly throughList: boolean;
}
