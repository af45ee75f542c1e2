import { cleanHtml, hasOwnBackground } from "../../src/extension/reading/display/clean-html.js";

/** jsdom proves the list of what stays, not what a browser would load: that is tried in Thunderbird. */
function cleaned(html: string, inline: Record<string, string> = {}): string {
  const { fragment } = cleanHtml(html, inline);
  const holder = document.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
}

const remote = "http://leak.test/x";

test.each([
  ["script", `<script>alert(1)</script>`],
  ["event handler", `<p onclick="alert(1)">x</p>`],
  ["image", `<img src="${remote}">`],
  ["protocol-relative image", `<img src="//leak.test/x">`],
  ["srcset", `<img srcset="${remote} 1x">`],
  ["picture", `<picture><source srcset="${remote}"><img></picture>`],
  ["background attribute", `<table background="${remote}"><tr><td>x</td></tr></table>`],
  ["style url", `<p style="background:url(${remote})">x</p>`],
  ["style url with escapes", `<p style="background-image:\\75rl(${remote})">x</p>`],
  ["style image-set", `<p style="background-image:image-set('${remote}' 1x)">x</p>`],
  ["list style image", `<ul style="list-style-image:url(${remote})"><li>x</li></ul>`],
  ["style element", `<style>@import "${remote}";</style>`],
  ["link", `<link rel="stylesheet" href="${remote}">`],
  ["iframe", `<iframe src="${remote}"></iframe>`],
  ["object", `<object data="${remote}"></object>`],
  ["svg", `<svg><image href="${remote}"/></svg>`],
  ["video", `<video poster="${remote}" src="${remote}"></video>`],
  ["audio", `<audio src="${remote}"></audio>`],
  ["input image", `<input type="image" src="${remote}">`],
  ["form", `<form action="${remote}"><button>x</button></form>`],
  ["base", `<base href="${remote}">`],
  ["meta refresh", `<meta http-equiv="refresh" content="0;url=${remote}">`],
  ["ping", `<a ping="${remote}" href="mailto:a@b.test">x</a>`],
  ["cite", `<blockquote cite="${remote}">x</blockquote>`],
  ["math", `<math><maction actiontype="statusline" href="${remote}">x</maction></math>`],
  ["javascript link", `<a href="javascript:leak.test()">x</a>`],
  ["data link", `<a href="data:text/html,leak.test">x</a>`],
  ["svg as image data", `<img src="data:image/svg+xml;base64,leak.test">`],
])("%s leaves nothing that could load or run", (_, html) => {
  expect(cleaned(html)).not.toMatch(/leak\.test|alert|script|onclick/i);
});

test.each([
  ["fixed", "position:fixed;top:0"],
  ["absolute", "position:absolute"],
  ["negative margin", "margin-top:-50px"],
  ["transform", "transform:translateY(-50px)"],
  ["z-index", "z-index:9"],
  ["content", "content:'Sealed for Team'"],
])("a style can't move text over our own line: %s", (_, style) => {
  expect(cleaned(`<p style="${style};color:red">x</p>`)).toBe(`<p style="color: red">x</p>`);
});

test.each([
  "height:110vh",
  "max-height:100vmax",
  "width:120vw",
  "height:100dvb",
  "padding-top:calc(1px)",
  "font-size:3svh",
])("a length by the size of the pane would grow a frame that is as tall as its text: %s", (style) => {
  const unclean = document.createElement("p");
  unclean.setAttribute("style", `${style};color:red`);
  expect(cleaned(unclean.outerHTML)).toBe(`<p style="color: red">x</p>`.replace("x", ""));
});

test("names that would stand for our own variables are gone", () => {
  expect(cleaned(`<p id="listseal-view" class="state good">x</p><a name="ask">y</a>`)).toBe(
    "<p>x</p><a>y</a>",
  );
});

test("letters stay letters: text, tables, links, colours", () => {
  const html = `<h1>T</h1><table border="1"><tbody><tr><td style="color: red">1</td></tr></tbody></table>`;
  expect(cleaned(html)).toBe(html);
  expect(cleaned(`<a href="https://example.test/">x</a>`)).toBe(
    `<a href="https://example.test/" rel="noopener noreferrer">x</a>`,
  );
});

test.each([
  "file:///etc/passwd",
  "imap://mail.test/INBOX",
  "chrome://messenger/",
  "about:config",
  "/relative",
])("a link to %s leads nowhere", (address) => {
  expect(cleaned(`<a href="${address}">x</a>`)).toBe("<a>x</a>");
});

test("the letter's own images are shown, and only those", () => {
  const data = "data:image/png;base64,AAAA";
  expect(cleaned(`<img src="cid:a@b">`, { "a@b": data })).toBe(`<img src="${data}" alt="">`);
  expect(cleaned(`<img src="cid:other">`, { "a@b": data })).toBe("");
  expect(cleaned(`<img src="cid:constructor">`, {})).toBe("");
  expect(cleaned(`<img src="${data}" alt="a hill">`)).toBe(`<img src="${data}" alt="a hill">`);
});

test("remote images are counted", () => {
  expect(cleanHtml(`<img src="${remote}"><img src="//x.test/y"><img src="cid:z">`, {}).remoteImages).toBe(2);
  const { fragment, remoteImages } = cleanHtml(`<img srcset="${remote} 2x"><img srcset="${remote}">`, {});
  expect([remoteImages, fragment.childElementCount]).toEqual([2, 0]);
});

test("white paper is for a background that the writer chose, and not for colours of words and lines", () => {
  const onPaper = (html: string) => hasOwnBackground(cleanHtml(html, {}).fragment);
  expect(onPaper(`<p style="color:navy">x</p>`)).toBe(false);
  expect(onPaper(`<p style="border-left: 1px solid #ccc"><font color="red">x</font></p>`)).toBe(false);
  expect(onPaper(`<p style="background-color: transparent">x</p>`)).toBe(false);
  expect(onPaper(`<p style="background-color: #fff">x</p>`)).toBe(true);
  expect(onPaper(`<table bgcolor="#eee"><tbody><tr><td>x</td></tr></tbody></table>`)).toBe(true);
  expect(onPaper(`<p style="font-weight:bold">x</p>`)).toBe(false);
});

test("a document with frames instead of a body is shown without them, and stops nothing", () => {
  expect(cleaned(`<frameset><frame src="${remote}"></frameset>`)).toBe("");
  expect(cleaned(`<html><head></head><frameset></frameset><p>x</p></html>`)).toBe("<p>x</p>");
});
