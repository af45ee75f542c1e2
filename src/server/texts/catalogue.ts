import { english } from "./english.js";
import { french } from "./french.js";
import { german } from "./german.js";
import { japanese } from "./japanese.js";
import type { Language } from "./language.js";
import type { ServerTexts } from "./server-texts.js";
import { spanish } from "./spanish.js";

const texts: Readonly<Record<Language, ServerTexts>> = {
  en: english,
  ja: japanese,
  de: german,
  fr: french,
  es: spanish,
};

/** What the server says in a language. */
export const textsIn = (language: Language): ServerTexts => texts[language];
