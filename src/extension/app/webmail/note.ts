import { openOwnPage } from "../../platform/background-calls.js";
import { t } from "../../ui/i18n.js";

/**
 * A line of ours in the webmail's page, for what is no secret: that the webmail has changed under the adapter, or what to
 * press next. The page could write the same.
 */
export function makeNote(text: string, link: boolean): HTMLElement {
  const element = document.createElement("div");
  element.style.cssText = "all: initial; display: block;";
  const root = element.attachShadow({ mode: "closed" });
  const box = document.createElement("div");
  box.lang = t("lang");
  box.setAttribute("role", "status");
  box.style.cssText =
    "font: 15px/1.5 system-ui, sans-serif; color: #15141a; background: #fff4de; border: 1px solid #a05a00; border-radius: 4px; padding: 0.5rem 0.75rem; margin: 0.5rem;";
  box.append(text);
  if (link) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = t("webmail_open_reader");
    button.style.cssText =
      "font: inherit; color: #0050c0; background: none; border: 0; padding: 0 0.4rem; text-decoration: underline; cursor: pointer;";
    // a page that presses it by a script would open tab after tab
    button.addEventListener("click", ({ isTrusted }) => isTrusted && void openOwnPage("reader"));
    box.append(button);
  }
  root.append(box);
  return element;
}
