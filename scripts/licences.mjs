/** The licences of all that the server's package contains, in Debian's form (copyright-format 1.0), from the modules' own files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { modulesOf } from "./modules.mjs";

/** A module that says so in a way of its own. */
const licenceFile = /^(?:licen[cs]e|copying)(?:[.-](?:md|txt|mit))?$/i;

function licenceOf(license, text) {
  const [, common] = COMMON.find(([pattern]) => pattern.test(license)) ?? [];
  if (common !== undefined) return `The whole text is in /usr/share/common-licenses/${common}.`;
  return text === "" ? `${license}, by its package.json` : text;
}

const indented = (text) =>
  text
    .trim()
    .split(/\r?\n/)
    .map((line) => (line.trim() === "" ? " ." : ` ${line.trimEnd()}`))
    .join("\n");

/** What every Debian system has, and no package repeats. */
const COMMON = [
  [/^Apache-2\.0/, "Apache-2.0"],
  [/^LGPL-3/, "LGPL-3"],
];

/** @param {string} root of the project */
export function licencesText(root) {
  const paragraphs = modulesOf(root).map(({ name, path, version, license }) => {
    const folder = join(root, path);
    const file = readdirSync(folder).find((each) => licenceFile.test(each));
    const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8");
    const holders = [...text.matchAll(/^.*copyright.*\d{4}.*$/gim)].map(([line]) => line.trim());
    const { author, contributors } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const by = [author, contributors?.[0]]
      .map((each) => (typeof each === "string" ? each : each?.name))
      .find((each) => each);
    return `Files: lib/${path}/*
Copyright: ${holders.length > 0 ? holders.join("\n           ") : (by ?? `the authors of ${name}`)}
License: ${license}-${name.replaceAll(/[^a-z0-9.-]/gi, "-")}
Comment: ${name} ${version}

License: ${license}-${name.replaceAll(/[^a-z0-9.-]/gi, "-")}
${indented(licenceOf(license, text))}
`;
  });
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: ListSeal

Files: *
Copyright: The authors of ListSeal
License: MPL-2.0

License: MPL-2.0
 The whole text is in /usr/share/common-licenses/MPL-2.0.

${paragraphs.join("\n")}`;
}
