/** Reading what a person has written themself, for the question about a forgotten attachment. Pure but for the DOM. */

/**
 * Words that speak of a file that comes along, in the two languages of the add-on, whichever of them is shown: people
 * write in both. Each names the file or the act; "file" and "picture" alone would ask far too often.
 */
const attachmentWords =
  /(?<!\p{L})(?:attach(?:ed|ment|ments|ing)?|enclosed|enclosure|enclosing)(?!\p{L})|添付|同封|別添|別紙/iu;

/** The word that speaks of an attachment, or null if none does. */
export function namesAttachment(text: string): string | null {
  return attachmentWords.exec(text)?.[0] ?? null;
}

/** What stands in an editor. */
export interface LetterBody {
  readonly kind: "html" | "text";
  readonly content: string;
}

/** Elements of the editor that hold somebody else's words, or the signature. */
const notOwn =
  "blockquote[type=cite], .moz-cite-prefix, .moz-forward-container, .moz-signature, style, script";

function ownPart(html: string): HTMLElement {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll(notOwn)) element.remove();
  return page.body;
}

/** Whether the person has put a picture into the text: it may be what the words speak of. */
export function hasOwnImage({ kind, content }: LetterBody): boolean {
  return kind === "html" && ownPart(content).querySelector("img") !== null;
}

/** What the person has written, without what is quoted, forwarded or a signature. */
export function ownWords({ kind, content }: LetterBody): string {
  if (kind === "html") return ownPart(content).textContent ?? "";
  const lines = content.split(/\r?\n/);
  // RFC 3676, 4.3: the line that begins a signature
  const signature = lines.indexOf("-- ");
  const written = signature < 0 ? lines : lines.slice(0, signature);
  const forwarded = written.findIndex((line) => /^-{4,} .* -{4,}$/.test(line.trim()));
  const own = forwarded < 0 ? written : written.slice(0, forwarded);
  return own.filter((line) => !line.startsWith(">")).join("\n");
}
