import { type MessageKey, t } from "../../ui/i18n.js";
import type { OverviewAnswer } from "../calls/page-calls.js";

/** What the parts of the options page share: what they show, and how they do something. */
export type Overview = OverviewAnswer;

/** Runs what a form or button asks for; shows `done` or the sentence of the failure, and reads everything again. */
export type RunAction = (work: () => Promise<unknown>, done: MessageKey | null) => Promise<boolean>;

/** Reading forms. */

/** The text of a field; empty if there is none. */
export function field(form: HTMLFormElement, name: string): string {
  const value = new FormData(form).get(name);
  return typeof value === "string" ? value : "";
}

/** As {@link field}, with null for an empty one: a passphrase that was left out. */
export function optionalField(form: HTMLFormElement, name: string): string | null {
  const value = field(form, name);
  return value === "" ? null : value;
}

/** For a form's `onSubmit`: the page stays, and `submit` has the form. */
export const onSubmit =
  (submit: (form: HTMLFormElement) => Promise<void>) =>
  (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    void submit(event.currentTarget);
  };

/** The passphrase that is on a key now, where one is: what changes the key asks for it. */
export function CurrentPassphrase({ isLocked }: { readonly isLocked: boolean }) {
  if (!isLocked) return null;
  return (
    <label>
      {t("passphrase_current")}
      <input name="current" type="password" required autocomplete="off" />
    </label>
  );
}
