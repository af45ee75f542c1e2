/**
 * The addresses in a text that can be clicked.
 *
 * Attack: `http://a.....b` with ten thousand dots, of which an expression tries every one as the end of the sentence: the window
 * freezes. So each character is looked at a bounded number of times, whatever the text is.
 */
export interface TextSpan {
  readonly text: string;
  readonly isLink: boolean;
}

/** Longer ones are text: nobody checks where they lead, and no honest one comes near. */
const MAX_LINK = 2_000;
/** Attack: a text of nothing but addresses, each an element. */
const MAX_LINKS = 1_000;

const scheme = /(?:^|[^a-z0-9_])(https?|mailto)$/i;
const LONGEST_SCHEME = "?mailto".length;
/** Up to white space, or what stands around an address. */
const address = /[^\s<>"'`{}|\\^]*/y;
/** Ends a sentence and not an address. */
const TRAILING = ".,;:!?)]";

/**
 * A text in pieces; together they are the text.
 * @param looked is told how many characters were looked at, for the test that bounds them
 */
export function piecesOf(
  text: string,
  looked: (characters: number) => void = () => undefined,
): readonly TextSpan[] {
  const pieces: TextSpan[] = [];
  let done = 0;
  let links = 0;
  for (let colon = text.indexOf(":"); colon >= 0 && links < MAX_LINKS; ) {
    const before = text.slice(Math.max(done, colon - LONGEST_SCHEME), colon);
    looked(before.length + 3);
    const name = scheme.exec(before)?.[1];
    if (name === undefined || (name.length < 6 && !text.startsWith("//", colon + 1))) {
      colon = text.indexOf(":", colon + 1);
      continue;
    }
    address.lastIndex = colon;
    const end = colon + (address.exec(text)?.[0].length ?? 0);
    let last = end;
    while (TRAILING.includes(text.charAt(last - 1))) last -= 1;
    looked(end - colon + (end - last));
    const start = colon - name.length;
    const isEmpty = last <= colon + (name.length < 6 ? "://".length : ":".length);
    if (!isEmpty && last - start <= MAX_LINK) {
      pieces.push({ text: text.slice(done, start), isLink: false });
      pieces.push({ text: text.slice(start, last), isLink: true });
      done = last;
      links += 1;
    }
    colon = text.indexOf(":", Math.max(end, colon + 1));
  }
  pieces.push({ text: text.slice(done), isLink: false });
  looked(text.length);
  return pieces;
}
