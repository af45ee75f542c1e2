import { type Address, parseAddress, parseMailbox } from "../../mail/mailbox.js";

/** Addresses as people paste them: from a mail's To line, a spreadsheet's column, a chat. Pure. */

/** What became of one pasted piece. */
export interface PastedAddresses {
  /** In canonical form, each once, in the order of the text. */
  readonly addresses: readonly Address[];
  /** Pieces that are no address, as they were pasted. */
  readonly refused: readonly string[];
}

/** More at once is a mistake, and each takes a second of key stretching. */
export const MAX_INVITED_AT_ONCE = 200;

/** The longest piece that is shown back to the person. */
const MAX_SHOWN = 60;

/** `Bob <bob@example.test>` with or without quotes, `mailto:bob@example.test`, or the bare address. */
function addressIn(piece: string): Address | undefined {
  const bare = piece.replace(/^mailto:/i, "");
  for (const read of [parseAddress, (text: string) => parseMailbox(text).address]) {
    try {
      return read(bare);
    } catch {
      // the next way may fit
    }
  }
  const [, angled] = /<([^<>\s]+)>$/.exec(bare) ?? [];
  try {
    return angled === undefined ? undefined : parseAddress(angled);
  } catch {
    return undefined;
  }
}

/** Text outside of quotes, cut at commas, semicolons (of Japanese keyboards, too), tabs and ends of lines. */
const pieces = /"(?:[^"\\]|\\.)*"|[^,;\t\r\n、，；"]+|"/g;
const breaks = /^[,;\t\r\n、，；]+$/;

function split(text: string): readonly string[] {
  const found: string[] = [""];
  let last = 0;
  for (const match of text.matchAll(pieces)) {
    if (match.index > last && breaks.test(text.slice(last, match.index))) found.push("");
    found.push(`${found.pop() ?? ""}${match[0]}`);
    last = match.index + match[0].length;
  }
  return found.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

/** Addresses separated by blanks alone: `bob@example.test carol@example.test`. */
function byBlanks(piece: string): readonly string[] {
  const words = piece.split(/[\s\u3000]+/);
  return words.length > 1 && words.every((word) => addressIn(word) !== undefined) ? words : [piece];
}

/** Reads what was pasted. Never throws: what is no address is told. */
export function pastedAddresses(text: string): PastedAddresses {
  const addresses: Address[] = [];
  const refused: string[] = [];
  for (const piece of split(text).flatMap(byBlanks)) {
    const address = addressIn(piece);
    if (address === undefined) refused.push(piece.slice(0, MAX_SHOWN));
    else if (!addresses.includes(address)) addresses.push(address);
  }
  return { addresses: addresses.slice(0, MAX_INVITED_AT_ONCE), refused };
}
