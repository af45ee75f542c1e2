/** What other list software says of a list, before it is compared with ours. */
import type { Address } from "../../../mail/mailbox.js";
import type { MemberRole, PostPolicy } from "../../store/store.js";
import { type Language, languages } from "../../texts/language.js";

/** Somebody on the other list. */
export interface ImportedPerson {
  readonly address: Address;
  /** `undefined`: it has none, and the key's may do. */
  readonly name?: string;
  readonly role: MemberRole;
  /** Gets no mail from it at present. */
  readonly isPaused: boolean;
  /** Certificates that may be theirs, as they were found; the newest that can be used is taken. */
  readonly certificates: readonly Uint8Array[];
}

/** A list as it was found elsewhere. */
export interface ImportSource {
  /** What was read, for the operator. */
  readonly origin: string;
  readonly people: readonly ImportedPerson[];
  readonly policy?: PostPolicy;
  readonly replyTo?: "list" | "author";
  readonly authorCopy?: boolean;
  /** One of ours; the other software may know more. */
  readonly language?: Language;
  /** What has no counterpart here, in sentences. */
  readonly lost: readonly string[];
}

/** The language in a tag or locale (`pt_BR`, `de-AT`), if the server writes it. */
export function languageIn(tag: string | null | undefined): Language | undefined {
  const [language = ""] = (tag ?? "").toLowerCase().split(/[-_.]/, 1);
  return languages.find((one) => one === language);
}
