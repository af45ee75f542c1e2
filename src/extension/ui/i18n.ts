import type messages from "../../../public/_locales/en/messages.json";
import { browser, program } from "../platform/browser.js";

/** Every sentence that the add-on can say. The English file is the list of them. */
export type MessageKey = keyof typeof messages;

/** What is put into a sentence. A number is written as the language does: 10,000 and 10 000. */
type Part = string | number;

/** The number of things that a sentence has put into it, as its placeholders say. */
type Arguments<K extends MessageKey> = (typeof messages)[K] extends { readonly placeholders: infer P }
  ? P extends { readonly third: unknown }
    ? [first: Part, second: Part, third: Part]
    : P extends { readonly second: unknown }
      ? [first: Part, second: Part]
      : [first: Part]
  : [];

/**
 * Sentences that speak of the program around the add-on, or of what it does by itself, and what a browser says in their
 * place. A test holds that both have the same things put into them.
 */
export const inBrowser = {
  request_sent: "request_sent_in_browser",
  waiting_sent: "waiting_sent_in_browser",
  joining_text: "joining_text_in_browser",
  join_asked: "join_asked_in_browser",
  leave_asked: "leave_asked_in_browser",
  leave_waiting: "leave_waiting_in_browser",
  claim_waiting: "claim_waiting_in_browser",
  found_claimed: "found_claimed_in_browser",
  keys_unlocked: "keys_unlocked_in_browser",
  passphrase_what: "passphrase_what_in_browser",
  lock_exit: "lock_exit_in_browser",
  kept_opened_text: "kept_opened_text_in_browser",
  error_invitation_for_another: "error_invitation_for_another_in_browser",
  error_storage_failed: "error_storage_failed_in_browser",
  error_worker_failed: "error_worker_failed_in_browser",
  found_address: "found_address_in_browser",
  mark_text: "webmails_mark_text",
  mark_title: "webmail_mark_title",
  invite_code_once: "invite_code_once_in_browser",
  invite_mail: "invite_mail_in_browser",
  invite_mail_named: "invite_mail_named_in_browser",
  who_asked: "waiting_sent_in_browser",
  space_none: "space_none_in_browser",
  space_pick: "space_pick_in_browser",
  space_paused: "space_paused_in_browser",
  space_go_on: "space_go_on_in_browser",
} as const satisfies Partial<Readonly<Record<MessageKey, MessageKey>>>;

function isSaidOtherwise(key: string): key is keyof typeof inBrowser {
  return Object.hasOwn(inBrowser, key);
}

/** Sentences that nothing is put into, as they were read: a page says the same ones with each key that is pressed in it. */
const known = new Map<MessageKey, string>();

/** The text of a sentence in this program. */
function textOf(key: MessageKey, parts: readonly Part[]): string {
  const said = isSaidOtherwise(key) && program() === "browser" ? inBrowser[key] : key;
  const before = parts.length === 0 ? known.get(said) : undefined;
  if (before !== undefined) return before;
  const text = browser.i18n.getMessage(said, parts.map(written)) || key;
  if (parts.length === 0) known.set(said, text);
  return text;
}

const written = (part: Part): string =>
  typeof part === "number" ? part.toLocaleString(textOf("lang", [])) : part;

/** A sentence in the language of the person, with `parts` put into it. Unknown placeholders do not compile. */
export function t<K extends MessageKey>(key: K, ...parts: Arguments<K>): string {
  return textOf(key, parts);
}

/** A sentence chosen elsewhere, with what is put into it. Made by {@link phrase}, so that the two fit. */
export interface Phrase {
  readonly key: MessageKey;
  readonly parts: readonly Part[];
}

export function phrase<K extends MessageKey>(key: K, ...parts: Arguments<K>): Phrase {
  return { key, parts };
}

/** The words of a phrase. */
export function say({ key, parts }: Phrase): string {
  return textOf(key, parts);
}
