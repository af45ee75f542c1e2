/**
 * The commands in the operators' documents are run as they stand there, or, where they need a machine (test/e2e/first-mail.test.ts) or
 * somebody else's software, looked up: every command and option exists.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { armorSealingKey, generateKey, generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { ListSealCommand } from "./command.js";

/** And how many commands each names at least. */
const DOCUMENTS = [
  ["OPERATING", 25],
  ["MOVING", 4],
] as const;
/** Commands that have commands of their own. */
const GROUPS = ["list", "member", "queue", "import", "config"];

let folder: string;
let command: ListSealCommand;

const read = (name: string) => readFile(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");

/** The indented lines of a part of a document. */
function linesOf(text: string, heading: string): readonly string[] {
  const [, part = ""] = text.split(`\n${heading}\n`);
  return (part.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    "))
    .map((line) => line.trim());
}

/** Every `listseal-server ...` of a document, in its blocks and in its sentences. */
function commandsOf(text: string): readonly string[] {
  const spans = [...text.matchAll(/`(?:apt[^`]*|)?(listseal-server\s[^`]+)`/g)].map(([, span = ""]) => span);
  const lines = [...text.matchAll(/^ {4,}(?:podman exec listseal )?(listseal-server .*)$/gm)].map(
    ([, line = ""]) => line,
  );
  return [...spans, ...lines].map((each) =>
    each
      .replace(/ {2,}#.*$/, "")
      .replaceAll(/\s+/g, " ")
      .trim(),
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-documented-"));
  command = await ListSealCommand.build();
});
afterAll(async () => {
  await command.discard();
  await rm(folder, { recursive: true });
});

test("the first list by hand: OPERATING's commands, one after the other, as they stand there", async () => {
  const data = join(folder, "data");
  await command.good("--data", data, "init");
  // as root finds it where the package has put the settings
  await mkdir(join(folder, "bin"));
  const program = join(folder, "bin/listseal-server");
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${command.path}' --data '${data}' "$@"\n`);
  await chmod(program, 0o755);
  const team = parseAddress("team@lists.example");
  const alice = { address: parseAddress("alice@people.example"), name: "Alice" };
  const keys = {
    "list.asc": await generateKey("list", { address: team, profile: "compatible" }),
    "alice.asc": await generateMemberKey({ ...alice, profile: "compatible" }),
  };
  for (const [name, key] of Object.entries(keys))
    await writeFile(join(folder, name), armorSealingKey(sealingHalf(key)));

  const lines = linesOf(await read("OPERATING"), "## The first list");
  expect(lines.filter((line) => line.startsWith("listseal-server "))).toHaveLength(4);
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}` };
  await promisify(execFile)("sh", ["-euc", lines.join("\n")], { cwd: folder, env });
  expect(await command.good("--data", data, "member", "list", team)).toMatch(/alice@people\.example.*owner/);
  // and the one of "Keys"
  const more = linesOf(await read("OPERATING"), "## Keys").filter((line) =>
    line.startsWith("listseal-server list "),
  );
  expect(more).toHaveLength(1);
  const { stdout } = await promisify(execFile)("sh", ["-euc", more.join("\n")], { cwd: folder, env });
  expect(stdout).toMatch(/[0-9A-F]{4} [0-9A-F]{4}/);
});

/** What of a command there is none of: itself, or options. */
async function unknownIn(said: string): Promise<readonly string[]> {
  const words = said.replace(/^listseal-server (?:--(?:config|data) \S+ )?/, "").split(" ");
  const [first = "", second = ""] = words;
  // options of the program itself
  if (first.startsWith("--")) return [];
  const name = (GROUPS.includes(first) ? [first, second] : [first]).join(" ");
  const { out } = await command.run([...name.split(" "), "--help"]);
  if (!out.startsWith(`Usage: listseal-server ${name}`)) return [name];
  const options = words.flatMap((word) => /^--[a-z-]+/.exec(word)?.[0] ?? []);
  return options.filter((option) => option !== "--help" && !new RegExp(`^ .*${option}\\b`, "m").test(out));
}

test.each(DOCUMENTS)("every command and option that %s names exists", async (document, least) => {
  const commands = commandsOf(await read(document));
  expect(commands.length).toBeGreaterThanOrEqual(least);
  for (const said of commands) expect([said, ...(await unknownIn(said))]).toEqual([said]);
});

test("what there is none of would be noticed", async () => {
  expect(await unknownIn("listseal-server list create team@lists.example --title Team")).toEqual(["--title"]);
  expect(await unknownIn("listseal-server list dance team@lists.example")).toEqual(["list dance"]);
  expect(await unknownIn("listseal-server dance")).toEqual(["dance"]);
});
