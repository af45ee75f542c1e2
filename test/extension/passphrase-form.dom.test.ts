import { passphraseForm } from "../../src/extension/reading/display/passphrase-form.js";
import { ProtocolError } from "../../src/openpgp/errors.js";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function formFor(unlock: (passphrase: string) => Promise<unknown>) {
  const form = passphraseForm(unlock);
  document.body.replaceChildren(form);
  const field = form.querySelector("input");
  const button = form.querySelector("button");
  if (field === null || button === null) throw new Error("incomplete");
  return { form, field, button, problem: () => form.querySelector("[role=alert]")?.textContent };
}

test("a wrong passphrase is said to be wrong, beside the field; the right one leaves nothing behind", async () => {
  const { field, button, problem } = formFor(async (passphrase) => {
    if (passphrase !== "eight loud cows") throw new ProtocolError("wrong-passphrase", "x");
  });
  field.value = "eight loud herons";
  button.click();
  expect(button.disabled).toBe(true);
  await settle();
  expect(problem()).toBe("The passphrase is not correct. Try again.");
  expect(field.getAttribute("aria-invalid")).toBe("true");
  field.value = "eight loud cows";
  button.click();
  await settle();
  expect(problem()).toBe("");
  expect([field.value, field.hasAttribute("aria-invalid"), button.disabled]).toEqual(["", false, false]);
});

test("Enter does it, but not the one that ends a word of an input method; nothing typed is nothing asked", async () => {
  const asked: string[] = [];
  const { field, button } = formFor(async (passphrase) => asked.push(passphrase));
  button.click();
  field.value = "ながい合言葉をえらぶ";
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true }));
  await settle();
  expect(asked).toEqual([]);
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  await settle();
  expect(asked).toEqual(["ながい合言葉をえらぶ"]);
});
