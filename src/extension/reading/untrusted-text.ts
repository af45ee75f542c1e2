/**
 * Text of others in a line of ours.
 *
 * Attacks: marks that turn the direction around, so that the end of a name reads as our words; invisible characters, by which two
 * names look the same; a name so long that our words are pushed out of sight, or that itself says "owner of the list · came through the list".
 */

/** Control characters and what has no shape of its own; the joiners of Indic scripts and emoji stay. */
const invisible =
  /[\p{Cc}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}|[\u115f\u1160\u3164\uffa0\u2800]/gu;
/** Marks stacked upon a character paint over the lines around it. */
const stacked = /(\p{M}{3})\p{M}+/gu;

/** One line of text, visible as it is, of at most `limit` characters. */
export function presentable(text: string, limit: number): string {
  // attack: a subject of megabytes; what is cut off below is not looked at
  const line = text
    .slice(0, limit * 8)
    .replace(invisible, " ")
    .replace(stacked, "$1")
    .replace(/\s+/gu, " ")
    .trim();
  const characters = Array.from(line);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : line;
}

export const SUBJECT_LIMIT = 250;
export const NAME_LIMIT = 40;

/** Signs by which our own line is divided, and an address is known. */
const ours = /[·•‧∙⋅・･|,;:<>()[\]{}"“”„«»「」『』]/gu;

/** A name that somebody gave themselves, as it may be quoted in a line of ours; null if nothing is left, or it poses as an address. */
export function quotableName(name: string | null): string | null {
  if (name === null || /[@＠﹫]/u.test(name)) return null;
  const text = presentable(name.replace(ours, " "), NAME_LIMIT);
  return text === "" ? null : text;
}

/** Letters of other scripts, and signs, that look like Latin ones (of Unicode's confusables those that names are forged with). */
const twins: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...[
      "aаα",
      "bЬв",
      "cсϲ",
      "dԁ",
      "eеєε",
      "gɡ",
      "hһнη",
      "iіιı1l|!",
      "jј",
      "kкκ",
      "mм",
      "nпո",
      "oоοσ0օ",
      "pрρ",
      "qԛ",
      "rг",
    ],
    ...["sѕ", "tтτ", "uυսц", "vνѵ", "wԝω", "xхχ", "yуүγ", "zᴢ"],
  ].flatMap((row) => {
    const [latin = "", ...others] = Array.from(row.toLowerCase());
    return others.map((other) => [other, latin] as const);
  }),
);

/** What two names have in common if people take one for the other: without case, spaces, accents and look-alikes. */
export function skeletonOf(name: string): string {
  const plain = name
    .slice(0, 400)
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}|!]/gu, "");
  return Array.from(plain, (character) => twins[character] ?? character)
    .join("")
    .replace(/rn/g, "m")
    .replace(/vv/g, "w");
}
