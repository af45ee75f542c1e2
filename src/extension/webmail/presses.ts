import { t } from "../i18n.js";

/**
 * Which presses in our frame count.
 *
 * Attack: the page clicks for the person, or lies something over the frame, or makes it see-through above a game, so that the
 * person presses a button that they don't see. A script's click is not trusted by the browser and dropped. Where the browser
 * can tell whether the frame is plainly visible (Intersection Observer v2: Chromium), a press counts only if nothing has
 * covered it for a while. QUIRK: Firefox 153 can't tell; there our frames hold no press that gives the page more than
 * ciphertext of what the person has typed.
 */

/** How long the frame must have been plainly visible: longer than a person takes who presses what was there before. */
const SEEN_MS = 700;
/** How often the browser looks; the least that it allows. */
const LOOK_MS = 100;

/** The options and entries of Intersection Observer v2, which the types don't know yet. */
interface VisibleOptions extends IntersectionObserverInit {
  readonly trackVisibility: true;
  readonly delay: number;
}

function isPlain(entry: IntersectionObserverEntry): boolean {
  return "isVisible" in entry && entry.isVisible === true;
}

/** Since when `element` is plainly visible; null while it isn't. Undefined where the browser can't tell. */
function plainSince(element: Element): (() => number | null) | undefined {
  if (!("isVisible" in IntersectionObserverEntry.prototype)) return undefined;
  let since: number | null = null;
  const options: VisibleOptions = { trackVisibility: true, delay: LOOK_MS };
  new IntersectionObserver((entries) => {
    const last = entries.at(-1);
    if (last === undefined || !isPlain(last)) since = null;
    else since ??= performance.now();
  }, options).observe(element);
  return () => since;
}

/** The button that seals. */
const SEAL = "button.seal";

/**
 * Lets only a person's own presses through. Call it before anything is put into the page.
 * @param element  must be plainly visible
 * @param tell     is told why a press did not count; an empty text when one does
 * @param hasTyped whether the person has written something; without it nothing is sealed. Attack: a game that has somebody
 *                 press "Answer" and then "Seal" without seeing either would post an empty answer in their name
 */
export function guardPresses(element: Element, tell: (text: string) => void, hasTyped?: () => boolean): void {
  const since = plainSince(element);
  const reasonAgainst = (event: Event): string | undefined => {
    if (!event.isTrusted) return "";
    const seen = since?.();
    const isSeen = seen === undefined || (seen !== null && performance.now() - seen >= SEEN_MS);
    if (!isSeen) return t("webmail_covered");
    const seals = event.target instanceof Element && event.target.closest(SEAL) !== null;
    return seals && hasTyped?.() === false ? t("webmail_type_first") : undefined;
  };
  const guard = (event: Event) => {
    const reason = reasonAgainst(event);
    if (reason === undefined) {
      // this one counts: what was said of the one before is over
      tell("");
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (reason !== "") tell(reason);
  };
  // on the window, before any listener of the frame's own
  for (const name of ["click", "auxclick"]) addEventListener(name, guard, { capture: true });
}
