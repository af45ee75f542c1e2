import type { MessageKey } from "../../ui/i18n.js";
import type { OverviewAnswer } from "../calls/page-calls.js";

/** What the parts of the options page share: what they show, and how they do something. */
export type Overview = OverviewAnswer;

/** Runs what a form or button asks for; shows `done` or the sentence of the failure, and reads everything anew. */
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
