/** What docs/MEMBERSHIP.md says is so: its examples, its lists of fields and commands, and that no code is left out. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { typedCode } from "../../src/membership/file/code.js";
import { membershipCodes, serverCodes } from "../../src/membership/file/errors.js";
import { reportEvents } from "../../src/membership/request/answer-result.js";
import { commandNames } from "../../src/membership/request/command-names.js";
import { hashedText, NO_PREVIOUS, recordedCommands } from "../../src/membership/roster/log.js";
import { declarationOf, type SchemaName, schemas } from "./schemas.js";

const document = readFileSync(new URL("../../docs/MEMBERSHIP.md", import.meta.url), "utf8");

test("its examples are objects that the product reads", () => {
  const examples = [...document.matchAll(/```json\n([^`]*)```/g)].map(([, text = ""]) => JSON.parse(text));
  const names = (kind: string): SchemaName => (kind === "new-list-key" ? "notice" : schemaNamed(kind));
  const kinds = examples.map((example) => {
    declarationOf(names(example.kind))(example);
    return example.kind;
  });
  expect(kinds.sort()).toEqual(["answer", "card", "invitation", "new-list-key", "receipt", "request"]);
});

function schemaNamed(kind: string): SchemaName {
  const all = ["card", "invitation", "request", "answer", "receipt", "backup"] as const;
  const found = all.find((name) => name === kind);
  if (found === undefined) throw new Error(`no schema for ${kind}`);
  return found;
}

test("the entry that it shows has the hash that it shows; the code's check digit is right", () => {
  const [, entry = "", hash] =
    /^ {4}(\{"do":"create".*\})\n\nhas the hash\s+`([0-9a-f]{64})`/m.exec(document) ?? [];
  const text = hashedText(1, NO_PREVIOUS, entry);
  expect(hash).toBe(createHash("sha256").update(text).digest("hex"));
  expect(typedCode("48217", 1)).toEqual({ kind: "complete", code: "48217" });
  expect(document).toContain("`48217`");
});

/** The rows of the tables, by the words in their first cell. */
const rows = document
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const rowOf = (name: string) => rows.find(([first = ""]) => first.split(/,\s*/).includes(`\`${name}\``));

test("every command has its row, with its fields, and says whether it is recorded", () => {
  const kinds: unknown = schemas.get("request")?.["allOf"];
  const variants: readonly { properties: Record<string, { const?: string }> }[] = Array.isArray(kinds)
    ? kinds[1].oneOf
    : [];
  for (const name of commandNames) {
    const cells = rowOf(name) ?? [];
    expect([name, cells.at(-1)]).toEqual([
      name,
      recordedCommands.some((each) => each === name) ? "yes" : "no",
    ]);
    const fields = variants.find(({ properties }) => properties["do"]?.const === name)?.properties ?? {};
    const left = Object.keys(fields).filter((field) => field !== "do" && !cells[1]?.includes(`\`${field}\``));
    expect([name, left]).toEqual([name, []]);
  }
});

test("every field of every object is named, and every word that it may be", () => {
  const words = new Set<string>(reportEvents);
  const visit = (schema: unknown): void => {
    if (Array.isArray(schema)) schema.forEach(visit);
    else if (typeof schema === "object" && schema !== null) {
      for (const [name, value] of Object.entries(schema)) {
        if (name === "properties") for (const field of Object.keys(value)) words.add(field);
        if (name === "const" && typeof value === "string") words.add(value);
        if (name === "enum") for (const word of value) words.add(word);
        visit(value);
      }
    }
  };
  for (const schema of schemas.values()) visit(schema);
  words.delete("listseal");
  const named = new Set(
    [...document.matchAll(/`([^`\n]+)`/g)].flatMap(([, text = ""]) => text.split(/[^\w-]+/)),
  );
  expect([...words].filter((word) => !named.has(word))).toEqual([]);
});

test("every code of files, proofs and commands has its place", () => {
  // said of posts in FORMAT.md, and of the person at the machine in ADDON.md
  const elsewhere = ["replayed", "message-id-reused", "read-only", "owners-key"];
  const codes = [...membershipCodes, ...serverCodes].filter((code) => !elsewhere.includes(code));
  expect(codes.filter((code) => !document.includes(`\`${code}\``))).toEqual([]);
});
