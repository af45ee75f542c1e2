import type { OpenedMail } from "../../src/extension/reading/opening.js";
import type { OpenedView } from "../../src/extension/reading/view.js";
import { subjectOf } from "../../src/extension/writing/quoted-text.js";
import {
  madeOfTheLatest,
  quoteInHtml,
  quoteInText,
  withoutQuoteInHtml,
  withoutQuoteInText,
} from "../../src/extension/writing/window/quote.js";

const view: OpenedView = {
  kind: "opened",
  list: { name: "Team", address: "team@lists.example", fingerprint: "ab".repeat(20) },
  subject: "予算",
  author: {
    name: "Alice",
    address: "alice@example.test",
    fingerprint: "cd".repeat(20),
    standing: "introduced",
  },
  to: [],
  cc: [],
  date: "2026-01-01T00:00:00.000Z",
  signedAt: "2026-01-01T00:00:00.000Z",
  text: "words",
  html: `<p>words<script>alert(1)</script><img src="http://leak.test/x"></p>`,
  inline: {},
  attachments: [],
  passage: { via: "own-copy" },
  ownKeyEnds: null,
  underOldKey: false,
  shell: "own",
};
const opened = (change: Partial<OpenedView> = {}): Pick<OpenedMail, "view"> => ({
  view: { ...view, ...change },
});
const reply = `<html><body><div class="moz-cite-prefix">Alice wrote:<br></div><blockquote type="cite">This message is encrypted</blockquote><p>mine</p></body></html>`;

test("an answer quotes the opened text in place of the notice, cleaned", () => {
  const html = quoteInHtml(reply, opened(), "reply");
  expect(html).toContain(
    `Alice wrote:<br></div><blockquote type="cite"><p>words</p></blockquote><p>mine</p>`,
  );
  expect(html).not.toMatch(/This message is encrypted|alert|leak/);
});

test("where Thunderbird quoted nothing, the quote is added", () => {
  expect(quoteInHtml("<body><p>mine</p></body>", opened(), "reply")).toContain(
    `<p>mine</p><blockquote type="cite"><p>words</p></blockquote>`,
  );
});

test("a new quote stands under the words about it and above the signature", () => {
  const prefix = `<div class="moz-cite-prefix">Alice wrote:<br></div>`;
  const signature = `<div class="moz-signature">-- <br>me</div>`;
  const quote = `<blockquote type="cite"><p>words</p></blockquote>`;
  expect(quoteInHtml(`<body>${prefix}<br>${signature}</body>`, opened(), "reply")).toContain(
    `${prefix}${quote}<br>${signature}`,
  );
  expect(quoteInHtml(`<body><br>${signature}</body>`, opened(), "reply")).toContain(`${quote}${signature}`);
  expect(quoteInText("Alice wrote:\n-- \nme\n", "one", "reply")).toBe("Alice wrote:\n> one\n\n-- \nme\n");
});

test("plain text is quoted as text", () => {
  expect(quoteInHtml(reply, opened({ html: null, text: "a < b" }), "reply")).toContain("a &lt; b");
});

test("a forward keeps its table, with the true subject", () => {
  const body = `<body><div class="moz-forward-container"><br>---- Forwarded ----<table class="moz-email-headers-table"><tbody><tr><th>Subject:</th><td>[team] encrypted message</td></tr></tbody></table><pre>This message is encrypted</pre></div></body>`;
  const html = quoteInHtml(body, opened(), "forward");
  expect(html).toContain("<td>予算</td>");
  expect(html).toContain("<p>words</p>");
  expect(html).not.toContain("This message is encrypted");
});

test("a plain-text composer", () => {
  const body = "Alice wrote:\n> This message is encrypted\n> for a list\n\nmine\n";
  expect(quoteInText(body, "one\n\n> two\n", "reply")).toBe("Alice wrote:\n> one\n>\n>> two\n\nmine\n");
  expect(quoteInText("Alice wrote:", "one", "reply")).toBe("Alice wrote:\n> one\n");
});

test.each([
  ["reply", "予算", "Re: 予算"],
  ["reply", "RE: 予算", "RE: 予算"],
  ["forward", "予算", "Fwd: 予算"],
  ["forward", "Fw: 予算", "Fw: 予算"],
  ["forward", "Re: 予算", "Fwd: Re: 予算"],
] as const)("%s of %j is %j", (kind, subject, result) => {
  expect(subjectOf(kind, subject)).toBe(result);
});

test("what is typed while the quote is made stays: it is made anew of what stands there then", async () => {
  let typed = "";
  const asked: string[] = [];
  const { text } = await madeOfTheLatest(
    async () => ({ body: typed }),
    ({ body = "" }) => {
      asked.push(body);
      // the first two times, the person goes on writing meanwhile
      if (asked.length < 3) typed += "a word ";
      return { body: `${body}> quote` };
    },
  );
  expect(text).toEqual({ body: "a word a word > quote" });
  expect(asked).toEqual(["", "a word ", "a word a word "]);
});

test("somebody who never stops writing gets the quote all the same", async () => {
  let typed = 0;
  const { details } = await madeOfTheLatest(
    async () => ({ body: String(typed++) }),
    ({ body = "" }) => ({ body }),
  );
  expect(Number(details.body)).toBeLessThan(10);
});

test("of what Thunderbird has quoted, nothing stays", () => {
  const two = `<body><p>mine</p><blockquote type="cite">one</blockquote>between<blockquote type="cite"><blockquote type="cite">two</blockquote></blockquote></body>`;
  const html = quoteInHtml(two, opened(), "reply");
  expect(html).toContain("words");
  expect(html).not.toMatch(/one|two/);
  expect(withoutQuoteInHtml(two)).toContain("<p>mine</p>between</body>");
  const text = "Eve wrote:\n> one\n> \n>> two\n\nmine\n> three\n-- \nme\n";
  expect(withoutQuoteInText(text)).toBe("Eve wrote:\n\nmine\n-- \nme\n");
});
