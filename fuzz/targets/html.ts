/** The HTML and the text of opened letters, in a document (jsdom). */
import { JSDOM } from "jsdom";
import type { CleanHtml } from "../../src/extension/reading/display/clean-html.js";
import { promise, type Target } from "../target.js";

const { window } = new JSDOM("<!doctype html><html><head></head><body></body></html>");
// before DOMPurify looks for its document
for (const name of ["window", "document", "Node", "Element", "HTMLElement", "DocumentFragment"] as const)
  Object.defineProperty(globalThis, name, {
    value: name === "window" ? window : window[name],
    configurable: true,
  });
const { cleanHtml } = await import("../../src/extension/reading/display/clean-html.js");
const { plainTextBody } = await import("../../src/extension/reading/display/plain-text.js");

/** What loads, runs, asks, or leaves its place. Not the list of clean-html.ts, which is one of what may stay. */
const forbidden =
  /^(?:script|style|link|meta|base|iframe|frame|frameset|object|embed|applet|form|input|button|select|textarea|svg|math|template|slot|video|audio|source|track|canvas|map|area|portal|noscript|title|body|html|head|dialog|marquee|xmp|plaintext)$/;
const allowedStyle = /^(?:[^()\\@<>]|\b(?:rgba?|hsla?)\([\d\s.,%/deg]*\))*$/i;

function assertClean(root: ParentNode): void {
  for (const element of Array.from(root.querySelectorAll("*"))) {
    promise(!forbidden.test(element.localName), `an element ${element.localName}`);
    promise(element.namespaceURI === "http://www.w3.org/1999/xhtml", "an element of another language");
    for (const { name, value } of Array.from(element.attributes)) {
      promise(
        !/^on|^(?:id|name|class|srcset|action|formaction|background|ping|target|usemap|is|slot|part)$/i.test(
          name,
        ) && !/:|^data-|^aria-/.test(name),
        `an attribute ${name}`,
      );
      if (name === "href") promise(/^\s*(?:https?|mailto):/i.test(value), `a link to ${value.slice(0, 40)}`);
      if (name === "src")
        promise(/^data:image\/(?!svg)/i.test(value), `a picture from ${value.slice(0, 40)}`);
      if (name === "style") {
        promise(allowedStyle.test(value), `a style ${value.slice(0, 60)}`);
        promise(
          !/(?:^|;)\s*(?:position|content|background|background-image|inset|top|left|transform|z-index|opacity|filter|cursor|animation|transition|mask|clip|clip-path)\s*:/i.test(
            value,
          ),
          `a property in ${value.slice(0, 60)}`,
        );
      }
    }
  }
}

const serialized = ({ fragment }: CleanHtml) => {
  const holder = document.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
};

const encoder = new TextEncoder();
const seeds = [
  '<p style="color:red;margin:-9px;position:fixed">x</p><img src="https://evil.test/a.png" alt="a"><a href="https://a.test/">a</a>',
  '<table bgcolor=red><tr><td width=9><font color=red face=x>y</font></td></tr></table><img src="cid:a@b"><img src="data:image/png;base64,AAAA">',
  "<svg><style><img src=x onerror=alert(1)></style></svg><math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
  '<form action=x><input name=a id=b><button formaction=javascript:x>z</button></form><iframe srcdoc="<script>1</script>"></iframe>',
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript><template><script>1</script></template>",
  '<a href="javascript:alert(1)">a</a><a href="&#106;avascript:alert(1)">b</a><a href=" data:text/html,x">c</a><div style="background:url(https://e.test)">',
  "<frameset onload=x><frame src=x></frameset><body background=https://e.test onload=x><base href=https://e.test>",
  "<blockquote type=cite cite=https://a.test><pre>> a\n> b</pre></blockquote><details open><summary>x</summary></details>",
  "see https://example.test/a?b=1. and http://a.....b mailto:a@b.test\n> quoted\n>> twice\n-- \nAlice\n",
];

/**
 * As much of it as has few tags. jsdom clones a tree by recursion, and in quadratic time, where browsers bound its depth; how
 * much HTML is looked at at all is display/limits.ts.
 */
function fewTags(text: string): string {
  let at = -1;
  for (let tags = 0; tags < 300; tags += 1) {
    at = text.indexOf("<", at + 1);
    if (at < 0) return text;
  }
  return text.slice(0, at);
}

export const target: Target = {
  name: "html",
  seeds: async () => seeds.map((seed) => encoder.encode(seed)),
  words: [
    "<",
    ">",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    '="',
    "'",
    "&lt;",
    "&#x6a;",
    "\0",
    "&colon;",
    "<svg>",
    "<math>",
    "<mtext>",
    "<mglyph>",
    "<malignmark>",
    "<annotation-xml encoding=text/html>",
    "<foreignObject>",
    "<desc>",
    "<title>",
    "<style>",
    "<script>",
    "<noscript>",
    "<template>",
    "<table>",
    "<select>",
    "<form>",
    "<p>x",
    "<b>",
    "<a href=",
    "<img src=",
    "<frameset>",
    " onerror=alert(1)",
    " style='",
    "position:fixed;",
    "background:url(//e.test);",
    "content:'x';",
    "--a:url(x);",
    "width:expression(1)",
    "\\75rl(x)",
    "javascript:",
    "https://",
    "http://a.",
    ".....",
    "cid:",
    "data:image/svg+xml,",
    "mailto:",
    " id=x",
    " name=body",
    " is=x",
    " xlink:href=x",
    "> ",
    "\n",
  ],
  take: async (input) => {
    const text = fewTags(new TextDecoder().decode(input.subarray(0, 16_384)));
    const once = cleanHtml(text, {});
    assertClean(once.fragment);
    const first = serialized(once);
    const again = cleanHtml(first, {});
    assertClean(again.fragment);
    promise(serialized(again) === first, "what was cleaned is not clean yet: cleaned again it is another");
    const holder = document.createElement("div");
    holder.append(plainTextBody(text, document));
    assertPlain(holder, text);
  },
};

/** Text stays text: nothing of it is lost, and only links and quotes are made of it. */
function assertPlain(holder: Element, text: string): void {
  for (const element of Array.from(holder.querySelectorAll("*")))
    promise(
      ["a", "div", "blockquote"].includes(element.localName),
      `an element ${element.localName} from a text`,
    );
  const letters = (some: string) => some.replace(/[\s>]/g, "");
  promise(letters(holder.textContent ?? "") === letters(text), "words of a text are lost");
}
