/** Whose certificate a letter carries, and whether it may write as the letter's From. */
import { parseMailbox } from "../../mail/mailbox.js";
import type { Letter } from "../../mail/payload.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { assertUsable, parseSealingKey, type SealingKey, userIdsOf } from "../../openpgp/keys.js";

/**
 * The author's certificate, as the letter carries it. A claim, until the inner signature has verified with it.
 * @param parse reads a certificate, as `parseSealingKey` does: for who reads many letters of the same authors
 * @throws ListSealError `unknown-author` if it carries none, `wrong-author` if From is not the certificate's address, and what
 *         `readSealingKey` throws for a certificate that was not good at the letter's date
 */
export async function authorOfLetter(
  letter: Letter,
  parse = (bytes: Uint8Array) => parseSealingKey("member", bytes),
): Promise<SealingKey<"member">> {
  if (letter.author === undefined)
    throw new ProtocolError("unknown-author", "no certificate of its author inside");
  const author = await parse(letter.author.certificate);
  await assertUsable(author.certificate, letter.date);
  if (!addressesOf(author).includes(letter.from.address)) {
    throw new ProtocolError("wrong-author", "From is not the address of the author's certificate");
  }
  return author;
}

/** The addresses that a certificate's User IDs name. */
function addressesOf({ certificate }: SealingKey<"member">): readonly string[] {
  return userIdsOf(certificate).flatMap((userId) => {
    try {
      return [parseMailbox(userId).address];
    } catch {
      return [];
    }
  });
}
