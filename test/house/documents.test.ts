/** What the documents say of the code is so: tests that are named exist, and every refusal has its place. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { errorCodes } from "../../src/extension/platform/errors.js";
import { INSTALL_PAGE } from "../../src/extension/ui/install-page.js";
import { memberNotice, submissionNotice } from "../../src/mail/fixed-texts.js";
import { authorType, fileNameOf, partTypes } from "../../src/mail/part-types.js";
import { introductionType } from "../../src/mail/payload.js";
import { bindingNames, type Kind } from "../../src/protocol/binding.js";
import { faults } from "../../src/server/admin/diagnosis.js";

const project = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const read = (path: string) => readFileSync(join(project, path), "utf8");
const pages = readdirSync(join(project, "docs")).filter((name) => name.endsWith(".md"));

/** The cells of every row of the tables in a page, without heads. */
function rowsOf(page: string): readonly (readonly string[])[] {
  return read(page)
    .split("\n")
    .filter((line, index, lines) => line.startsWith("|") && !lines[index + 1]?.startsWith("| --"))
    .filter((line) => !line.startsWith("| --"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("installing is step 0", () => {
  const packing = JSON.stringify(new URL("../../scripts/package.mjs", import.meta.url).href);
  /** Why `npm run package -- --release` packs nothing. @param page null: the page that the sources name */
  const obstacle = (page: string | null): string => {
    const program = `import { installPageObstacle as why } from ${packing};
      process.stdout.write(why(${page === null ? "" : JSON.stringify(page)}) ?? "none");`;
    return execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  };

  test("where the add-on is has one name: in what invitations say, in docs/INSTALL.md, and what leads there", () => {
    expect(read("docs/INSTALL.md")).toContain(`<${INSTALL_PAGE}>`);
    expect(read("README.md")).toContain("(docs/INSTALL.md)");
    expect(read("docs/JOINING.md")).toContain("(INSTALL.md)");
  });

  test.each([
    ["https://listseal.example/install", "placeholder"],
    ["https://www.example.org/install", "placeholder"],
    ["http://lists.people.net/install", "not on https"],
    ["", "no address"],
  ])("a release is not packed with %j", (page, words) => {
    expect(obstacle(page)).toContain(words);
  });

  test("a release is packed once it is set, and what the sources name is looked at", () => {
    expect(obstacle("https://lists.people.net/install")).toBe("none");
    expect(obstacle(null)).toBe(obstacle(INSTALL_PAGE));
  });
});

describe("docs/ATTACKS.md", () => {
  const rows = rowsOf("docs/ATTACKS.md");
  /** `file`: "name", "name" */
  const testsIn = (cell: string) =>
    [...cell.matchAll(/`((?:test|proofs)\/[^`]+)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(
      ([, file = "", names = ""]) =>
        [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name })),
    );

  test("every attack has a test in which it succeeds, and one in which it fails", () => {
    expect(rows.length).toBeGreaterThan(50);
    const without = rows.filter(
      (cells) => cells.length !== 4 || cells.slice(2).some((c) => !testsIn(c).length),
    );
    expect(without.map(([attack]) => attack)).toEqual([]);
  });

  test("every test that it names exists", () => {
    const named = rows.flatMap((cells) => cells.slice(2).flatMap(testsIn));
    expect(named.filter(({ file, name }) => !read(file).includes(name))).toEqual([]);
  });

  test("every test of test/attacks that shows an attack or its refusal belongs to a line: no file is left out", () => {
    const text = read("docs/ATTACKS.md");
    const files = readdirSync(join(project, "test/attacks")).filter((name) => name.endsWith(".test.ts"));
    expect(files.filter((name) => !text.includes(`test/attacks/${name}`))).toEqual([]);
  });
});

describe("docs/SEED.md", () => {
  const text = read("docs/SEED.md");
  const tests = readdirSync(join(project, "test"), { recursive: true, encoding: "utf8" });
  /** Where a file that the page names lies: by its path, or a test by its name alone if no other is called so. */
  function placeOf(named: string): string | undefined {
    if (existsSync(join(project, named))) return named;
    const [only, ...more] = tests.filter((path) => path.endsWith(`/${named}`));
    return only === undefined || more.length > 0 ? undefined : join("test", only);
  }
  const isFile = (named: string) => /\/|\.(?:ts|mjs|md)$/.test(named) && !named.startsWith("--");
  const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = ""]) => name).filter(isFile);

  test("every step and claim of the seed has its file and its test", () => {
    expect(named.length).toBeGreaterThan(60);
    const rows = rowsOf("docs/SEED.md").filter(([first = ""]) => /^\d/.test(first));
    expect(rows.filter((cells) => cells.some((cell) => cell === ""))).toEqual([]);
    // 201 to 212, 401 to 415, claims 1 to 5: none left out
    const numbers = rows.flatMap(([cell = ""]) => {
      const [from = 0, to = from] = cell.split(/, | to /).map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(numbers).toEqual([...range(201, 212), ...range(401, 415), ...range(1, 5)]);
  });

  test("every file that it names exists", () => {
    expect(named.filter((name) => placeOf(name) === undefined)).toEqual([]);
  });

  test("every test that it names by its words exists; what it names of a file is in it", () => {
    const quoted = [...text.matchAll(/`([^`]+\.test\.ts)`(?:: |, )"([^"]+)"/g)];
    expect(quoted.length).toBeGreaterThan(4);
    const parts = [...text.matchAll(/`([^`]+\.ts)` \(`(\w+)`\)/g)];
    expect(parts.length).toBeGreaterThan(3);
    const absent = [...quoted, ...parts].filter(([, file = "", words = ""]) => {
      const place = placeOf(file);
      // "Eve ... opens neither leg": the words between are left out
      return place === undefined || !words.split(" ... ").every((each) => read(place).includes(each));
    });
    expect(absent.map(([all]) => all)).toEqual([]);
  });
});

