/**
 * Each place that throws is a situation, and the sentence of its code is what a person reads in it: docs/ERRORS.md has both, side
 * by side. A new place, a new code or another sentence does not pass before somebody has looked at the two together
 * (`npm run errors` writes the page anew).
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { addonCodes, errorCodes } from "../../src/extension/platform/errors.js";
import { membershipCodes, serverCodes } from "../../src/membership/file/errors.js";
import { protocolCodes } from "../../src/openpgp/errors.js";
import { languages, localeOf } from "../extension/fake-host.js";
import { errorsPage, situationsIn } from "./error-situations.js";
import { sources } from "./sources.js";

const project = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const all = sources();
const situations = situationsIn(all);

test("every place that throws is found: by its class, with a code of the class and words for developers", () => {
  const thrown = all.flatMap(({ text }) => [
    ...text.matchAll(/new (?:Protocol|Membership|Addon|ListSeal)Error\(/g),
  ]);
  expect(situations.length).toBe(thrown.length);
  expect(situations.length).toBeGreaterThan(250);
});

test("docs/ERRORS.md shows each situation beside the sentence that is said in it", () => {
  expect(readFileSync(join(project, "docs/ERRORS.md"), "utf8")).toBe(errorsPage(situations, localeOf("en")));
});

test("the unions of the floors have no code in common", () => {
  const codes = [...protocolCodes, ...membershipCodes, ...serverCodes, ...addonCodes];
  expect(new Set(codes).size).toBe(codes.length);
  expect(new Set(codes)).toEqual(new Set(errorCodes));
});

test("no code is kept that nothing says", () => {
  const elsewhere = all
    .filter(({ path }) => !/\/errors$|ui\/failure$/.test(path))
    .map(({ text }) => text)
    .join("\n");
  expect(errorCodes.filter((code) => !elsewhere.includes(`"${code}"`))).toEqual([]);
});

/** Codes about somebody else's message: there is nothing that its reader could do but not believe it. */
const nothingToDo: readonly string[] = [
  ...["not-sealed", "bad-signature", "several-signatures", "not-signed", "wrong-kind", "binding-missing"],
  ...["binding-mismatch", "wrong-author", "unknown-author", "malformed-key-packet", "replayed"],
];

test.each(languages)("in %s each sentence says what happened, and what to do", (language) => {
  const words = localeOf(language);
  const end = language === "ja" ? /。/g : /[.!?](?=\s|$)/g;
  const short = errorCodes
    .filter((code) => !nothingToDo.includes(code))
    .filter((code) => {
      const { message } = words[`error_${code.replaceAll("-", "_")}`] ?? { message: "" };
      return [...message.matchAll(end)].length < 2;
    });
  expect(short).toEqual([]);
});
