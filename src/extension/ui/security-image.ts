import { object, text } from "../../membership/file/check.js";
import { keptRecord } from "../records/storage.js";

/**
 * The person's mark: four digits and a small picture, by chance, at the top of what ListSeal shows among what others have
 * written: a frame in a webmail, an opened mail in Thunderbird. A webmail page or a mail can paint something that looks like
 * it, and ask for a passphrase in it or pretend a verdict; it can't paint a mark that it has never seen. Digits and shapes
 * need no language.
 */
export interface SecurityImage {
  /** Four digits. */
  readonly digits: string;
  /** 5 rows of 3 cells; the last two columns mirror the first two. */
  readonly cells: readonly boolean[];
}

const kept = object<{ readonly seed: string }>({ seed: text });
const record = keptRecord<{ readonly seed: string } | null>("mark", (value) =>
  value === undefined || value === null ? null : kept(value),
);

const CELLS = 15;

function newSeed(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** The mark that a seed stands for. Pure. */
export function markOf(seed: string): SecurityImage {
  const number = Number.parseInt(seed, 16);
  const digits = String(number % 10_000).padStart(4, "0");
  const bits = Math.floor(number / 10_000);
  return {
    digits,
    cells: Array.from({ length: CELLS }, (_, cell) => Math.floor(bits / 2 ** cell) % 2 === 1),
  };
}

/** The mark of this installation; made when it is first asked for. */
export async function loadMark(): Promise<SecurityImage> {
  const seed = await record.update((before) => {
    const now = before ?? { seed: newSeed() };
    return { stored: now, result: now.seed };
  });
  return markOf(seed);
}

/** Another mark in place of this one: for a person who fears that somebody has seen it. */
export async function changeMark(): Promise<SecurityImage> {
  const seed = newSeed();
  await record.update(() => ({ stored: { seed }, result: undefined }));
  return markOf(seed);
}
