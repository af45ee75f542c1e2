/**
 * The addresses in a text that can be clicked.
 *
 * Attack: `http://a.....b` with ten thousand dots, of which an expression tries every one as the end of the sentence: the window
 * freezes. So each character is looked at a bounded number of times, whatever the text is.
 */
export interface TextSpan {
  readonly text: string;
  /** Where it leads; null for text that is none. */
  readonly address: string | null;
}

/** Longer ones are text: nobody checks where they lead, and no honest one comes near. */
const MAX_LINK = 2_000;
/** Attack: a text of nothing but addresses, each an element. */
const MAX_LINKS = 1_000;

/** What an address is found by. */
const sign = /:|@|www\./gi;
const scheme = /(?:^|[^a-z0-9_])(https?|mailto)$/i;
const LONGEST_SCHEME = "?mailto".length;
/** Up to white space, or what is around an address. */
const address = /[^\s<>"'`{}|\\^]*/y;
/** Ends a sentence and not an address. */
const TRAILING = ".,;:!?)]";
/** The name of a mailbox in front of its `@` (RFC 5321: at most 64 characters), and a domain with a dot (at most 255). */
const mailboxName = /(?:^|[^a-z0-9._%+\-@/:])([a-z0-9][a-z0-9._%+-]{0,63})$/i;
const domain = /^(?:[a-z0-9][a-z0-9-]{0,62}\.){1,20}[a-z]{2,63}(?![a-z0-9-])/i;
const [LONGEST_NAME, LONGEST_DOMAIN] = [65, 255] as const;

/** Where an address is in a text. */
interface Found {
  readonly start: number;
  readonly end: number;
  /** What is before it when it is written out. */
  readonly prefix: "" | "http://" | "mailto:";
}

/**
 * A text in pieces; together they are the text. Addresses of the web and of mailboxes are links, also without a scheme, as in
 * Thunderbird.
 * @param looked is told how many characters were looked at, for the test that bounds them
 */
export function piecesOf(
  text: string,
  looked: (characters: number) => void = () => undefined,
): readonly TextSpan[] {
  const pieces: TextSpan[] = [];
  let done = 0;
  let links = 0;
  sign.lastIndex = 0;
  // no character is looked at again from the next sign on: neither before nor behind it
  for (let floor = 0, at = sign.exec(text); at !== null && links < MAX_LINKS; at = sign.exec(text)) {
    const found = foundAt(text, at.index, Math.max(done, floor), looked);
    floor = at.index + 1;
    if (found === undefined) continue;
    sign.lastIndex = Math.max(sign.lastIndex, found.end);
    const link = text.slice(found.start, found.end);
    if (link.length > MAX_LINK) continue;
    pieces.push({ text: text.slice(done, found.start), address: null });
    pieces.push({ text: link, address: found.prefix + link });
    done = found.end;
    links += 1;
  }
  pieces.push({ text: text.slice(done), address: null });
  looked(text.length);
  return pieces;
}

/** The address that the sign at `at` is of. Nothing before `floor` belongs to it. */
function foundAt(
  text: string,
  at: number,
  floor: number,
  looked: (characters: number) => void,
): Found | undefined {
  switch (text.charAt(at)) {
    case ":": {
      const before = text.slice(Math.max(floor, at - LONGEST_SCHEME), at);
      looked(before.length + 3);
      const name = scheme.exec(before)?.[1];
      if (name === undefined || (name.length < 6 && !text.startsWith("//", at + 1))) return undefined;
      const end = endOf(text, at, looked);
      const isEmpty = end <= at + (name.length < 6 ? "://".length : ":".length);
      return isEmpty ? undefined : { start: at - name.length, end, prefix: "" };
    }
    case "@": {
      const before = text.slice(Math.max(floor, at - LONGEST_NAME), at);
      const behind = text.slice(at + 1, at + 1 + LONGEST_DOMAIN);
      looked(before.length);
      const name = mailboxName.exec(before)?.[1];
      if (name === undefined) return undefined;
      const host = domain.exec(behind)?.[0];
      looked(host?.length ?? behind.search(/[^a-z0-9.-]|$/i));
      return host === undefined
        ? undefined
        : { start: at - name.length, end: at + 1 + host.length, prefix: "mailto:" };
    }
    default: {
      const before = text.slice(Math.max(floor, at - 1), at);
      if (/[a-z0-9_@./-]/i.test(before)) return undefined;
      const end = endOf(text, at, looked);
      return end <= at + "www.a".length ? undefined : { start: at, end, prefix: "http://" };
    }
  }
}

/** Where an address ends that is written on from `at`, without the signs that end a sentence. */
function endOf(text: string, at: number, looked: (characters: number) => void): number {
  address.lastIndex = at;
  const end = at + (address.exec(text)?.[0].length ?? 0);
  let last = end;
  while (TRAILING.includes(text.charAt(last - 1)) && last > at) last -= 1;
  looked(end - at + (end - last));
  return last;
}
