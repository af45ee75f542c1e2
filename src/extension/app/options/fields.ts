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
