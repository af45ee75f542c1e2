/** Whether the machine's clock shows a time that can't be: earlier than things that have happened. */
import { createdAt, readOneCertificate, subkeyDates } from "../../openpgp/keys.js";

/**
 * True if `now` is before a date that was written when the clock was right: a job's, or of a key's making. To such a clock
 * keys that are as good as ever look as if they were none yet.
 *
 * @param certificates binary OpenPGP; what can't be read says nothing
 */
export async function isClockBehind(
  now: number,
  queued: number,
  certificates: readonly Uint8Array[],
): Promise<boolean> {
  if (now < queued) return true;
  for (const bytes of certificates) {
    try {
      const certificate = await readOneCertificate(bytes);
      const made = [createdAt(certificate), ...subkeyDates(certificate)];
      if (made.some((date) => now < date.getTime())) return true;
    } catch {
      // the key is what is wrong then, and no clock
    }
  }
  return false;
}
