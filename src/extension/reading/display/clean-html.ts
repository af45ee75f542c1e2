import DOMPurify from "dompurify";

/**
 * Cleaning the HTML of an opened mail before it is put into the message document or the composer.
 *
 * Attacks: a body that loads something from the network tells its writer who reads, when and where (and with
 * EFAIL's tricks, what); one that draws over our own line can say "came through the list"; one that names elements
 * after our variables can break the code around it. So: an allow-list of tags and attributes, images from `data:` and
 * `cid:` only, styles reduced to properties that neither load nor leave their place, and no ids, names or classes.
 * Remote images are counted and left out: nothing is ever loaded from a sealed mail.
 */
export interface CleanHtml {
  readonly fragment: DocumentFragment;
  /** How many remote images were left out. */
  readonly remoteImages: number;
}

const tags = [
  ...[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
  ],
  ...[
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
  ],
  ...[
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
  ],
  ...[
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
  ],
  ...[
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
  ],
];

const attributes = [
  ...[
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "cite",
    "color",
    "cols",
    "colspan",
    "datetime",
  ],
  ...[
    "dir",
    "face",
    "height",
    "href",
    "lang",
    "nowrap",
    "open",
    "reversed",
    "rowspan",
    "size",
    "span",
    "src",
    "start",
  ],
  ...["style", "title", "type", "valign", "value", "width"],
];

/** Properties that change how text looks and nothing else, as writers name them: no position, no content, no background image. */
export const allowedStyles = [
  ...["background-color", "border-collapse", "border-spacing", "caption-side", "clear", "color", "direction"],
  ...["display", "empty-cells", "float", "font-family", "font-size", "font-style", "font-variant"],
  ...["font-weight", "height", "hyphens", "letter-spacing", "line-height", "list-style-type", "max-height"],
  ...["max-width", "overflow-wrap", "tab-size", "table-layout", "text-align", "text-decoration"],
  ...["text-indent", "text-transform", "unicode-bidi", "vertical-align", "white-space", "width"],
  ...["word-break", "word-spacing", "writing-mode"],
  ...["padding", "padding-top", "padding-right", "padding-bottom", "padding-left"],
  ...["border", "border-color", "border-style", "border-width", "border-radius"],
  ...["border-top", "border-right", "border-bottom", "border-left"],
  ...["margin", "margin-top", "margin-right", "margin-bottom", "margin-left"],
] as const;

let parts: ReadonlySet<string> | undefined;

/**
 * The same properties in the parts that this engine keeps them in. QUIRK: a style gives its longhands only, and which properties have
 * such parts changes from year to year: `white-space` became one of them, and every line break of a quote was lost. So the engine
 * itself is asked.
 */
function allowedParts(): ReadonlySet<string> {
  if (parts !== undefined) return parts;
  const probe = document.createElement("p");
  for (const name of allowedStyles) probe.style.setProperty(name, "inherit");
  parts = new Set([...allowedStyles, ...Array.from(probe.style)]);
  return parts;
}

/** Words, numbers, lengths and colours; any other function (`url()`, `image()`, `attr()`, `var()`) is refused. */
const plainValue = /^(?:[^()\\@<>]|\b(?:rgba?|hsla?)\([\d\s.,%/deg]*\))*$/i;
/** A negative margin would move the text over our own line. */
const negative = /(^|[\s,])-/;

/** A length by the size of the pane. Attack: the text is in a frame that is as tall as it; one of 110 % of that grows for ever. */
const ofPane = /\d(?:[sld]?v(?:w|h|i|b|min|max)|cq\w+)\b/i;

/** Attack: a value of megabytes for the expressions below; no honest one is longer. */
const MAX_VALUE = 500;

function mayStay(property: string, value: string): boolean {
  if (value === "" || value.length > MAX_VALUE || !allowedParts().has(property)) return false;
  if (!plainValue.test(value) || ofPane.test(value)) return false;
  return !(property.startsWith("margin") && negative.test(value));
}

function cleanStyle(element: HTMLElement): string {
  const kept: string[] = [];
  for (const property of Array.from(element.style)) {
    const value = element.style.getPropertyValue(property);
    if (mayStay(property, value)) kept.push(`${property}: ${value}`);
  }
  return kept.join("; ");
}

const linkScheme = /^(?:https?|mailto):/i;
const imageData = /^data:image\/(?:png|jpe?g|gif|webp|avif|bmp);base64,[a-z0-9+/=\s]*$/i;

/**
 * Cleans `html`.
 * @param inline `data:` addresses of the letter's own images by content id
 */
export function cleanHtml(html: string, inline: Readonly<Record<string, string>>): CleanHtml {
  let remoteImages = 0;
  const fragment = sanitized(html);
  for (const element of fragment.querySelectorAll<HTMLElement>("*")) {
    if (element.hasAttribute("style")) {
      const style = cleanStyle(element);
      if (style === "") element.removeAttribute("style");
      else element.setAttribute("style", style);
    }
    const href = element.getAttribute("href");
    if (href !== null) {
      if (element.localName === "a" && linkScheme.test(href.trim()))
        element.setAttribute("rel", "noopener noreferrer");
      else element.removeAttribute("href");
    }
    element.removeAttribute("cite");
    const picture = element.localName === "img";
    const source = element.getAttribute("src");
    if (source === null) {
      if (!picture) continue;
      // its addresses stood in srcset alone, which is never kept
      remoteImages += 1;
      element.remove();
      continue;
    }
    const shown = picture ? imageSource(source.trim(), inline) : undefined;
    if (shown === undefined) {
      if (/^(?:https?:)?\/\//i.test(source.trim())) remoteImages += 1;
      element.remove();
    } else {
      element.setAttribute("src", shown);
      // without one a screen reader reads the whole address out
      if (!element.hasAttribute("alt")) element.setAttribute("alt", "");
    }
  }
  return { fragment, remoteImages };
}

function sanitized(html: string): DocumentFragment {
  const sanitize = (source: string): DocumentFragment | null =>
    DOMPurify.sanitize(source, {
      RETURN_DOM_FRAGMENT: true,
      ALLOWED_TAGS: tags,
      ALLOWED_ATTR: attributes,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
      ALLOW_UNKNOWN_PROTOCOLS: true, // addresses are decided on one by one
      SANITIZE_NAMED_PROPS: true,
    });
  // QUIRK: a document with a frameset has no body, and DOMPurify then gives null, whatever its types say. Attack: such a mail
  // would stop its own display; begun with a body there can be no frameset
  return sanitize(html) ?? sanitize(`<body>${html}`) ?? document.createDocumentFragment();
}

function imageSource(source: string, inline: Readonly<Record<string, string>>): string | undefined {
  if (imageData.test(source)) return source;
  if (!/^cid:/i.test(source)) return undefined;
  const id = decodeCid(source.slice(4));
  return Object.hasOwn(inline, id) ? inline[id] : undefined;
}

function decodeCid(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Backgrounds that are none. */
const noBackground = ["", "transparent", "initial", "inherit", "unset", "revert", "none"];

/**
 * Whether the writer chose a background: such a mail is shown on white, for which the other colours were chosen. One that has
 * colours for words or lines alone is shown as any other.
 */
export function hasOwnBackground(fragment: DocumentFragment): boolean {
  if (fragment.querySelector("[bgcolor]") !== null) return true;
  return [...fragment.querySelectorAll<HTMLElement>("[style*='background']")].some(
    ({ style }) => !noBackground.includes(style.backgroundColor),
  );
}
