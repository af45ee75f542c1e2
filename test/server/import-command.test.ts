/** The commands about many members: they show first, do it when told, and say where the rest is. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { armorSealingKey, generateKey, sealingHalf } from "../../src/openpgp/keys.js";
import { ListSealCommand } from "./command.js";
import { person } from "./play-server.js";

const LIST = "team@lists.test";
let command: ListSealCommand;
let folder: string;

beforeAll(async () => {
  command = await ListSealCommand.build();
  folder = await mkdtemp(join(tmpdir(), "listseal-many-"));
});
afterAll(async () => {
  await command.discard();
  await rm(folder, { recursive: true });
});

test("a table comes in, goes out and comes off", async () => {
  const at = (name: string) => join(folder, name);
  const run = (...words: readonly string[]) => command.good("--data", at("data"), ...words);
  await run("init");
  const listKey = await generateKey("list", { address: LIST, profile: "compatible" });
  await writeFile(at("list.asc"), armorSealingKey(sealingHalf(listKey)));
  await run("list", "create", LIST, "--name", "Team", "--list-key", at("list.asc"));
  const people = await Promise.all(["Alice", "Bob"].map((name) => person(name)));
  for (const { name, key } of people) await writeFile(at(`${name}.asc`), armorSealingKey(sealingHalf(key)));
  const table = at("people.csv");
  await writeFile(
    table,
    "address,name,key\nalice@people.test,Alice,Alice.asc\nbob@people.test,Bob,Bob.asc\ncarol@people.test,Carol,\n",
  );

  const view = await run("import", "csv", LIST, table);
  expect(view).toContain("to invite    carol@people.test: there is no key for this address\n");
  expect(view).toContain("nothing was changed: run it again with --yes\n");
  expect(await run("list", "show", LIST)).toContain("members      0");
  const done = await run("import", "csv", LIST, table, "--yes");
  expect(done).toContain("added        2 members\n");
  const [, invitees = ""] = /^whom to invite is in (.+): give it to the list's owner$/m.exec(done) ?? [];
  expect(await readFile(invitees, "utf8")).toContain("carol@people.test,Carol,");
  expect(await run("import", "csv", LIST, table, "--yes")).toContain("nothing to do\n");

  const exported = await run("member", "export", LIST);
  await writeFile(at("roster.csv"), exported);
  expect(await run("member", "remove", LIST, "--many", at("roster.csv"))).toBe("removed      2 members\n");
  expect(await run("member", "add", LIST, "--many", at("roster.csv"))).toBe("added        2 members\n");
  expect((await run("member", "export", LIST)).split("\r\n")).toEqual(exported.split("\r\n"));
  expect(await run("member", "remove", LIST, "alice@people.test", "bob@people.test")).toMatch(
    /^removed {6}alice@people\.test .*\nremoved {6}bob@people\.test .*\n$/,
  );
  expect(await run("import", "keys", LIST, at("Alice.asc"), "--yes")).toContain("added        1 member\n");
});

test("what is missing is said", async () => {
  const said = async (...words: readonly string[]) =>
    (await command.run(["--data", join(folder, "data"), ...words])).err;
  expect(await said("member", "add", LIST)).toBe(
    "listseal-server: member add needs a member's address, --key and --name; or --many on its own\n",
  );
  expect(await said("member", "remove", LIST)).toBe(
    "listseal-server: member remove needs members' addresses, or --many on its own\n",
  );
  expect(await said("import", "schleuder", LIST, "--database", join(folder, "none"))).toMatch(
    /^listseal-server: Schleuder's database .* can't be read \(SQLITE_CANTOPEN\): name it with --database\n$/,
  );
  expect(await said("import", "csv", "other@lists.test", join(folder, "people.csv"))).toBe(
    "listseal-server: there is no list other@lists.test\n",
  );
});
