/** Tables as text: what spreadsheets read and write (RFC 4180). */
import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import { BadRequest } from "./administration.js";

/** Cells in which a spreadsheet would see a formula. Attack: a name such as `=HYPERLINK(...)`, opened by an operator. */
const formula = /^[=+\-@\t\r]/;

/** One line, with its end. */
export function csvLine(cells: readonly string[]): string {
  const written = cells.map((cell) => {
    const harmless = formula.test(cell) ? `'${cell}` : cell;
    return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  });
  return `${written.join(",")}\r\n`;
}

const table = z.array(z.array(z.string()));

/**
 * The rows of a table, by the names in its first line, in small letters; separated by commas, semicolons or tabs.
 *
 * @throws BadRequest
 */
export function readCsv(text: string, file: string): readonly ReadonlyMap<string, string>[] {
  const [first = ""] = text.split(/\r?\n/, 1);
  const delimiter = [",", ";", "\t"].find((each) => first.includes(each)) ?? ",";
  let rows: readonly (readonly string[])[];
  try {
    rows = table.parse(
      parse(text, { bom: true, delimiter, skip_empty_lines: true, trim: true, relax_column_count: true }),
    );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new BadRequest(`${file} is not a table of comma-separated values (${error.code})`);
  }
  const names = (rows[0] ?? []).map((name) => name.toLowerCase());
  return rows
    .slice(1)
    .map(
      (cells) =>
        new Map(names.map((name, column) => [name, (cells[column] ?? "").replace(/^'(?=[=+\-@])/, "")])),
    );
}
