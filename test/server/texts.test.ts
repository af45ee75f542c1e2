/** What the server writes to people, in every language: complete, with the same facts, and in the words of the add-on. */
import { describe, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { writeField } from "../../src/mail/mime.js";
import { languageIn } from "../../src/server/admin/import/source.js";
import { textsIn } from "../../src/server/texts/catalogue.js";
import { type Language, languages } from "../../src/server/texts/language.js";
import { plainText, wrapped } from "../../src/server/texts/plain-text.js";
import type { MailText, PageText, ServerTexts } from "../../src/server/texts/server-texts.js";
import { localeOf } from "../extension/fake-host.js";

const list = "team@lists.test";

/** Every text, by a name for it; made with values that can be found in it. */
function everyText(texts: ServerTexts): ReadonlyMap<string, string> {
  const mail = ({ subject, paragraphs }: MailText) => [subject, ...paragraphs].join("\n");
  const page = ({ title, paragraphs }: PageText) => [title, ...paragraphs].join("\n");
  const { question, button, left, lastOwner, unknown } = texts.leaving;
  return new Map([
    ...Object.entries(texts.refusals),
    ["other refusal", texts.otherRefusal],
    ["refused post", mail(texts.refusedPost(list, "[reason]", "2026-11-30 10:00"))],
    ["former key", mail({ subject: "", ...texts.formerKey(list) })],
    ["no usable key", mail(texts.noUsableKey(list))],
    ["copies paused", mail(texts.copiesPaused(list))],
    ["member without key", mail(texts.memberWithoutKey(list, "4711"))],
    ["member paused", mail(texts.membersPaused(list, 1, "4711", false))],
    ["members paused", mail(texts.membersPaused(list, 31, "4711, 4712", false))],
    ["more members paused", mail(texts.membersPaused(list, 31, "4711, 4712", true))],
    ["many bounced", mail(texts.manyBounced(list))],
    ["member left", mail(texts.memberLeft(list, "4711"))],
    ["server card", mail(texts.serverCard("[name]", list, "2026-11-30"))],
    ["question", page(question)],
    ["button", button],
    ["left", page(left)],
    ["last owner", page(lastOwner)],
    ["unknown link", page(unknown)],
    ["refused", page(texts.refused)],
  ]);
}

const english = everyText(textsIn("en"));
const others = languages.filter((language) => language !== "en");

/** What a text must have from English as it is: values, commands, options and names of programs. */
const factsIn = (text: string) =>
  [
    ...text.matchAll(
      /team@lists\.test|\[\w+\]|2026-11-30(?: 10:00)?|UTC|4711(?:, 4712)?|\b31\b|`[^`]+`|ListSeal|GnuPG|Thunderbird/g,
    ),
  ].map(([fact]) => fact);

describe.each(others)("%s", (language) => {
  const texts = everyText(textsIn(language));

  test.each([...english.keys()])("%s: the same facts as in English, in other words", (name) => {
    const text = texts.get(name) ?? "";
    expect(text.trim()).not.toBe("");
    expect([...new Set(factsIn(text))].sort()).toEqual([...new Set(factsIn(english.get(name) ?? ""))].sort());
    for (const paragraph of text.split("\n").filter((one) => !/^[[\]\w]*$/.test(one))) {
      expect((english.get(name) ?? "").split("\n")).not.toContain(paragraph);
    }
  });

  test("what is to be clicked is named as the add-on names it", () => {
    const messages = localeOf(language);
    const said = (key: string) => messages[key]?.message ?? "";
    const card = texts.get("server card") ?? "";
    for (const key of ["options_members", "found_open", "found_claim"]) expect(card).toContain(said(key));
    expect(texts.get("refused")).toContain(said("compose_button"));
  });

  test("another count is another number, and more members are said to be more", () => {
    expect(texts.get("member paused")).not.toBe(texts.get("members paused"));
    expect(texts.get("more members paused")).not.toBe(texts.get("members paused"));
  });
});

test("also in English what is to be clicked is named as the add-on names it", () => {
  const messages = localeOf("en");
  for (const key of ["options_members", "found_open", "found_claim"])
    expect(english.get("server card")).toContain(messages[key]?.message ?? "");
  expect(english.get("refused")).toContain(messages["compose_button"]?.message ?? "");
});

test("French has no-break spaces inside quotation marks and before colons and the like", () => {
  const wrong = [...everyText(textsIn("fr")).values()].filter((text) => / [:;?!»]|« /u.test(text));
  expect(wrong).toEqual([]);
});

test.each(languages)("%s: no text has what HTML would read as markup", (language) => {
  // what a list's name has is in mails alone
  const { question, button, left, lastOwner, unknown } = textsIn(language).leaving;
  const pages = [question, left, lastOwner, unknown, textsIn(language).refused];
  const shown = pages.flatMap(({ title, paragraphs }) => [title, ...paragraphs]).concat(button);
  expect(shown.filter((text) => /[<>&]/.test(text))).toEqual([]);
});

const columns = (line: string) =>
  [...line].reduce((sum, one) => sum + (/[\u2e80-\uffe6]/u.test(one) ? 2 : 1), 0);

test.each(languages)(
  "%s: lines of at most 72 columns, from which the paragraphs can be told again",
  (language) => {
    const { paragraphs } = textsIn(language).noUsableKey(list);
    const text = plainText(paragraphs);
    for (const line of text.split("\n")) {
      expect(columns(line)).toBeLessThanOrEqual(72);
      expect(line).toBe(line.trimEnd());
      expect(line).not.toMatch(/^[、。）」]/u);
    }
    const joined = (one: string) => one.replace(/\s/g, "");
    expect(text.split("\n\n").map(joined)).toEqual(paragraphs.map(joined));
    expect(text.split("\n\n")[1]?.split("\n").length).toBeGreaterThan(2);
  },
);

test("a word that is longer than a line is not broken", () => {
  const link = `https://lists.test/${"x".repeat(90)}`;
  expect(wrapped(`See ${link} now.`)).toBe(`See\n${link}\nnow.`);
});

test.each(languages)(
  "%s: Subjects are ASCII on the wire, in short lines, and read back as they were",
  async (language: Language) => {
    const texts = textsIn(language);
    for (const { subject } of [
      texts.refusedPost(list, "", ""),
      texts.noUsableKey(list),
      texts.copiesPaused(list),
      texts.memberWithoutKey(list, "1"),
      texts.membersPaused(list, 31, "1", true),
      texts.manyBounced(list),
      texts.memberLeft(list, "1"),
      texts.serverCard("Team", list, ""),
    ]) {
      const field = writeField(["Subject", `[team] ${subject}`]);
      expect(field).toMatch(/^[\x20-\x7e\r\n]+$/);
      // RFC 2047, 2
      for (const line of field.split("\r\n")) expect(line.length).toBeLessThanOrEqual(76);
      expect((await PostalMime.parse(`${field}\r\n`)).subject).toBe(`[team] ${subject}`);
    }
  },
);

test.each([
  ["ja", "ja"],
  ["de_AT", "de"],
  ["FR", "fr"],
  ["es-419", "es"],
  ["pt_BR", undefined],
  ["", undefined],
  [undefined, undefined],
])("another list software's %p is our %p", (tag, language) => {
  expect(languageIn(tag)).toBe(language);
});
