/** What the server's package contains may be given away with it, and its licences are in it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { z } from "zod";

const root = new URL("../../", import.meta.url).pathname;

/** Licences under which a module can be part of a package under MPL-2.0. A new one is looked at by a person first. */
const known = ["MIT", "MIT-0", "ISC", "BSD-3-Clause", "Apache-2.0", "LGPL-3.0+"];

const answer = z.object({
  modules: z.array(
    z.object({ name: z.string(), path: z.string(), version: z.string(), license: z.string() }),
  ),
  text: z.string(),
});

test("each module that the server needs has a licence that we know, and stands in the package's copyright file", async () => {
  const script = `import { modulesOf } from "./scripts/modules.mjs"; import { licencesText } from "./scripts/licences.mjs";
    console.log(JSON.stringify({ modules: modulesOf("."), text: licencesText(".") }));`;
  const options = { cwd: root, maxBuffer: 2 ** 24 };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script],
    options,
  );
  const { modules, text } = answer.parse(JSON.parse(stdout));
  const names = modules.map(({ name }) => name);
  for (const name of ["better-sqlite3", "bindings", "openpgp", "pg-types", "nodemailer", "zod"])
    expect(names).toContain(name);
  // only for installing, or for building
  for (const name of ["prebuild-install", "vite", "typescript"]) expect(names).not.toContain(name);
  expect(modules.filter(({ license }) => !known.includes(license))).toEqual([]);
  const paragraphs = text.split("\n\n");
  for (const { path, license } of modules) {
    const paragraph = paragraphs.find((each) => each.startsWith(`Files: lib/${path}/*\n`));
    expect(paragraph).toContain(`\nLicense: ${license}-`);
    expect(paragraph).toMatch(/\nCopyright: \S/);
  }
  // the licence's own words, where Debian does not have them already
  expect(text).toContain("Permission is hereby granted, free of charge");
});
