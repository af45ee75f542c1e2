import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errorCodes } from "../../src/extension/platform/errors.js";
import { localeOf } from "./fake-host.js";

const english = localeOf("en");
const japanese = localeOf("ja");

test("both languages say the same things", () => {
  expect(Object.keys(japanese)).toEqual(Object.keys(english));
});

test("both put the same things into each sentence", () => {
  const marks = (text: string) => [...new Set(text.match(/\$[A-Z]+\$/g) ?? [])].sort();
  const wrong = Object.entries(english).filter(([key, { message, placeholders = {} }]) => {
    const other = japanese[key];
    const named = Object.keys(placeholders).map((name) => `$${name.toUpperCase()}$`);
    return (
      JSON.stringify(marks(message)) !== JSON.stringify(marks(other?.message ?? "")) ||
      JSON.stringify(marks(message)) !== JSON.stringify(named.sort())
    );
  });
  expect(wrong).toEqual([]);
});

test.each(errorCodes)("%s has a sentence that ends as one in both languages", (code) => {
  const key = `error_${code.replaceAll("-", "_")}`;
  expect(english[key]?.message).toMatch(/^[A-Z].*\.$/);
  expect(japanese[key]?.message).toMatch(/。$/);
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
