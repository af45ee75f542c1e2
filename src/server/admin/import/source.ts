/** What other list software says of a list, before it is compared with ours. */
import { z } from "zod";
import { type Address, isAddress } from "../../../mail/mailbox.js";
import { type MemberRole, type PostPolicy, postPolicies, roles } from "../../store/store.js";
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

const octets = z.base64().transform((text) => Uint8Array.from(Buffer.from(text, "base64")));

const handedOver = z.object({
  origin: z.string(),
  people: z.array(
    z.object({
      address: z.string().refine(isAddress),
      name: z.string().exactOptional(),
      role: z.enum(roles),
      isPaused: z.boolean(),
      certificates: z.array(octets),
    }),
  ),
  policy: z.enum(postPolicies).exactOptional(),
  replyTo: z.enum(["list", "author"]).exactOptional(),
  authorCopy: z.boolean().exactOptional(),
  language: z.enum(languages).exactOptional(),
  lost: z.array(z.string()),
});

/** A source as JSON, for {@link sourceFromJson} in another process. */
export function sourceToJson(source: ImportSource): string {
  const base64 = (certificate: Uint8Array) => Buffer.from(certificate).toString("base64");
  const people = source.people.map((one) => ({ ...one, certificates: one.certificates.map(base64) }));
  return JSON.stringify({ ...source, people });
}

/** @throws z.ZodError if it is not from {@link sourceToJson} */
export function sourceFromJson(text: string): ImportSource {
  return handedOver.parse(JSON.parse(text));
}
