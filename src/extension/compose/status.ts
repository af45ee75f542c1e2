import type { ErrorCode } from "../../protocol/errors.js";

/** What stands in the way of sending, and waits for the person in the compose button's popup. */
export type Hindrance =
  | { readonly kind: "failed"; readonly code: ErrorCode }
  | { readonly kind: "locked"; readonly fingerprint: string; readonly address: string }
  /** The mail goes to the list and to others, who could not read it. */
  | { readonly kind: "other-recipients"; readonly others: readonly string[] }
  /** Sealing was switched off by hand, and the mail goes to a list. */
  | { readonly kind: "clear-to-list" }
  /** Sealing is off, and the mail answers or forwards what came sealed. */
  | { readonly kind: "sealed-quote" };

/** What the popup and the button show for one compose window. */
export interface ComposeStatus {
  readonly sealing: "off" | "on";
  readonly work: "idle" | "sealing";
  /** The list that the mail goes to, if it is known yet. */
  readonly list: { readonly address: string; readonly name: string } | null;
  readonly hindrance: Hindrance | null;
  /** Where a draft of this mail would be written. */
  readonly drafts: "this-computer" | "as-usual";
}
