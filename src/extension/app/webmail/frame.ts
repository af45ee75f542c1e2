import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { loadMark } from "../../ui/security-image.js";
import { markView } from "../../ui/security-image-view.js";
import { guardPresses } from "./clickjacking.js";

/** What both of our frames have: the mark, a place for buttons, a line for what the person has to know, and the content. */
export interface Frame {
  readonly buttons: HTMLElement;
  readonly main: HTMLElement;
  /** Whether the person has typed or put in something. */
  readonly hasTyped: () => boolean;
}

/** Builds the frame's page. In one for writing nothing is sealed that the person has not typed something of. */
export async function makeFrameView(title: string, kind: "read" | "write"): Promise<Frame> {
  document.documentElement.lang = t("lang");
  document.title = title;
  const told = element("p", { class: "told", role: "alert" });
  const buttons = element("span", { class: "buttons" });
  const main = element("main");
  const hasTyped = noteTyping();
  const tell = (text: string) => {
    told.textContent = text;
  };
  guardPresses(document.body, tell, kind === "read" ? undefined : hasTyped);
  if (kind === "write") tellWhereKeysGo(tell);
  const mark = markView(await loadMark());
  document.body.append(
    element("header", {}, mark, element("span", { class: "name" }, t("extension_name")), buttons),
    told,
    main,
  );
  return { buttons, main, hasTyped };
}

function noteTyping(): () => boolean {
  let typed = false;
  addEventListener(
    "input",
    ({ isTrusted }) => {
      typed ||= isTrusted;
    },
    { capture: true },
  );
  return () => typed;
}

/**
 * Attack: the page takes the keyboard away while the person types, and the rest of the sentence goes to the page. No frame
 * can prevent it; this one says so at once, in large letters.
 */
function tellWhereKeysGo(tell: (text: string) => void): void {
  addEventListener("blur", () => {
    // a choice in a list of our own takes the keyboard, too
    if (!document.hasFocus()) tell(t("webmail_away"));
  });
  addEventListener("focus", () => tell(""));
}
