/**
 * Takes one check after the other out of a copy of the product, and says which vector notices:
 * `npx tsx test/vectors/membership/mutate.ts [NAME...]`. Ends with 1 if nothing notices one of them.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Group } from "./format.js";
import { mutations } from "./mutations.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The first vector of each group that is not what it says; runs in the copy. */
const PROGRAM = `
  import { readFile } from "node:fs/promises";
  import { castOf } from "./test/vectors/membership/cast.ts";
  import { groups, readVectors, vectorFile } from "./test/vectors/membership/format.ts";
  import { outcomeOf } from "./test/vectors/membership/run.ts";
  const casts = { compatible: await castOf("compatible"), rfc9580: await castOf("rfc9580") };
  // where it is looked for first, and the slow ones last
  const rank = (group) => (group === process.argv[2] ? -2 : ["server", "backup", "invitation"].indexOf(group));
  for (const group of [...groups].sort((one, other) => rank(one) - rank(other))) {
    for (const vector of readVectors(await readFile(vectorFile(group), "utf8"))) {
      const outcome = await outcomeOf(group, vector, casts[vector.profile]).catch((error) => String(error));
      if (outcome !== vector.expect) {
        console.log(group + "/" + vector.name + ": " + outcome);
        process.exit(0);
      }
    }
  }
`;

/** The group that a check of this file is most likely to be noticed by. */
function likeliest(file: string): Group {
  if (file.includes("/server/")) return file.endsWith("proofs.ts") ? "request" : "server";
  const all = {
    "server-card": "card",
    invit: "invitation",
    backup: "backup",
    introduction: "author",
    certification: "author",
  } as const;
  const more = { answer: "answer", notice: "notice", roster: "record" } as const;
  const found = Object.entries({ ...all, ...more }).find(
    ([part]) => file.split("/").at(-1)?.includes(part) || file.includes(`/${part}/`),
  );
  return found?.[1] ?? "request";
}

const wanted = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "listseal-mutate-"));
try {
  for (const name of ["src", "test/vectors", "package.json", "tsconfig.json"])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "program.mts"), PROGRAM);
  for (const { name, file, find, replace } of mutations) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const path = join(folder, file);
    const text = await readFile(path, "utf8");
    if (text.split(find).length !== 2) throw new Error(`${name}: the check does not stand once in ${file}`);
    await writeFile(
      path,
      text.replace(find, () => replace),
    );
    const ran = spawnSync(process.execPath, ["--import", "tsx", "program.mts", likeliest(file)], {
      cwd: folder,
      encoding: "utf8",
    });
    await writeFile(path, text);
    const noticed =
      ran.stdout.trim() || (ran.status === 0 ? "" : `fails: ${ran.stderr.trim().split("\n").at(-1)}`);
    console.log(`${name}: ${noticed || "NOBODY NOTICES"}`);
    if (noticed === "") process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
