/**
 * What the HTML of a mail can do to its reader: one thing each. Every one asks for an address of `at` when it gets through, by
 * itself or when it is clicked. `quiet`: none of the browsers here asks even without a defence (no HTTP, or a feature that
 * this browser does not have): it is tried all the same, and proves nothing.
 */
export interface Payload {
  readonly name: string;
  readonly html: string;
  /** What a person has to click for it. */
  readonly click?: string;
  readonly quiet?: readonly ("chromium" | "firefox")[];
}

/** A person means to follow a link: it may open a tab, which must not know where it was opened from. */
export const LINKS = ["link", "link-top", "link-parent", "link-named"];

/** @param at where the listener is: each payload asks for `at` and its name */
export function payloads(at: string): readonly Payload[] {
  const all: readonly Payload[] = [
    // scripts
    { name: "script", html: `<script>fetch("@")</script>` },
    { name: "script-src", html: `<script src="@"></script>` },
    { name: "script-module", html: `<script type="module">import "@"</script>` },
    { name: "onerror", html: `<img src="data:x" onerror="fetch('@')">` },
    { name: "ontoggle", html: `<details open ontoggle="fetch('@')"><summary>x</summary></details>` },
    { name: "svg-onload", html: `<svg onload="fetch('@')"></svg>` },
    { name: "svg-script", html: `<svg><script>fetch("@")</script></svg>` },
    {
      name: "mathml-mutation",
      html: `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=@&gt;"><img src="@">`,
    },
    {
      name: "template-mutation",
      html: `<form><math><mtext></form><form><mglyph><style></math><img src=@ onerror=fetch("@")>`,
      quiet: ["chromium", "firefox"],
    },
    { name: "iframe-srcdoc", html: `<iframe srcdoc="&lt;img src='@'&gt;"></iframe>` },
    { name: "iframe-javascript", html: `<iframe src="javascript:fetch('@')"></iframe>` },
    // what loads by itself
    { name: "img", html: `<img src="@">` },
    { name: "img-no-scheme", html: `<img src="${at.replace(/^http:/, "")}img-no-scheme">` },
    { name: "img-dynsrc-lowsrc", html: `<img lowsrc="@" dynsrc="@">`, quiet: ["chromium", "firefox"] },
    { name: "srcset", html: `<img srcset="@ 1x, @ 2x">` },
    { name: "srcset-sizes", html: `<img sizes="100vw" srcset="@ 400w">` },
    {
      name: "picture",
      html: `<picture><source srcset="@"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></picture>`,
    },
    { name: "input-image", html: `<input type="image" src="@">` },
    { name: "body-background", html: `<body background="@">` },
    { name: "table-background", html: `<table background="@"><tr><td background="@">x</table>` },
    { name: "video", html: `<video src="@" autoplay muted></video>` },
    { name: "video-poster", html: `<video poster="@"></video>` },
    { name: "video-source", html: `<video autoplay muted><source src="@"></video>` },
    {
      name: "video-track",
      html: `<video muted><track default src="@"></video>`,
      quiet: ["chromium", "firefox"],
    },
    { name: "audio", html: `<audio src="@" preload="auto"></audio>` },
    { name: "svg-image", html: `<svg><image href="@" width="9" height="9"/></svg>` },
    { name: "svg-use", html: `<svg><use href="@#x"/></svg>` },
    {
      name: "svg-feimage",
      html: `<svg><filter id="f"><feImage href="@"/></filter><rect filter="url(#f)" width="9" height="9"/></svg>`,
    },
    { name: "iframe", html: `<iframe src="@"></iframe>` },
    { name: "frameset", html: `<frameset><frame src="@"></frameset>` },
    { name: "object", html: `<object data="@"></object>` },
    { name: "embed", html: `<embed src="@">` },
    // styles
    { name: "style-url", html: `<p style="background: url(@)">x</p>` },
    { name: "style-image-set", html: `<p style="background-image: image-set('@' 1x)">x</p>` },
    { name: "style-list", html: `<ul style="list-style-image: url(@)"><li>x</ul>` },
    { name: "style-cursor", html: `<p style="cursor: url(@), auto">x</p>`, quiet: ["firefox"] },
    { name: "style-content", html: `<p style="content: url(@)">x</p>` },
    { name: "style-mask", html: `<p style="mask-image: url(@)">x</p>` },
    { name: "style-escaped", html: `<p style="background: \\75\\72\\6c(@)">x</p>` },
    { name: "style-element", html: `<style>p { background: url(@) }</style><p>x</p>` },
    {
      name: "style-attribute-leak",
      html: `<style>a[title^=s] { background: url(@) }</style><a title="secret">x</a>`,
    },
    { name: "style-import", html: `<style>@import "@";</style>` },
    {
      name: "style-font",
      html: `<style>@font-face { font-family: f; src: url(@) } p { font-family: f }</style><p>x</p>`,
    },
    { name: "style-variable", html: `<p style="--a: url(@); background: var(--a)">x</p>` },
    // links of the document
    { name: "link-stylesheet", html: `<link rel="stylesheet" href="@">` },
    { name: "link-prefetch", html: `<link rel="prefetch" href="@">` },
    { name: "link-preload", html: `<link rel="preload" as="image" href="@">` },
    { name: "link-preload-srcset", html: `<link rel="preload" as="image" imagesrcset="@ 1x">` },
    { name: "link-modulepreload", html: `<link rel="modulepreload" href="@">` },
    { name: "link-icon", html: `<link rel="icon" href="@">`, quiet: ["chromium", "firefox"] },
    { name: "link-manifest", html: `<link rel="manifest" href="@">`, quiet: ["chromium", "firefox"] },
    { name: "base", html: `<base href="@/"><img src="below.png">` },
    { name: "meta-refresh", html: `<meta http-equiv="refresh" content="0; url=@">` },
    {
      name: "meta-csp-report",
      html: `<meta http-equiv="Content-Security-Policy" content="img-src 'none'; report-uri @"><img src="data:image/png,x">`,
      quiet: ["chromium", "firefox"],
    },
    // what a person clicks
    { name: "link", html: `<a href="@">x</a>`, click: "a" },
    { name: "link-top", html: `<a href="@" target="_top">x</a>`, click: "a" },
    { name: "link-parent", html: `<a href="@" target="_parent">x</a>`, click: "a" },
    { name: "link-named", html: `<a href="@" target="opener" rel="opener">x</a>`, click: "a" },
    { name: "link-ping", html: `<a href="#x" ping="@">x</a>`, click: "a", quiet: ["firefox"] },
    { name: "link-javascript", html: `<a href="javascript:fetch('@')">x</a>`, click: "a" },
    {
      name: "link-data",
      html: `<a href="data:text/html,<img src=@>">x</a>`,
      click: "a",
      quiet: ["chromium", "firefox"],
    },
    { name: "form", html: `<form action="@"><button>x</button></form>`, click: "button" },
    {
      name: "form-blank",
      html: `<form action="@" target="_blank"><button>x</button></form>`,
      click: "button",
    },
    { name: "form-formaction", html: `<form><button formaction="@">x</button></form>`, click: "button" },
    {
      name: "area",
      html: `<map name="m"><area shape="rect" coords="0,0,99,99" href="@"></map><img usemap="#m" width="99" height="99" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">`,
      click: "img",
    },
  ];
  // `@` stands for the payload's own address
  return all.map((one) => ({
    ...one,
    html: one.html.replaceAll(/@(?!import|font-face)/g, `${at}${one.name}`),
  }));
}
