import { answerView } from "../../src/extension/reading/display/answer-view.js";
import {
  HTML_LIMIT,
  LINE_LIMIT,
  shownOf,
  TAG_LIMIT,
  TEXT_LIMIT,
} from "../../src/extension/reading/display/limits.js";
import type { MailActions, OpenedView } from "../../src/extension/reading/view.js";
import { openedView as view } from "./opened-view.js";

test("an ordinary mail is shown as it is", () => {
  for (const each of [
    view,
    { ...view, text: "a\n".repeat(1_000) },
    { ...view, html: "<p>x</p>".repeat(1_000) },
  ])
    expect(shownOf(each)).toEqual({ view: each, leftOut: "nothing" });
});

test("of a long text the beginning is shown", () => {
  const long = shownOf({ ...view, text: "x".repeat(TEXT_LIMIT + 1) });
  expect(long.leftOut).toBe("end");
  expect(long.view.text).toHaveLength(TEXT_LIMIT);
  const lines = shownOf({ ...view, text: "> x\ny\n".repeat(LINE_LIMIT) });
  expect(lines.leftOut).toBe("end");
  expect(lines.view.text?.split("\n")).toHaveLength(LINE_LIMIT);
});

test.each([
  ["10 MB of tags", "<p>x".repeat(2_500_000)],
  ["a tag too many", "<b>".repeat(TAG_LIMIT + 1)],
  ["a character too many", "x".repeat(HTML_LIMIT + 1)],
])("of %s the text is shown instead", (_, html) => {
  const shown = shownOf({ ...view, html, text: "the text" });
  expect(shown).toMatchObject({ leftOut: "html", view: { html: null, text: "the text" } });
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
      join: nothing,
      unlock: null,
      settings: nothing,
      reply: null,
    },
  };
  const made: OpenedView[] = [];
  const body = (shown: OpenedView) => {
    made.push(shown);
    return [document.createTextNode(shown.html ?? shown.text ?? "")];
  };
  const page = document.createElement("div");
  const html = "<p>x".repeat(2_500_000);
  page.append(...answerView({ ...view, html, text: "the text" }, { acts, body, again: () => undefined }));
  expect(made.map(({ html: given }) => given)).toEqual([null]);
  expect(page.textContent).toContain("the text");
  expect(page.textContent).toContain("too large to be shown");
  expect([...page.querySelectorAll(".remote button")].map(({ textContent }) => textContent)).toHaveLength(1);
  // without the bound the body is what somebody sent
  body({ ...view, html });
  expect(made.at(-1)?.html).toHaveLength(html.length);
});
