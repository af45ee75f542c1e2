import { readFileSync } from "node:fs";
import { z } from "zod";
import type { MessageKey } from "../../src/extension/ui/i18n.js";

/** Languages that the add-on speaks. */
export type Language = "en" | "ja" | "de" | "fr" | "es";

/** Gives a sentence of the add-on, with `parts` put into its places, as a person reads it. */
export type Words = (key: MessageKey, ...parts: readonly string[]) => string;

const fileShape = z.record(z.string(), z.object({ message: z.string() }));

/** The places in a sentence, in the order of their parts. */
const PLACES = ["$FIRST$", "$SECOND$", "$THIRD$"] as const;

function messagesOf(language: Language): z.infer<typeof fileShape> {
  const file = new URL(`../../public/_locales/${language}/messages.json`, import.meta.url);
  return fileShape.parse(JSON.parse(readFileSync(file, "utf8")));
}

/** The add-on's sentences in a language: buttons are pressed and answers waited for by what a person reads. */
export function wordsOf(language: Language): Words {
  const messages = messagesOf(language);
  return (key, ...parts) => {
    const sentence = messages[key]?.message;
    if (sentence === undefined) throw new Error(`No sentence ${key} in ${language}`);
    return PLACES.reduce((text, place, index) => text.replaceAll(place, parts[index] ?? place), sentence);
  };
}

/** Fewer letters than this beside the places of a sentence say nothing of its language. */
const LEAST_LETTERS = 3;

/**
 * Which of some texts, as they are seen on a page, are sentences of the English catalogue that another language says otherwise: what
 * was left in English there.
 */
export function englishAmong(texts: readonly string[], language: Language): readonly string[] {
  const [english, other] = [messagesOf("en"), messagesOf(language)];
  const own = new Set(Object.values(other).map(({ message }) => message.trim()));
  const patterns = Object.entries(english)
    .filter(([key, { message }]) => other[key]?.message !== message && !own.has(message.trim()))
    .map(([, { message }]) => message.trim())
    .filter((message) => message.replace(/\$[A-Z]+\$|\P{L}/gu, "").length >= LEAST_LETTERS)
    .map((message) =>
      message
        .split(/\$[A-Z]+\$/)
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join(".+"),
    )
    .map((source) => new RegExp(`^${source}$`, "su"));
  return texts.filter((text) => !own.has(text) && patterns.some((pattern) => pattern.test(text)));
}
