import type messages from "../../public/_locales/en/messages.json";
import { browser } from "./platform.js";

/** Every sentence that the add-on can say. The English file is the list of them. */
export type MessageKey = keyof typeof messages;

/** The number of things that a sentence has put into it, as its placeholders say. */
type Arguments<K extends MessageKey> = (typeof messages)[K] extends { readonly placeholders: infer P }
  ? P extends { readonly third: unknown }
    ? [first: string, second: string, third: string]
    : P extends { readonly second: unknown }
      ? [first: string, second: string]
      : [first: string]
  : [];

/** A sentence in the language of the person, with `parts` put into it. Unknown placeholders do not compile. */
export function t<K extends MessageKey>(key: K, ...parts: Arguments<K>): string {
  return browser.i18n.getMessage(key, [...parts]) || key;
}

/** A sentence chosen elsewhere, with what is put into it. Made by {@link phrase}, so that the two fit. */
export interface Phrase {
  readonly key: MessageKey;
  readonly parts: readonly string[];
}

export function phrase<K extends MessageKey>(key: K, ...parts: Arguments<K>): Phrase {
  return { key, parts };
}

/** The words of a phrase. */
export function say({ key, parts }: Phrase): string {
  return browser.i18n.getMessage(key, [...parts]) || key;
}
