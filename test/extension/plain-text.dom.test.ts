import { plainTextBody } from "../../src/extension/reading/display/plain-text.js";

function shown(text: string): string {
  const holder = document.createElement("div");
  holder.append(plainTextBody(text, document));
  return holder.innerHTML;
}
const block = (text: string, name = "text") => `<div class="${name}" dir="auto">${text}</div>`;

const inQuote = (text: string) => `<div class="text">${text}</div>`;

test("text is text", () => {
  expect(shown("<b>x</b> & y")).toBe(block("&lt;b&gt;x&lt;/b&gt; &amp; y"));
});

test("links can be clicked, without the full stop behind them", () => {
  expect(shown("see https://example.test/a?b=1.")).toContain(
    `<a href="https://example.test/a?b=1" rel="noopener noreferrer">https://example.test/a?b=1</a>.`,
  );
  expect(shown("javascript:alert(1)")).not.toContain("<a");
});

test("quotes are shown by their depth", () => {
  expect(shown("a\n> b\n>> c\nd")).toBe(
    `${block("a")}<blockquote type="cite" dir="auto">${inQuote("b")}<blockquote type="cite">${inQuote("c")}</blockquote></blockquote>${block("d")}`,
  );
});

test("ten thousand quote marks make few elements", () => {
  const holder = document.createElement("div");
  holder.append(plainTextBody(`${">".repeat(10_000)} x`, document));
  expect(holder.querySelectorAll("*").length).toBeLessThan(20);
});

test("the signature stands apart", () => {
  expect(shown("hello\n-- \nAlice")).toBe(`${block("hello")}${block("-- \nAlice", "text signature")}`);
});
