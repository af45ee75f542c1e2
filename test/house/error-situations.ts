/** The places in the sources that throw an error of ours, and docs/ERRORS.md, which is made of them. */
import { addonCodes } from "../../src/extension/platform/errors.js";
import { membershipCodes, serverCodes } from "../../src/membership/file/errors.js";
import { protocolCodes } from "../../src/openpgp/errors.js";
import type { Source } from "./sources.js";

/** One place that throws. */
export interface Situation {
  /** Null where the code has come from elsewhere, and the error hands it on. */
  readonly code: string | null;
  /** What happened, for developers. */
  readonly message: string;
  /** Below src. */
  readonly path: string;
}

/** A class, its code as a literal or an expression, and the message as a literal, a template or an expression. */
const site =
  /new (?:Protocol|Membership|Addon|ListSeal)Error\(\s*(?:"([a-z-]+)"|([\w.#]+(?:\([^()]*\))?)),\s*("[^"]*"|`(?:[^`\\]|\\.)*`|[^;]*?)\s*[,)]/g;

export function situationsIn(sources: readonly Source[]): readonly Situation[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(site)].map(([, code, , message = ""]) => ({
      code: code ?? null,
      message: /^["`]/.test(message) ? message.slice(1, -1).replace(/\s+/g, " ") : "(as the caller says)",
      path,
    })),
  );
}

const chapters = [
  [
    "Bytes, signatures, keys, addresses",
    "thrown by `src/openpgp`, `src/protocol` and `src/mail`",
    protocolCodes,
  ],
  ["Files, the record, notices", "thrown by `src/membership`", membershipCodes],
  ["What a list's server refuses", "answered by `src/server`; some are known here already", serverCodes],
  ["The add-on", "thrown by `src/extension`", addonCodes],
] as const;

/** The page, as `npm run errors` writes it. */
export function errorsPage(
  situations: readonly Situation[],
  words: Readonly<Record<string, { readonly message: string }>>,
): string {
  const parts = chapters.map(([title, from, codes]) => {
    const rows = codes.map((code) => {
      const sentence = words[`error_${code.replaceAll("-", "_")}`]?.message ?? "";
      const places = new Set(situations.filter((each) => each.code === code).map(({ message }) => message));
      const list = [...places].map((place) => `- ${place.replaceAll("`", "'")}`).join("\n");
      return `### \`${code}\`\n\n> ${sentence}\n${list === "" ? "" : `\n${list}\n`}`;
    });
    return `## ${title}\n\nCodes ${from}.\n\n${rows.join("\n")}`;
  });
  return `# Errors

For people who change code that fails, and for those who write what people read. Each code belongs to one floor and has one
sentence, in each language of \`public/_locales\`; below it are the situations in which it is thrown, in developers' words. A
sentence has to be true in each of them, and to say what to do next. Where it is not, the situation needs a code of its own.
\`npm run errors\` writes this page; a test compares it.

${parts.join("\n")}`;
}
