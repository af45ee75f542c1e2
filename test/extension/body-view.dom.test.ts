/** What stands where in an opened mail; how it looks in a real Thunderbird is in test/e2e/real-life-mails.test.ts. */
import { bodyView, hasFormat } from "../../src/extension/reading/display/body-view.js";
import { mailWords } from "../../src/extension/reading/display/mail-body.js";
import { plainFontIn } from "../../src/extension/reading/display/plain-font.js";
import { textOfHtml } from "../../src/extension/reading/display/text-of-html.js";
import type { MailActions, MailInside, ViewPiece } from "../../src/extension/reading/view.js";

const saved: number[] = [];
const nothing = async () => undefined;
const acts: MailActions = {
  ...{ openElsewhere: null, showSaved: null, join: null, unlock: null, reply: null, replyAlone: null },
  ...{
    saveAll: nothing,
    saveMail: nothing,
    compare: nothing,
    askDelivery: nothing,
    settings: nothing,
    showAs: nothing,
  },
  save: async (number) => void saved.push(number),
  preview: async (number) => ({ address: `data:image/png;base64,${number}` }),
};

const html = (source: string): ViewPiece => ({ kind: "words", text: null, html: source, inline: {} });
const inside = (change: Partial<MailInside>): ViewPiece => ({
  kind: "mail",
  mail: { from: [], to: [], subject: "", date: null, pieces: [], files: [], ...change },
});

function shown(pieces: readonly ViewPiece[], style: "formatted" | "plain" = "formatted"): HTMLElement {
  const place = document.createElement("div");
  place.append(...bodyView(pieces, { style, words: mailWords, acts }));
  return place;
}

test("a file that its writer put into the text is open, another is opened by a click; neither is HTML", () => {
  const file = (fold: "open" | "folded"): ViewPiece => ({
    kind: "text-file",
    name: "a.patch",
    text: "> <b>\n see a@b.test",
    fold,
  });
  const [open, folded] = shown([file("open"), file("folded")]).querySelectorAll("details");
  expect([open?.open, folded?.open]).toEqual([true, false]);
  expect(open?.querySelector(".text.file")?.textContent).toBe("> <b>\n see a@b.test");
  expect(open?.querySelector("a")?.getAttribute("href")).toBe("mailto:a@b.test");
});

test("of a mail within the mail it is said that nobody has checked it, and its names can't say more", () => {
  const place = shown([
    inside({
      from: [{ name: "Olive · owner of the list", address: "eve@b.test" }],
      pieces: [html("<p>hello")],
    }),
  ]);
  expect(place.querySelector(".mail > .remote")?.textContent).toContain("has not been checked");
  expect(place.querySelector("dd")?.textContent).toBe("Olive owner of the list <eve@b.test>");
  expect(place.querySelector(".mail p:not(.remote)")?.textContent).toBe("hello");
});

test("the files of a mail within the mail are saved one by one, and have pictures looked at", async () => {
  const place = shown([
    inside({
      files: [
        { number: 7, name: "notes.pdf", type: "application/pdf", size: 2_000 },
        { number: 8, name: "", type: "image/png", size: 900 },
      ],
    }),
  ]);
  const [notes, picture] = place.querySelectorAll<HTMLElement>(".inside .files li");
  expect(notes?.textContent).toContain("notes.pdf");
  // "Save all" is of the mail itself
  expect(place.querySelector(".all")).toBeNull();
  for (const line of [notes, picture]) line?.querySelector<HTMLElement>("[data-attachment]")?.click();
  picture?.querySelector<HTMLElement>("[aria-expanded]")?.click();
  await new Promise((resolve) => setTimeout(resolve));
  expect(saved).toEqual([7, 8]);
  expect(place.querySelector(".preview img")?.getAttribute("src")).toBe("data:image/png;base64,8");
});

test("in plain words HTML is text, also within a mail within the mail", () => {
  const pieces = [html("<p>one<p>two"), inside({ pieces: [html("<table><tr><td>1.5<td>2.5</table>")] })];
  expect([hasFormat(pieces), hasFormat([{ kind: "words", text: "x", html: null, inline: {} }])]).toEqual([
    true,
    false,
  ]);
  const place = shown(pieces, "plain");
  expect([...place.querySelectorAll(".text")].map((text) => text.textContent)).toEqual([
    "one\n\ntwo",
    "1.5 \t2.5",
  ]);
  expect(place.querySelector("table")).toBeNull();
});

test.each([
  ["<div>a</div><div>b<br>c</div>", "a\nb\nc"],
  ["<p>a</p><blockquote><p>b</p></blockquote>", "a\n\nb"],
  ["<ul><li>a<li>b</ul><pre>x\n  y</pre>", "a\nb\n\nx\n  y"],
  ["a <b>b</b>\n c<style>d</style><script>e</script><img alt=f>", "a b c"],
])("%s in plain words", (source, text) => {
  expect(textOfHtml(source)).toBe(text);
});

test("the font of plain text is seen in what Thunderbird made of one", () => {
  const page = (source: string) => new DOMParser().parseFromString(source, "text/html");
  expect(
    [
      '<div class="moz-text-plain" style="font-family: -moz-fixed; font-size: 12px;">',
      '<div class="moz-text-flowed" style="font-size: 16px;">',
      '<div class="moz-text-html">',
    ].map((source) => plainFontIn(page(source))),
  ).toEqual(["fixed", "variable", "unseen"]);
});