test("docs/OPERATING.md says more about each fault that doctor names, and about no other", () => {
  const [, table = ""] = read("docs/OPERATING.md").split("| doctor says");
  const rows = table.split("\n\n", 1)[0]?.split("\n").slice(2) ?? [];
  const named = rows.flatMap((row) => {
    const [, first = ""] = row.split("|");
    return [...first.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);
  });
  expect(named.sort()).toEqual([...faults].sort());
});

test("every refusal is explained in a document", () => {
  const all = pages.map((name) => read(`docs/${name}`)).join("\n");
  expect(errorCodes.filter((code) => !all.includes(`\`${code}\``))).toEqual([]);
});

describe("docs/FORMAT.md", () => {
  const format = read("docs/FORMAT.md");

  test("names every refusal that sealing, the server's opening and a member's opening can end with", () => {
    const openers = [
      ...["seal-post", "reseal", "open-post", "binding"].map((name) => `protocol/${name}`),
      ...["open-layer", "packets", "policy", "intended-recipients", "keys"].map((name) => `openpgp/${name}`),
    ];
    const thrown = new Set(
      openers.flatMap((name) =>
        [...read(`src/${name}.ts`).matchAll(/(?:Protocol|Membership)Error\(\s*"([a-z-]+)"/g)].map(
          ([, code = ""]) => code,
        ),
      ),
    );
    expect([...thrown].filter((code) => !format.includes(`\`${code}\``))).toEqual([]);
  });

  test("names every media type, file name and header field of a sealed mail", () => {
    const types = [...Object.values(partTypes), authorType] as const;
    const names = [...types, ...types.map((type) => fileNameOf(type)), introductionType, "X-ListSeal"];
    expect(names.filter((name) => !format.includes(name))).toEqual([]);
  });

  test("names every kind of signature and every notation", () => {
    const kinds = [
      ...(/export type Kind =([^;]+);/.exec(read("src/protocol/binding.ts"))?.[1] ?? "").matchAll(
        /"([a-z-]+)"/g,
      ),
    ].map(([, kind = ""]) => kind);
    const post: Kind = "post";
    expect(kinds).toContain(post);
    const notations = (["post", "submit", "through", "through-nonmember"] as const).flatMap((kind) => [
      ...bindingNames(kind, "key"),
    ]);
    expect([...kinds, ...notations].filter((name) => !format.includes(`"${name}"`))).toEqual([]);
  });
});

test("docs/MAIL.md prints the fixed texts as they are", () => {
  const page = read("docs/MAIL.md");
  const block = (name: string) => new RegExp(`\`\`\`text ${name}\\n([^\`]*)\`\`\``).exec(page)?.[1];
  expect(block("submission")).toBe(submissionNotice());
  expect(block("copy")).toBe(memberNotice("key", "resealed"));
});

describe("what the stores are given", () => {
  const releasing = read("docs/RELEASING.md");

  test("a summary that Chromium's store takes, in each language", () => {
    for (const language of readdirSync(join(project, "public/_locales"))) {
      const messages: Record<string, { message: string }> = JSON.parse(
        read(`public/_locales/${language}/messages.json`),
      );
      expect([...(messages["extension_description"]?.message ?? "")].length).toBeLessThanOrEqual(132);
    }
  });

  test("pictures that are there, and the libraries that are bundled", () => {
    const [, listing = ""] = releasing.split("\n**Pictures**");
    const pictures = [
      ...(listing.split("\n## ")[0] ?? "").matchAll(/`(?:docs\/pictures\/)?([a-z-]+\.png)`/g),
    ];
    expect(pictures.length).toBeGreaterThan(3);
    for (const [, name = ""] of pictures) expect(existsSync(join(project, "docs/pictures", name))).toBe(true);
    const {
      dependencies,
      devDependencies,
    }: Record<string, Record<string, string>> = JSON.parse(read("package.json"));
    const [, named = ""] = /hashes in package-lock\.json: ([\s\S]*?)\. One/.exec(releasing) ?? [];
    const libraries = named
      .replaceAll("\n>", "")
      .split(/,\s+/)
      .map((each) => each.trim());
    expect(libraries).toContain("openpgp");
    const known = Object.keys({ ...dependencies, ...devDependencies });
    expect(libraries.filter((name) => !known.includes(name))).toEqual([]);
    // and no other: what the add-on's sources import by a bare name
    const rooms = ["src/extension", "src/openpgp", "src/mail", "src/protocol", "src/membership"];
    const imports = rooms.flatMap((room) =>
      readdirSync(join(project, room), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.tsx?$/.test(name))
        .flatMap((name) => [
          ...read(`${room}/${name}`).matchAll(
            /(?:^(?:import|export|\}).* from |\bimport\()"((?:@[^/"]+\/)?[a-z][^/"]*)/gm,
          ),
        ]),
    );
    const imported = new Set(
      imports.map(([, name = ""]) => name).filter((name) => !name.startsWith("node:")),
    );
    expect([...imported].sort()).toEqual([...libraries].sort());
  });

  test("a privacy page in English and Japanese, of as many parts, that says what the manifest says", () => {
    const [english, japanese] = [read("docs/PRIVACY.md"), read("docs/PRIVACY.ja.md")];
    const partsOf = (text: string) => [
      (text.match(/^## /gm) ?? []).length,
      (text.match(/^- /gm) ?? []).length,
    ];
    expect(partsOf(japanese)).toEqual(partsOf(english));
    const manifest = read("manifest.json");
    expect(manifest).toMatch(/"data_collection_permissions": \{\s+"required": \["none"\]/);
    for (const text of [english, japanese])
      expect(text).toMatch(/`data_collection_permissions`[:：] ?`none`/);
  });
});
