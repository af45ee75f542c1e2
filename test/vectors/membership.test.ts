/** Every membership vector is what it says, the files are what their program writes, and no refusal of the document is without one. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { refusalCodes } from "../../src/membership/file/errors.js";
import type { Profile } from "../../src/openpgp/keys.js";
import { castOf, type MembershipCast } from "./membership/cast.js";
import { groups, readVectors, vectorFile } from "./membership/format.js";
import { outcomeOf } from "./membership/run.js";

const casts = new Map<Profile, MembershipCast>();
beforeAll(async () => {
  for (const profile of ["compatible", "rfc9580"] as const) casts.set(profile, await castOf(profile));
});

const casesOf = new Map(groups.map((group) => [group, readVectors(readFileSync(vectorFile(group), "utf8"))]));

test("keys and vectors are what the program writes, octet by octet", () => {
  // in a process of its own: it replaces the platform's randomness
  const program = fileURLToPath(new URL("./membership/make.ts", import.meta.url));
  const ran = spawnSync(process.execPath, ["--import", "tsx", program, "--check"], { encoding: "utf8" });
  expect({ status: ran.status, other: ran.stdout, said: ran.stderr }).toEqual({
    status: 0,
    other: "",
    said: "",
  });
}, 180_000);

describe.each(groups)("%s", (group) => {
  test.each(casesOf.get(group) ?? [])("$name: $expect", async (vector) => {
    const cast = casts.get(vector.profile);
    if (cast === undefined) throw new Error("no cast");
    expect(await outcomeOf(group, vector, cast)).toBe(vector.expect);
  });
});

test("every code that docs/MEMBERSHIP.md refuses with is that of a vector", () => {
  const document = readFileSync(new URL("../../docs/MEMBERSHIP.md", import.meta.url), "utf8");
  const expected = new Set(
    [...casesOf.values()].flat().flatMap(({ expect: words }) => words.split(/[\s:;]+/)),
  );
  // states that a server comes to by restores, bounces and a day's wait: test/server has them
  const byTime = ["server-restored", "old-list-key", "roster-behind", "suspended", "too-often"];
  const roles = ["read-only"];
  // what follows from the operator's settings: test/extension/list-secrets.test.ts has it
  const settings = ["secret-needs-members"];
  const codes = refusalCodes.filter(
    (code) => document.includes(`\`${code}\``) && ![...byTime, ...roles, ...settings].includes(code),
  );
  expect(codes.filter((code) => !expected.has(code))).toEqual([]);
});
