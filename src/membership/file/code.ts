/**
 * The code of an invitation: made for reading aloud, over a telephone, in any language.
 *
 * Twenty-five digits in five groups: `48213-90175-…`. In each group four digits are random and the fifth checks them, so
 * 20 random digits = 66.4 bits. Digits rather than words: they are the same in every language and script, nobody has to
 * spell them, and no list of words has to be the same on both sides for ever.
 *
 * The check digit is Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", 2004): it finds every wrong digit and
 * every swap of two neighbours. The group's place goes into it, so that groups in the wrong order are found too, and a
 * page can point at the very group that was misheard, before anything is decrypted.
 *
 * The spelling with dashes is the passphrase of the OpenPGP message, so what is shown can be pasted into gpg.
 */
import { MembershipError } from "./errors.js";

/** How many groups a code has. */
export const CODE_GROUPS = 5;

/** How many groups the passphrase of a backup has: 93 random bits. A file that is kept for years, with everything in it. */
export const BACKUP_GROUPS = 7;

const RANDOM_DIGITS = 4;
const GROUP_DIGITS = RANDOM_DIGITS + 1;

/** How many digits a code has. */
export const CODE_DIGITS = CODE_GROUPS * GROUP_DIGITS;

/** Damm's quasigroup of order 10: row = what was read so far, column = the next digit. */
const quasigroup = [
  [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
  [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
  [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
  [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
  [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
  [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
  [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
  [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
  [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
  [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
] as const satisfies readonly (readonly number[])[];

function checkDigit(group: number, digits: readonly number[]): number {
  return digits.reduce((interim, digit) => quasigroup[interim]?.[digit] ?? 0, group);
}

/** `count` digits from the system's random numbers, each as likely as the other. */
function randomDigits(count: number): number[] {
  const digits: number[] = [];
  while (digits.length < count) {
    for (const octet of crypto.getRandomValues(new Uint8Array(count))) {
      // 250 to 255 would make 0 to 5 likelier than 6 to 9
      if (octet < 250 && digits.length < count) digits.push(octet % 10);
    }
  }
  return digits;
}

function makeGroups(count: number): string {
  return Array.from({ length: count }, (_, group) => {
    const digits = randomDigits(RANDOM_DIGITS);
    return [...digits, checkDigit(group, digits)].join("");
  }).join("-");
}

/** A fresh code in its one spelling: five groups of five digits with dashes, 66 random bits. */
export function makeCode(): string {
  return makeGroups(CODE_GROUPS);
}

/** A fresh passphrase for a backup: as a code, of seven groups. */
export function makeBackupPassphrase(): string {
  return makeGroups(BACKUP_GROUPS);
}

/** How far what somebody typed is a code. */
export type TypedCode =
  /** All there, every check digit right; `code` in its one spelling. */
  | { readonly kind: "complete"; readonly code: string }
  /** Right so far; `groups` of them are finished. */
  | { readonly kind: "incomplete"; readonly groups: number }
  /** The first group (from 0) that can't be right. */
  | { readonly kind: "mistyped"; readonly group: number }
  /** Longer than a code, or something in it that is no digit. */
  | { readonly kind: "not-a-code" };

/**
 * What may stand between digits, however people, keyboards and chat programs write it: blanks, dashes and minus signs of
 * any width, dots, commas, the long vowel mark that Japanese keyboards give for a dash, and characters without width.
 */
const between = /[\s\p{Pd}\p{Cf}\u2212\u30FC\uFF70.,\u3001\u3002_]+/gu;

const digitsOf = (text: string) => text.replace(between, "").normalize("NFKC");

/** How many digits were typed so far. */
export const typedDigits = (text: string): number => digitsOf(text).length;

/**
 * Reads a code while it is being typed, in half-width or full-width digits.
 * @param wanted how many groups it has: {@link CODE_GROUPS}, or {@link BACKUP_GROUPS}
 */
export function typedCode(text: string, wanted: number = CODE_GROUPS): TypedCode {
  const digits = digitsOf(text);
  if (!/^[0-9]*$/.test(digits) || digits.length > wanted * GROUP_DIGITS) return { kind: "not-a-code" };
  const groups = digits.match(/.{1,5}/g) ?? [];
  for (const [group, part] of groups.entries()) {
    if (part.length < GROUP_DIGITS) return { kind: "incomplete", groups: group };
    const values = [...part].map(Number);
    if (checkDigit(group, values.slice(0, RANDOM_DIGITS)) !== values[RANDOM_DIGITS]) {
      return { kind: "mistyped", group };
    }
  }
  if (groups.length < wanted) return { kind: "incomplete", groups: groups.length };
  return { kind: "complete", code: groups.join("-") };
}

/**
 * The one spelling of a code that somebody typed.
 * @throws ListSealError `wrong-code` unless it is complete and every check digit fits
 */
export function readCode(text: string): string {
  const typed = typedCode(text);
  if (typed.kind !== "complete") throw new MembershipError("wrong-code", `the code is ${typed.kind}`);
  return typed.code;
}
