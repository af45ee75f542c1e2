/**
 * What an operator or owner may choose for a list, beside what is fixed when it is made. Kept as JSON; a value that is
 * absent is the default, so that a new setting needs no migration.
 */
import { z } from "zod";
import { languages } from "../texts/language.js";

const schema = z.strictObject({
  /**
   * Where an answer goes. `list`: a discussion stays among members, sealed. `author`: the author's own address is in
   * Reply-To, in the clear, and an answer to it is not sealed by itself.
   */
  replyTo: z.enum(["list", "author"]).default("list"),
  /** Authors get their own posts back: the proof that a post went out, and what a mail program threads by. */
  authorCopy: z.boolean().default(true),
  /** What the server's own mails and pages are written in. */
  language: z.enum(languages).default("en"),
  /** Members see each other's names: an owner's choice by a signed command, and never the operator's. */
  showsMembers: z.boolean().default(false),
  /** When it was retired, in milliseconds since 1970: it takes no mail any more. */
  retired: z.number().int().optional(),
});

export type ListSettings = Readonly<z.infer<typeof schema>>;

export const defaultListSettings: ListSettings = schema.parse({});

/** The settings in `json`. @throws ZodError if it is none of ours */
export function readListSettings(json: string): ListSettings {
  return schema.parse(JSON.parse(json));
}
