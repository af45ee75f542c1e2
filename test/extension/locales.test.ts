import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorCodes } from "../../src/extension/platform/errors.js";
import { languages, localeOf } from "./fake-host.js";

const english = localeOf("en");
const folder = fileURLToPath(new URL("../../public/_locales", import.meta.url));

test("every language that is there is tested", () => {
  expect(readdirSync(folder).sort()).toEqual([...languages].sort());
});

test.each(languages)("%s says the same things as English", (language) => {
  expect(Object.keys(localeOf(language))).toEqual(Object.keys(english));
  expect(localeOf(language)["lang"]?.message).toBe(language);
});

test.each(languages)("%s puts the same things into each sentence", (language) => {
  const marks = (text: string) => [...new Set(text.match(/\$[A-Z]+\$/g) ?? [])].sort();
  const wrong = Object.entries(english).filter(([key, { message, placeholders = {} }]) => {
    const other = localeOf(language)[key];
    const named = Object.keys(placeholders).map((name) => `$${name.toUpperCase()}$`);
    return (
      JSON.stringify(marks(message)) !== JSON.stringify(marks(other?.message ?? "")) ||
      JSON.stringify(marks(message)) !== JSON.stringify(named.sort())
    );
  });
  expect(wrong).toEqual([]);
});

test.each(languages)("%s: every error has a sentence that ends as one", (language) => {
  const words = localeOf(language);
  const sentence = language === "ja" ? /。$/ : /^[\p{Lu}¿¡].*[.?!]$/su;
  const wrong = errorCodes.filter((code) => {
    const { message } = words[`error_${code.replaceAll("-", "_")}`] ?? { message: "" };
    return !sentence.test(message);
  });
  expect(wrong).toEqual([]);
});

/** What is the same in another language: names, and words that both have. */
const SAME_AT_MOST = 40;

test.each(languages.filter((one) => one !== "en"))(
  "%s is translated, and its buttons stay buttons",
  (language) => {
    const words = localeOf(language);
    const untouched = Object.entries(english).filter(([key, { message }]) => words[key]?.message === message);
    expect(untouched.length).toBeLessThan(SAME_AT_MOST);
    // a page of 390 px has room for twice the English of a short label, and 12 characters
    const long = Object.entries(english).filter(
      ([key, { message }]) =>
        message.length < 25 && (words[key]?.message ?? "").length > 2 * message.length + 12,
    );
    expect(long.map(([key]) => key)).toEqual([]);
  },
);

/** A name behind one of these begins with any letter, and "de Alice" is no French. A date behind "le" or "du" is. */
const ELIDED = /(?<!\p{L})(?:de|que|ne|se|je|me|te|jusque|lorsque|puisque|quoique) \$/iu;

test("French puts no name where a vowel would need an elision", () => {
  expect("Rôle de $FIRST$").toMatch(ELIDED);
  const wrong = Object.entries(localeOf("fr")).filter(([, { message }]) => ELIDED.test(message));
  expect(wrong).toEqual([]);
});

test("French has no-break spaces inside quotation marks and before colons and the like", () => {
  const wrong = Object.entries(localeOf("fr")).filter(([, { message }]) => / [:;?!»]|« /u.test(message));
  expect(wrong).toEqual([]);
});

test("Spanish puts no name behind “y” or “o”, which change before some vowels", () => {
  const wrong = Object.entries(localeOf("es")).filter(([, { message }]) =>
    /(?<!\p{L})[yo] \$/iu.test(message),
  );
  expect(wrong).toEqual([]);
});

test("no sentence is kept that nothing says", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const sources = readdirSync(`${root}/src/extension`, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => readFileSync(`${root}/src/extension/${path}`, "utf8"));
  const text = [readFileSync(`${root}/manifest.json`, "utf8"), ...sources].join("\n");
  const unused = Object.keys(english).filter(
    (key) => !text.includes(`"${key}"`) && !text.includes(`__MSG_${key}__`),
  );
  expect(unused).toEqual([]);
});
