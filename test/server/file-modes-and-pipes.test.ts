/** Small things that an operator meets at night: modes of files, folders that others can write to, pipes that end, a folder that isn't there. */
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { ListSealCommand } from "./command.js";

let command: ListSealCommand;
let folder: string;
let data: string;

beforeAll(async () => {
  command = await ListSealCommand.build();
});
afterAll(() => command.discard());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-"));
  data = join(folder, "data");
});
afterEach(() => rm(folder, { recursive: true }));

/** Of `script` in a shell, with `$0` for the command on the data folder. */
const shell = (script: string) =>
  promisify(execFile)("bash", [
    "-c",
    `umask 022; L="$0 $1 --data $2"; ${script}`,
    process.execPath,
    command.path,
    data,
  ]);

test("the database is nobody else's from its first moment, whatever the umask", async () => {
  await shell("$L init");
  expect((await stat(join(data, "listseal.db"))).mode & 0o777).toBe(0o600);
});

test("a data folder that others can write to is refused by every command, and says what to do", async () => {
  await shell("$L init");
  await chmod(data, 0o770);
  for (const words of [
    ["list", "show"],
    ["serve", "--smtp", "127.0.0.1:0"],
    ["doctor"],
    ["backup", join(folder, "b")],
  ]) {
    const { code, err } = await command.run(["--data", data, ...words]);
    expect(code).toBe(1);
    expect(err).toContain(`chmod go-w ${data}`);
  }
});

test("a reader that has read enough ends a command quietly", async () => {
  await shell("$L init; $L list create team@lists.test --name Team");
  const { stdout, stderr } = await shell("$L list show | true; echo ended $PIPESTATUS");
  expect({ stdout, stderr }).toEqual({ stdout: "ended 0\n", stderr: "" });
});

test("a backup into a folder that does not exist says so", async () => {
  await shell("$L init");
  const { code, err } = await command.run(["--data", data, "backup", join(folder, "none", "x.db")]);
  expect(code).toBe(1);
  expect(err).toMatch(/the folder .*none does not exist: create it/);
});
