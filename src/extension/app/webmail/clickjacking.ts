import { t } from "../../ui/i18n.js";

/**
 * Which clicks in our frame count.
 *
 * Attack: the page clicks for the person, or lies something over the frame, or makes it see-through above a game, so that the
 * person clicks a button that they don't see. A script's click is not trusted by the browser and dropped. Where the browser
 * can tell whether the frame is plainly visible (Intersection Observer v2: Chromium), a click counts only if nothing has
 * covered it for a while.
 *
 * QUIRK: Firefox 153 can't tell, so there every trusted click counts. What a page can have clicked there unseen must therefore
 * do no harm: it opens a page of ours, saves a file, or hands over ciphertext of what the person has typed. Nothing in our
 * frames may decide whom the person trusts; that is done on a page of its own, which no other page can cover.
 */

/** How long the frame must have been plainly visible: longer than a person takes who clicks on what was there before. */
const SEEN_MS = 700;
/** How often the browser looks; the least that it allows. */
const LOOK_MS = 100;

/**
 * Whether a click counts now. `appearing`: plainly visible, but not for long; also before the browser has looked at all.
 * `covered`: something lies over it, or it is see-through. `away`: scrolled out of sight.
 */
export type FrameVisibility = "counts" | "appearing" | "covered" | "away";

/** The options and entries of Intersection Observer v2, which the types don't know yet. */
interface VisibleOptions extends IntersectionObserverInit {
  readonly trackVisibility: true;
  readonly delay: number;
}

function isPlain(entry: IntersectionObserverEntry): boolean {
  return "isVisible" in entry && entry.isVisible === true;
}

/**
 * Watches whether `element` is plainly visible, and tells each change. Where the browser can't tell, clicks count at once.
 * @returns what it is now
 */
export function watchSight(
  element: Element,
  changed: (sight: FrameVisibility) => void,
): () => FrameVisibility {
  const knows = "isVisible" in IntersectionObserverEntry.prototype;
  let sight: FrameVisibility = knows ? "appearing" : "counts";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = (next: FrameVisibility) => {
    sight = next;
    changed(next);
  };
  const seePlain = () => {
    if (timer !== undefined) return;
    set("appearing");
    timer = setTimeout(() => set("counts"), SEEN_MS);
  };
  const lose = (next: "covered" | "away") => {
    clearTimeout(timer);
    timer = undefined;
    set(next);
  };
  changed(sight);
  if (!knows) return () => sight;
  const options: VisibleOptions = { trackVisibility: true, delay: LOOK_MS };
  new IntersectionObserver((entries) => {
    // attack: covered and free again between two looks; each entry is taken, not the last alone
    for (const entry of entries) {
      if (isPlain(entry)) seePlain();
      else lose(entry.isIntersecting ? "covered" : "away");
    }
  }, options).observe(element);
  return () => sight;
}

/** Why a click doesn't count, in words for the person who made it. */
function reasonOf(sight: FrameVisibility): string | undefined {
  switch (sight) {
    case "counts":
      return undefined;
    case "covered":
      return t("webmail_covered");
    case "appearing":
    case "away":
      return t("webmail_only_appeared");
  }
}

/** The button that seals. */
const SEAL = "button.seal";

/**
 * Lets only a person's own clicks through. Call it before anything is put into the page. Whether clicks count is in the
 * page, as `data-clicks` of the element: the style shows it on the pointer.
 * @param element  must be plainly visible
 * @param tell     is told why a click did not count; an empty text when one does
 * @param hasTyped whether the person has written something; without it nothing is sealed. Attack: a game that has somebody
 *                 click "Answer" and then "Seal" without seeing either would post an empty answer in their name
 */
export function guardPresses(
  element: HTMLElement,
  tell: (text: string) => void,
  hasTyped?: () => boolean,
): void {
  const sight = watchSight(element, (now) => {
    element.dataset["clicks"] = now;
  });
  const reasonAgainst = (event: Event): string | undefined => {
    if (!event.isTrusted) return "";
    const unseen = reasonOf(sight());
    if (unseen !== undefined) return unseen;
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
