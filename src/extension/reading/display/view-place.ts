import { t } from "../../ui/i18n.js";
import { displayStyle } from "./style.js";

/** A shadow root in `container` with the look of an opened mail. The page's policy takes no styles from elements. */
export function placeIn(container: HTMLElement): { show(kind: string, shown: readonly Node[]): void } {
  const host = document.createElement("listseal-view");
  host.lang = t("lang");
  const root = host.attachShadow({ mode: "open" });
  const look = new CSSStyleSheet();
  look.replaceSync(displayStyle);
  root.adoptedStyleSheets = [look];
  container.replaceChildren(host);
  return {
    show(kind, shown) {
      host.dataset["kind"] = kind;
      const around = document.createElement("div");
      around.append(...shown);
      root.replaceChildren(around);
    },
  };
}
