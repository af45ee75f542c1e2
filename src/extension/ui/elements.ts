/** Making elements for the display: plain DOM, no markup from strings. */

export type Child = Node | string;

/** An element with attributes and children; text is always text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

/** A drawing of one path, hidden from screen readers: the words beside it say the same. */
export function drawing(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", "currentColor");
  shape.setAttribute("fill-rule", "evenodd");
  svg.append(shape);
  return svg;
}

/**
 * A button with what it does; while it works it can't be pressed again. A failure is told by `failed`, aloud as well, until it
 * goes well.
 */
export function actionButton(
  label: string,
  act: () => Promise<unknown>,
  failed: string,
  attributes: Readonly<Record<string, string>> = {},
): HTMLButtonElement {
  const button = element("button", { type: "button", "aria-live": "polite", ...attributes }, label);
  const name = attributes["aria-label"];
  const show = (text: string) => {
    button.textContent = text;
    if (name !== undefined) button.setAttribute("aria-label", text === failed ? `${failed}: ${name}` : name);
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await act();
      if (button.textContent === failed) show(label);
    } catch {
      show(failed);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
