import type { ErrorCode } from "../platform/errors.js";
import type { Question } from "./guard-names.js";

/** What stands in the way of sending, and waits for the person in the compose button's popup. */
export type SendBlocker =
  /** `keeping` and `opening` are about a sealed draft. */
  | {
      readonly kind: "failed";
      readonly doing: "sending" | "keeping" | "opening";
      readonly code: ErrorCode;
    }
  /** `keeping`: the mail was to be kept as a sealed draft. */
  | {
      readonly kind: "locked";
      readonly doing: "sending" | "keeping";
      readonly fingerprint: string;
      readonly address: string;
    }
  /** Encryption was switched on, and no list is a recipient. */
  | { readonly kind: "no-list" }
  /** Send was pressed before the quote of a sealed mail stood there: the person looks at it first. */
  | { readonly kind: "settled-late" }
  /** A question of `guards.ts`. */
  | Question;

/** What a person is told about the drafts of a mail, without a question. */
export const notices = [
  /** A readable draft lay on the mail server and was taken away from there; it is on this computer now. */
  "server-draft-moved",
  /** A readable draft lies on the mail server and could not be taken away. */
  "server-draft-left",
  /** A sealed draft was put on the mail server, as the person has asked. */
  "sealed-draft-kept",
  /** The mail that is answered has sealed parts, and what Thunderbird quoted of it was taken out. */
  "quote-left-out",
  /** One reads the list, and may not post to it: whatever is written here will not be sent to it. */
  "read-only",
] as const;

export type ComposeNotice = (typeof notices)[number];

/** What the popup and the button show for one compose window. */
export interface ComposeStatus {
  readonly sealing: "off" | "on";
  readonly work: "idle" | "sealing";
  /** The list that the mail goes to, if it is known yet. */
  readonly list: { readonly address: string; readonly name: string } | null;
  readonly hindrance: SendBlocker | null;
  readonly notice: ComposeNotice | null;
  /** Where a draft of this mail would be written. */
  readonly drafts: "this-computer" | "as-usual";
}
