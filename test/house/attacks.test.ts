/** `npm run attacks` is as strict as it says: what failed, did not run or is not there is no defence that was seen. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const lines = new URL("../../scripts/attack-lines.mjs", import.meta.url);

/** What the program counts and prints for one attack, shown by the tests "succeeds: %s" and "fails". */
async function counted(ran: readonly (readonly [title: string, status: string])[]) {
  const file = "test/attacks/x.test.ts";
  const attacks = [
    {
      ...{ section: "S", attack: "an attack" },
      ...{ without: [{ file, name: "succeeds: %s" }], against: [{ file, name: "fails" }] },
    },
  ];
  const found = ran.map(([title, status]) => ({ file, title, status }));
  const program = `import { printAttacks } from ${JSON.stringify(lines.href)};
    console.log(JSON.stringify(printAttacks(${JSON.stringify(attacks)}, ${JSON.stringify(found)})));`;
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], {
    cwd,
  });
  return stdout;
}

test.each([
  [
    "both as they should be",
    [
      ["a succeeds: here", "passed"],
      ["it fails", "passed"],
    ],
    "pass | pass",
    1,
  ],
  [
    "one of several failed",
    [
      ["a succeeds: x", "passed"],
      ["succeeds: y", "failed"],
      ["fails", "passed"],
    ],
    "FAIL | pass",
    0,
  ],
  [
    "the refusal was skipped",
    [
      ["succeeds: x", "passed"],
      ["fails", "skipped"],
    ],
    "pass | FAIL",
    0,
  ],
  ["nothing of that name ran", [["succeeds: x", "passed"]], "pass | FAIL", 0],
] as const)("%s", async (_, ran, line, passed) => {
  const stdout = await counted(ran);
  expect(stdout).toContain(`${line} | an attack`);
  expect(stdout).toContain(JSON.stringify({ passed, failed: 1 - passed, skipped: 0 }));
});
