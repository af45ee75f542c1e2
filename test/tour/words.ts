import { readFileSync } from "node:fs";
import { z } from "zod";
import type { MessageKey } from "../../src/extension/ui/i18n.js";

/** Languages that the add-on speaks. */
export type Language = "en" | "ja";

/** Gives a sentence of the add-on, with `parts` put into its places, as a person reads it. */
export type Words = (key: MessageKey, ...parts: readonly string[]) => string;

const fileShape = z.record(z.string(), z.object({ message: z.string() }));

/** The places in a sentence, in the order of their parts. */
const PLACES = ["$FIRST$", "$SECOND$", "$THIRD$"] as const;

/** The add-on's sentences in a language: buttons are pressed and answers waited for by what a person reads. */
export function wordsOf(language: Language): Words {
  const file = new URL(`../../public/_locales/${language}/messages.json`, import.meta.url);
  const messages = fileShape.parse(JSON.parse(readFileSync(file, "utf8")));
  return (key, ...parts) => {
    const sentence = messages[key]?.message;
    if (sentence === undefined) throw new Error(`No sentence ${key} in ${language}`);
    return PLACES.reduce((text, place, index) => text.replaceAll(place, parts[index] ?? place), sentence);
  };
}
