import type { MailPart } from "../../mail/sealed-mail.js";
import { ListSealError } from "../../openpgp/errors.js";
import { likeliestFirst } from "../records/stored.js";
import type { OpenedLetter } from "./jobs.js";
import { open } from "./open.js";
import { readMail } from "./read-mail.js";

/** A mail that was read and opened at once. */
export interface MailOutcome {
  /** Null for what is no list mail, is none that opens by itself, or does not open with what is here. */
  readonly letter: OpenedLetter | null;
  /** An owner's notice that it carries, still sealed, and the addresses that its header names. */
  readonly carried: { readonly notice: Uint8Array; readonly named: readonly string[] } | null;
}

/**
 * Reads a mail and opens it: for who goes through thousands, of which each would otherwise cross between the threads twice. What
 * stands in somebody's own mail is opened by a click alone, and not here.
 * @param input as of {@link open} and {@link readMail}; `lists`: all of them
 * @throws ListSealError as both, unless it carries a notice, under which it may open afterwards
 */
export async function openMail({
  raw,
  ...keys
}: { readonly raw: string } & Omit<Parameters<typeof open>[0], "parts">): Promise<MailOutcome> {
  const mail = await readMail({ raw });
  if (mail.kind !== "sealed" || mail.shell !== "own") return { letter: null, carried: null };
  const { named, riding } = mail;
  const lists = likeliestFirst(named, keys.lists);
  const opened = () => letterOf(mail.parts, { ...keys, lists });
  if (riding === undefined) return { letter: await opened(), carried: null };
  try {
    return { letter: await opened(), carried: { notice: riding, named } };
  } catch (error) {
    if (!(error instanceof ListSealError) || error.code === "key-locked") throw error;
    return { letter: null, carried: { notice: riding, named } };
  }
}

async function letterOf(
  parts: readonly MailPart[],
  keys: Omit<Parameters<typeof open>[0], "parts">,
): Promise<OpenedLetter | null> {
  const result = await open({ ...keys, parts });
  return result.kind === "opened" ? result : null;
}
