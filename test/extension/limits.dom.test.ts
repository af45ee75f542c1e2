import { answerView } from "../../src/extension/reading/display/answer-view.js";
import {
  HTML_LIMIT,
  LINE_LIMIT,
  shownOf,
  TAG_LIMIT,
  TEXT_LIMIT,
} from "../../src/extension/reading/display/limits.js";
import type { MailActions, ViewPiece, WordsView } from "../../src/extension/reading/view.js";
import { openedView as view } from "./opened-view.js";

const words = (change: Partial<WordsView>): readonly ViewPiece[] => [
  { kind: "words", text: "", html: null, inline: {}, ...change },
];
const textsOf = (pieces: readonly ViewPiece[]): readonly string[] =>
  pieces.flatMap((piece) => ("text" in piece && piece.text !== null ? [piece.text] : []));

test("an ordinary mail is shown as it is", () => {
  for (const each of [
    words({}),
    words({ text: "a\n".repeat(1_000) }),
    words({ html: "<p>x</p>".repeat(1_000) }),
  ])
    expect(shownOf(each)).toEqual({ pieces: each, leftOut: "nothing" });
});

test("of a long text the beginning is shown", () => {
  const long = shownOf(words({ text: "x".repeat(TEXT_LIMIT + 1) }));
  expect(long.leftOut).toBe("end");
  expect(textsOf(long.pieces)[0]).toHaveLength(TEXT_LIMIT);
  const lines = shownOf(words({ text: "> x\ny\n".repeat(LINE_LIMIT) }));
  expect(lines.leftOut).toBe("end");
  expect(textsOf(lines.pieces)[0]?.split("\n")).toHaveLength(LINE_LIMIT);
});

test("the limits are for a mail with all that is in it", () => {
  const many = [...words({ text: "y\n".repeat(LINE_LIMIT - 1) }), ...words({ text: "a\nb\nc" })];
  expect(textsOf(shownOf(many).pieces)[1]).toBe("");
  const tags = "<b>".repeat(TAG_LIMIT / 2 + 1);
  const inside: ViewPiece = {
    kind: "mail",
    mail: { from: [], to: [], subject: "", date: null, files: [], pieces: words({ html: tags, text: "t" }) },
  };
  const shown = shownOf([...words({ html: tags }), inside]);
  expect(shown.leftOut).toBe("html");
  expect(shown.pieces[1]).toMatchObject({ mail: { pieces: [{ html: null, text: "t" }] } });
});

test.each([
  ["10 MB of tags", "<p>x".repeat(2_500_000)],
  ["a tag too many", "<b>".repeat(TAG_LIMIT + 1)],
  ["a character too many", "x".repeat(HTML_LIMIT + 1)],
])("of %s the text is shown instead", (_, html) => {
  const shown = shownOf(words({ html, text: "the text" }));
  expect(shown).toMatchObject({ leftOut: "html", pieces: [{ html: null, text: "the text" }] });
});

test("a mail of too much HTML is not made into elements; its text is shown, and saving is offered", () => {
  const nothing = async () => undefined;
  const acts: MailActions = {
    ...{
      openElsewhere: async () => view,
      save: nothing,
      showSaved: null,
      saveAll: nothing,
      saveMail: nothing,
    },
    ...{
      preview: async () => ({ address: "" }),
      compare: nothing,
      askDelivery: nothing,
      replyAlone: null,
      join: nothing,
      unlock: null,
      settings: nothing,
      showAs: nothing,
      reply: null,
    },
  };
  const made: WordsView[] = [];
  const wordsOf = (shown: WordsView) => {
    made.push(shown);
    return [document.createTextNode(shown.html ?? shown.text ?? "")];
  };
  const page = document.createElement("div");
  const html = "<p>x".repeat(2_500_000);
  page.append(
    ...answerView({ ...view, html, text: "the text" }, { acts, words: wordsOf, again: () => undefined }),
  );
  expect(made.map(({ html: given }) => given)).toEqual([null]);
  expect(page.textContent).toContain("the text");
  expect(page.textContent).toContain("too large to be shown");
  expect([...page.querySelectorAll(".remote button")].map(({ textContent }) => textContent)).toHaveLength(1);
  // without the bound the body is what somebody sent
  wordsOf({ ...view, html });
  expect(made.at(-1)?.html).toHaveLength(html.length);
});
