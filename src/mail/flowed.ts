/**
 * Text in `format=flowed` (RFC 3676), made whole again: soft line breaks are joined, quoted lines with their own depth.
 *
 * QUIRK: postal-mime 4.0.0 joins flowed lines without looking at the quote marks ("> a \r\n> b" becomes "> a > b"), so
 * such a body is taken as fixed from the parser and joined here. What ListSeal writes is never flowed; other mail
 * programs' messages are.
 */

/** What a Content-Type field says about the text's lines. */
export type Flow = "fixed" | "flowed" | "flowed-delsp";

/** Reads the parameters `format` and `delsp` of a text/plain part. */
export function flowOf(params: Readonly<Record<string, string>>): Flow {
  if (params["format"]?.toLowerCase() !== "flowed") return "fixed";
  return params["delsp"]?.toLowerCase() === "yes" ? "flowed-delsp" : "flowed";
}

interface Line {
  readonly depth: number;
  readonly text: string;
}

/** RFC 3676, 4.2 and 4.4: the quote depth first, then a space that was stuffed. */
function read(line: string): Line {
  const marks = /^>*/.exec(line)?.[0] ?? "";
  const rest = line.slice(marks.length);
  return { depth: marks.length, text: rest.startsWith(" ") ? rest.slice(1) : rest };
}

function write({ depth, text }: Line): string {
  return depth === 0 ? text : `${">".repeat(depth)} ${text}`;
}

/**
 * Joins what was broken softly. Quote depth is kept; a paragraph ends at a change of depth, and the signature mark
 * (`-- `) is a line of its own though it ends in a space.
 */
export function unflow(text: string, flow: Exclude<Flow, "fixed">): string {
  const out: string[] = [];
  let open: Line | undefined;
  for (const raw of text.replace(/\r\n/g, "\n").split("\n")) {
    const line = read(raw);
    const joined: Line =
      open === undefined || open.depth !== line.depth || line.text === "-- "
        ? line
        : { depth: line.depth, text: open.text + line.text };
    if (open !== undefined && joined === line) out.push(write(open));
    const soft = line.text.endsWith(" ") && line.text !== "-- ";
    if (soft) {
      open = flow === "flowed-delsp" ? { ...joined, text: joined.text.slice(0, -1) } : joined;
    } else {
      out.push(write(joined));
      open = undefined;
    }
  }
  if (open !== undefined) out.push(write(open));
  return out.join("\n");
}
