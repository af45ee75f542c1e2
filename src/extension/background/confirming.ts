import { parseAddress } from "../../mail/mailbox.js";
import { confirm, noPins } from "../../membership/pins.js";
import { ListSealError } from "../../protocol/errors.js";
import { parseFingerprint } from "../../protocol/keys.js";
import { mayConfirm } from "../display/confirmable.js";
import type { OpenedView } from "../display/view.js";
import { update } from "../storage.js";
import type { OpenedLetter } from "../worker/jobs.js";

/**
 * Pins the author's key of an opened mail because its reader compared the digits with the author.
 * @param fingerprint the digits that were shown; they must be those of this mail, or nothing is confirmed
 * @throws ListSealError `wrong-author` if the mail on the screen is another one meanwhile, or there is nothing to confirm
 */
export async function confirmAuthor(
  letter: OpenedLetter,
  view: OpenedView,
  fingerprint: string,
): Promise<void> {
  const { author } = view;
  if (author.fingerprint !== fingerprint || !mayConfirm(author.standing)) {
    throw new ListSealError("wrong-author", "not the author of the mail that is shown");
  }
  const sighting = { address: parseAddress(author.address), key: parseFingerprint(fingerprint) };
  await update((stored) => {
    const pins = confirm(stored.pins[letter.list] ?? noPins, sighting);
    return { stored: { ...stored, pins: { ...stored.pins, [letter.list]: pins } }, result: undefined };
  });
}
