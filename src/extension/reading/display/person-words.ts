import { t } from "../../ui/i18n.js";
import { quotableName } from "../untrusted-text.js";
import type { PersonView } from "../view.js";

/** People and times of a mail in words. */

/** Attack: a name that goes on in our own signs: "Olive · owner of the list". */
export function personIn({ name, address }: PersonView): string {
  const called = quotableName(name);
  return called === null ? address : `${called} <${address}>`;
}

/** A day, by the clock of the reader. */
export const dayIn = (iso: string): string =>
  new Date(iso).toLocaleDateString(t("lang"), { dateStyle: "long" });

/** A moment, by the clock of the reader. */
export function whenIn(iso: string): string {
  return new Date(iso).toLocaleString(t("lang"), { dateStyle: "long", timeStyle: "short" });
}
