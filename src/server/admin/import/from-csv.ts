/** A table of people: `address`, and as far as there are such columns `name`, `role`, `key` (a file) or `certificate` (base64). */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseAddress } from "../../../mail/mailbox.js";
import { ListSealError } from "../../../openpgp/errors.js";
import { codeForLog } from "../../base/log.js";
import { roles } from "../../store/store.js";
import { BadRequest } from "../administration.js";
import { readCsv } from "../csv.js";
import { type CertificatePool, readCertificates, splitCertificates } from "./certificates.js";
import type { ImportedPerson, ImportSource } from "./source.js";

/** What people call the column of addresses, Mailman's and Schleuder's exports among them. */
const addressColumns = ["address", "email", "e-mail", "mail"];

/** @param keys certificates that are looked up by address for those whose line has none @throws BadRequest */
export async function importFromCsv(file: string, keys: CertificatePool): Promise<ImportSource> {
  const { rows, column } = await readTable(file);
  const people: ImportedPerson[] = [];
  for (const [index, row] of rows.entries()) {
    const where = `${file}, line ${index + 2}`;
    const address = addressIn(row.get(column) ?? "", where);
    const name = row.get("name") ?? "";
    const word = row.get("role") ?? "";
    const role = roles.find((each) => each === (word === "" ? "member" : word));
    if (role === undefined) throw new BadRequest(`${where}: the role must be one of ${roles.join(", ")}`);
    people.push({
      address,
      ...(name === "" ? {} : { name }),
      role,
      isPaused: false,
      certificates: await certificatesOf(row, file, address, keys),
    });
  }
  return { origin: `${file}, ${people.length} lines`, people, lost: [] };
}

/** The addresses in a table. @throws BadRequest */
export async function addressesInCsv(file: string): Promise<readonly string[]> {
  const { rows, column } = await readTable(file);
  return rows.map((row, index) => addressIn(row.get(column) ?? "", `${file}, line ${index + 2}`));
}

/** A table, and which of its columns has the addresses. */
async function readTable(file: string) {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new BadRequest(`${file} can't be read (${codeForLog(error)})`);
  }
  const rows = readCsv(text, file);
  const column = addressColumns.find((name) => rows[0]?.has(name));
  if (column === undefined) {
    throw new BadRequest(`the first line of ${file} must name the columns, among them address`);
  }
  return { rows, column };
}

async function certificatesOf(
  row: ReadonlyMap<string, string>,
  file: string,
  address: ImportedPerson["address"],
  keys: CertificatePool,
): Promise<readonly Uint8Array[]> {
  const inline = row.get("certificate") ?? "";
  if (inline !== "") return splitCertificates(Buffer.from(inline, "base64"));
  const key = row.get("key") ?? "";
  // the file was named for this person, whatever its User IDs say
  if (key !== "") return (await readCertificates(resolve(dirname(file), key))).all;
  return keys.of(address);
}

function addressIn(text: string, where: string): ImportedPerson["address"] {
  try {
    return parseAddress(text);
  } catch (error) {
    if (!(error instanceof ListSealError)) throw error;
    throw new BadRequest(`${where}: ${JSON.stringify(text)} is not a mail address`);
  }
}

/** Everybody who is named in certificates. */
export function importFromKeys(path: string, keys: CertificatePool): ImportSource {
  const people = keys.people.map((person) => ({ ...person, role: "member" as const, isPaused: false }));
  const lost = keys.unread === 0 ? [] : [`${keys.unread} certificates that can't be read`];
  return { origin: `${path}, certificates for ${people.length} addresses`, people, lost };
}
