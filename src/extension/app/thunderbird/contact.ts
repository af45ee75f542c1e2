import { AddonError } from "../../platform/errors.js";
import { thunderbird } from "../../platform/thunderbird.js";

/** A list in the person's address book: Thunderbird then completes its address as it is typed. */

/** A value of a vCard (RFC 6350, 3.4). Attack: a list whose name ends its line and goes on with a field of its own. */
const escaped = (value: string): string =>
  value.replace(/[\p{Cc}\p{Cf}]/gu, " ").replace(/[\\,;]/g, (character) => `\\${character}`);

/** A list as a vCard 4.0. */
export function cardOf({ name, address }: { readonly name: string; readonly address: string }): string {
  const lines = ["BEGIN:VCARD", "VERSION:4.0", `FN:${escaped(name)}`, `EMAIL;PREF=1:${escaped(address)}`];
  return [...lines, "END:VCARD", ""].join("\r\n");
}

/** Whether a vCard has this very address: another's may end with it. */
export function hasAddress(vCard: string, address: string): boolean {
  const fields = vCard.toLowerCase().split(/\r?\n/);
  const isEmail = (field: string) => /^([^:;]+\.)?email[:;]/.test(field);
  return fields.some(
    (field) => isEmail(field) && field.slice(field.lastIndexOf(":") + 1).trim() === escaped(address),
  );
}

/**
 * Puts a list's address into the first address book of this computer, unless one of the person's has it.
 * @throws ListSealError `cancelled` without the right, `storage-failed` if it could not be written
 */
export async function addContact(list: { readonly name: string; readonly address: string }): Promise<void> {
  const { addressBooks } = thunderbird();
  if (addressBooks === undefined) throw new AddonError("cancelled", "the right was not granted");
  const found = await addressBooks.contacts.query({ searchString: list.address });
  if (found.some(({ vCard = "" }) => hasAddress(vCard, list.address))) return;
  const books = await addressBooks.list();
  const book = books.find(({ readOnly, remote }) => readOnly !== true && remote !== true) ?? books[0];
  try {
    if (book === undefined) throw new Error("no address book");
    await addressBooks.contacts.create(book.id, cardOf(list));
  } catch (cause) {
    throw new AddonError("storage-failed", "the address could not be written", { cause });
  }
}
