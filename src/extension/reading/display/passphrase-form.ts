import { codeOf } from "../../platform/errors.js";
import { element } from "../../ui/elements.js";
import { sentenceKey } from "../../ui/failure.js";
import { t } from "../../ui/i18n.js";

/**
 * The field for the passphrase, where the lock is met. What is unlocked opens by itself: whoever shows it is told (`whenUnlocked`).
 *
 * It is in pages of ours alone, below the person's mark, and never beside what a sender has written. No `<form>`: there is nothing
 * that a page could be sent to.
 */
export function passphraseForm(unlock: (passphrase: string) => Promise<unknown>): HTMLElement {
  const field = element("input", { type: "password", name: "passphrase", autocomplete: "off" });
  const button = element("button", { type: "button" }, t("locked_unlock"));
  const problem = element("p", { class: "problem", role: "alert" });
  const press = async () => {
    if (field.value === "" || button.disabled) return;
    button.disabled = true;
    field.removeAttribute("aria-invalid");
    problem.textContent = "";
    try {
      await unlock(field.value);
      field.value = "";
    } catch (error) {
      problem.textContent = t(sentenceKey(codeOf(error, "worker-failed")));
      field.setAttribute("aria-invalid", "true");
      field.select();
    } finally {
      button.disabled = false;
    }
  };
  button.addEventListener("click", () => void press());
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) void press();
  });
  return element(
    "div",
    { class: "unlock" },
    element("label", {}, t("locked_passphrase"), field),
    button,
    problem,
  );
}
