import { fromBase64, toBase64 } from "../../mail/base64.js";
import { type Profile, parseSealingKey, readOpeningKey } from "../../openpgp/keys.js";
import { readListOpener } from "../../openpgp/list-keys.js";

/**
 * Keys that this worker has read, by their very bytes. Where JavaScript is not compiled, reading a key and checking its own
 * signatures takes longer than opening a mail with it, and the same few keys open all mail of a list. They go with the worker,
 * which ends when keys lock.
 *
 * A key is the same for whoever reads it: what depends on a date or on a list is checked with each mail. Whoever changes a key
 * that was read here changes it for all mails that follow: read it again for that.
 */

/** Keys of one kind. Attack: a member who writes under thousands of keys fills the memory; the oldest are forgotten first. */
export const READ_KEYS = 64;

/** `read`, which does it once for the same text. What fails is not remembered. */
function once<T>(read: (text: string) => Promise<T>): (text: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const reading = read(text);
    for (const oldest of known.keys()) if (known.size >= READ_KEYS) known.delete(oldest);
    known.set(text, reading);
    reading.catch(() => known.delete(text));
    return reading;
  };
}

/** A member key's secret half. @param text base64, unlocked @throws ListSealError as `readOpeningKey` */
export const memberSecret = once((text) => readOpeningKey("member", fromBase64(text)));
const listOpeners = {
  compatible: once((text) => readListOpener(fromBase64(text), "compatible")),
  rfc9580: once((text) => readListOpener(fromBase64(text), "rfc9580")),
};
/** A list key, pair or secret. @param text base64 @throws ListSealError as `readListOpener` */
export const listOpener = (text: string, profile: Profile) => listOpeners[profile](text);
/** A server's certificate, also one that has run out. @param text base64 @throws ListSealError as `parseSealingKey` */
export const serverCertificate = once((text) => parseSealingKey("server", fromBase64(text)));
/** A member's certificate, also one that has run out. @param text base64 @throws ListSealError as `parseSealingKey` */
export const memberCertificate = once((text) => parseSealingKey("member", fromBase64(text)));

/** {@link memberCertificate}, of bytes. @throws ListSealError as `parseSealingKey` */
export const memberCertificateOf = (bytes: Uint8Array) => memberCertificate(toBase64(bytes));
