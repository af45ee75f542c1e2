import { element } from "./elements.js";
import { t } from "./i18n.js";
import type { SecurityImage } from "./security-image.js";

const SIDE = 5;

/** The picture of a mark: 5 by 5 cells, mirrored. */
function pictureOf({ cells }: SecurityImage): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const squares = cells.flatMap((full, cell) => {
    const [row, column] = [Math.floor(cell / 3), cell % 3];
    return full ? [column, SIDE - 1 - column].map((x) => `M${x} ${row}h1v1h-1z`) : [];
  });
  path.setAttribute("d", squares.join(""));
  path.setAttribute("fill", "currentColor");
  svg.style.cssText =
    "inline-size: 1.9rem; block-size: 1.9rem; vertical-align: middle; margin-inline-end: 0.5rem;";
  svg.append(path);
  return svg;
}

/** A mark as people compare it. */
export function markView(mark: SecurityImage): HTMLElement {
  return element("span", { class: "mark", title: t("mark_title") }, pictureOf(mark), mark.digits);
}
