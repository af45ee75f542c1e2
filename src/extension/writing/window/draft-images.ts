import { browser } from "../../platform/browser.js";

/**
 * Pictures in the text of a letter whose drafts stay here.
 *
 * QUIRK: when Thunderbird 153 saves a draft, it makes each picture in the text a part of its own, and takes the name of that part from
 * the address of the identity. The identity that keeps drafts here has none (`draft-identity.ts`), Thunderbird throws, and tells the
 * person that the draft can't be saved. What has the editor's own mark "don't attach this" it leaves in the text as it is; so while the
 * identity is in use, everything that would become a part has that mark, with a value by which it is known as ours again.
 * `letter.ts` takes the marks and the pictures out of what is sealed.
 */
const ATTRIBUTE = "moz-do-not-send";

/** Values of the mark: in place of none; and in place of `false`, which is "attach it, wherever it is". */
const OURS = { none: "listseal", attach: "listseal-attach" } as const;

const isMarked = (body: string): boolean => body.includes(`${ATTRIBUTE}="${OURS.none}`);

/** Keeps pictures in the text as they are from now on, also those that are still to come. */
export function keepPicturesInPlace(tabId: number): Promise<void> {
  // without it Thunderbird says that it can't save a draft; what must not fail is that the identity is changed afterwards
  return run(tabId, true).catch(() => undefined);
}

/** Has Thunderbird attach pictures again as it does by itself. @param body of the letter: nothing is done if it has no mark of ours */
export async function attachPicturesAgain(tabId: number, body: string | undefined): Promise<void> {
  if (body !== undefined && isMarked(body)) await run(tabId, false);
}

async function run(tabId: number, keep: boolean): Promise<void> {
  await browser.scripting.executeScript({
    target: { tabId },
    func: markPictures,
    args: [keep, ATTRIBUTE, OURS.none, OURS.attach],
  });
}

/** Runs in the editor's document: it has nothing but its arguments. */
function markPictures(keep: boolean, attribute: string, none: string, attach: string): void {
  const END = "listseal-pictures";
  /** What Thunderbird looks at when it takes parts out of a letter. */
  const candidates = "img[src], a[href], body[background]";
  // whatever this add-on has left here before ends
  document.dispatchEvent(new Event(END));
  if (!keep) {
    for (const element of document.querySelectorAll(`[${attribute}="${none}"]`))
      element.removeAttribute(attribute);
    for (const element of document.querySelectorAll(`[${attribute}="${attach}"]`))
      element.setAttribute(attribute, "false");
    return;
  }
  const mark = (): void => {
    for (const element of document.querySelectorAll(candidates)) {
      const value = element.getAttribute(attribute);
      if (value === null || value === "") element.setAttribute(attribute, none);
      else if (value === "false") element.setAttribute(attribute, attach);
    }
  };
  mark();
  const observer = new MutationObserver(mark);
  observer.observe(document, {
    childList: true,
    subtree: true,
    attributeFilter: ["src", "href", "background", attribute],
  });
  document.addEventListener(END, () => observer.disconnect(), { once: true });
}
