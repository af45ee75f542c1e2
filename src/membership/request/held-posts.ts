/** Posts that wait for a moderator, as answers tell of them. */
import type { Address } from "../../mail/mailbox.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import { anyCount, canonicalAddress, formatDate, isoDate, line, objectOf } from "../file/declaration.js";
import { fingerprintText, MAX_MESSAGE_ID } from "./commands.js";

/** Held posts in one answer, the oldest; more are shown when these are decided about. */
export const MAX_HELD_SHOWN = 200;

/** A post that waits for a moderator, as far as the server can tell: nothing of what is in it. */
export interface HeldPost {
  /** The key whose outer signature it bears. */
  readonly author: Fingerprint;
  /** That key's address on the roster; absent if it is on none. */
  readonly address?: Address;
  readonly messageId: string;
  /** When the server took it. */
  readonly date: Date;
  /** Octets of the sealed mail. */
  readonly size: number;
}

/** A post as it is in the JSON. */
export const writtenHeld = ({ date, ...rest }: HeldPost) => ({ ...rest, date: formatDate(date) });

/** The inverse of {@link writtenHeld}. */
export const heldPostDeclaration = objectOf(
  { author: fingerprintText, messageId: line(MAX_MESSAGE_ID), date: isoDate, size: anyCount },
  { address: canonicalAddress },
);
