/**
 * A file under a code: an OpenPGP message around JSON, encrypted under a code that a person tells another, and signed
 * by whoever made it. What kind of file it is, it says inside. gpg opens it with the code (profile `compatible`), so
 * nobody has to take our word for what is in it.
 *
 * The code has 66 random bits, and each guess costs a stretching (`openpgp/passphrase-message.ts`). A file may therefore be seen by
 * anybody, on a mail server for years.
 */

import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import type { OpeningKey, Profile } from "../../openpgp/keys.js";
import { openUnderCode, sealUnderCode } from "../../openpgp/passphrase-message.js";
import { assertSize } from "../../openpgp/policy.js";
import type { SignedMessage } from "../../openpgp/signed-message.js";
import { type Kind, notations } from "../../protocol/binding.js";
import { MembershipError } from "./errors.js";

/** An honest file has about 10 kB. Against a "file" that fills the memory. */
export const MAX_FILE_BYTES = 1024 * 1024;

/** How a file is sealed. */
export interface FileSeal {
  /** Its one spelling, as `makeCode` gives it. */
  readonly code: string;
  readonly profile: Profile;
  readonly date: Date;
  /** Who signs, and the kind of the signature; a file that a person makes for themself is not signed. */
  readonly signed?: { readonly by: OpeningKey<"member">; readonly kind: Kind };
  /** The largest content, in bytes. */
  readonly limit?: number;
}

/**
 * Seals `content` under a code.
 *
 * @param content what the file says; written as indented JSON for people who open it with gpg
 * @returns the file, binary
 */
export async function sealFile(
  content: Readonly<Record<string, unknown>>,
  { code, profile, date, signed, limit = MAX_FILE_BYTES }: FileSeal,
): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(content, null, 2)}\n`);
  assertSize(bytes, limit, "the file");
  const seal = { code, profile, date };
  if (signed === undefined) return sealUnderCode(bytes, seal);
  return sealUnderCode(bytes, {
    ...seal,
    signed: { by: signed.by, notations: notations({ kind: signed.kind }) },
  });
}

/** What a damaged file is called, by what it was expected to be. */
export type DamageCode = "invitation-damaged" | "backup-damaged";

/**
 * Opens a file under a code.
 *
 * @param code  its one spelling (`readCode`)
 * @param limit its largest size in bytes, also of what is inside
 * @param blame the code for damage
 * @returns the JSON's bytes, as they were signed, and the signatures, which say nothing yet
 * @throws ListSealError `too-large`; `wrong-code` if the code does not open the file's key; `blame` if the
 *   file is no such file, or its key opens and the rest does not. In `compatible` a wrong code looks like damage once in
 *   256 times; a mistyped one is found before, by its check digits.
 */
export async function openFile(
  file: Uint8Array,
  code: string,
  limit: number = MAX_FILE_BYTES,
  blame: DamageCode = "invitation-damaged",
): Promise<SignedMessage> {
  assertSize(file, limit, "the file");
  let opened: SignedMessage | "wrong-code";
  try {
    opened = await openUnderCode(file, code, limit);
  } catch (cause) {
    if (!(cause instanceof ProtocolError)) throw cause;
    throw new ListSealError(blame, cause.message, { cause });
  }
  if (opened === "wrong-code") throw new MembershipError("wrong-code", "the code does not open the file");
  return opened;
}
