/** The command, as a process: what it prints, how it fails, and that it works beside a running server. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { armorSealingKey, generateKey, readSealingKey, sealingHalf } from "../../src/protocol/keys.js";
import { openSqliteStore } from "../../src/server/sqlite-store.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";
import { Sink } from "./sink.js";

const root = new URL("../../", import.meta.url).pathname;
/** Inside the project, so that the built command finds its packages. */
const built = join(root, "out", `test-cli-${process.pid}`);
const command = join(built, "cli.js");

beforeAll(async () => {
  // in a process of its own: Vite can't run inside Jest's sandbox
  const options = {
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: { ssr: join(root, "src/server/cli.ts"), outDir: built, emptyOutDir: true },
  };
  const script = `import("vite").then(({ build }) => build(${JSON.stringify(options)}))`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
});

afterAll(() => rm(built, { recursive: true }));

let folder: string;
let data: string;
let sink: Sink;
const running: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-cli-"));
  data = join(folder, "data");
  sink = await Sink.open();
});

afterEach(async () => {
  for (const process of running.splice(0)) {
    if (process.exitCode === null && process.signalCode === null) {
      process.kill("SIGKILL");
      await once(process, "exit");
    }
  }
  await sink.close();
  await rm(folder, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [command, "--data", data, ...words], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

async function good(...words: readonly string[]): Promise<string> {
  const ran = await run(...words);
  expect(ran).toMatchObject({ code: 0, err: "" });
  return ran.out;
}

/** `serve`, listening; gives its port. */
async function serve(): Promise<{ process: ChildProcess; port: number }> {
  const words = ["serve", "--smtp", "127.0.0.1:0", "--relay", `smtp://127.0.0.1:${sink.port}`];
  const child = spawn(process.execPath, [command, "--data", data, ...words], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  running.push(child);
  const [chunk] = await once(child.stdout, "data");
  const [, port] = /^listening smtp 127\.0\.0\.1:(\d+)\n/.exec(String(chunk)) ?? [];
  expect(port).toBeDefined();
  return { process: child, port: Number(port) };
}

async function keyFile(who: Person): Promise<string> {
  const path = join(folder, `${who.name}.asc`);
  await writeFile(path, armorSealingKey(sealingHalf(who.key)));
  return path;
}

/** A list with Alice and Bob, made by the commands alone. */
async function listByCommands(): Promise<{ list: PlayList; alice: Person; bob: Person }> {
  const [alice, bob] = [await person("Alice"), await person("Bob")];
  const address = "team@lists.test";
  const key = await generateKey("list", { address, profile: "compatible" });
  const listKey = join(folder, "list.asc");
  await writeFile(listKey, armorSealingKey(sealingHalf(key)));
  await good("init");
  await good("list", "create", address, "--name", "Team", "--list-key", listKey);
  for (const who of [alice, bob]) {
    await good("member", "add", address, who.address, "--key", await keyFile(who), "--name", who.name);
  }
  const store = openSqliteStore(join(data, "listseal.db"));
  const list = await store.listByAddress(address);
  await store.close();
  if (list === undefined) throw new Error("no list");
  const server = await readSealingKey("server", list.serverCertificate);
  return { list: { list, address, key, server }, alice, bob };
}

test("makes a list, keeps its roster, and shows both", async () => {
  const { list } = await listByCommands();
  const shown = await good("list", "show", list.address);
  const fingerprint = shown.replaceAll(" ", "").toLowerCase();
  expect(fingerprint).toContain(`serverkey${list.server.fingerprint}`);
  expect(fingerprint).toContain(`listkey${list.key.fingerprint}`);
  expect(shown).toContain("members      2");
  const certificate = /certificate {2}(.*)/.exec(shown)?.[1] ?? "";
  expect(existsSync(certificate)).toBe(true);
  expect(await good("member", "show", list.address)).toMatch(/^alice@people\.test {2}Alice {2}mixed {2}/);

  const [secret, ...more] = await readdir(join(data, "keys"));
  expect(more).toEqual([]);
  expect((await stat(join(data, "keys", secret ?? ""))).mode & 0o777).toBe(0o600);
});

test("fails in one line, with exit code 1", async () => {
  const { list, alice } = await listByCommands();
  const key = await keyFile(alice);
  const add = (...words: string[]) => ["member", "add", list.address, ...words] as const;
  for (const [words, said] of [
    [["list", "create", list.address, "--name", "Again"], "exists"],
    [["list", "create", "not an address", "--name", "X"], "not an address"],
    [["list", "create", "a-request@lists.test", "--name", "X"], "-request"],
    [["list", "show", "none@lists.test"], "there is no list"],
    [add(alice.address, "--key", key, "--name", "Alice"), "is a member"],
    [add("other@people.test", "--key", key, "--name", "Other"), "another member has that certificate"],
    [add("other@people.test", "--key", "/nonexistent", "--name", "Other"), "can't be read (ENOENT)"],
    [add("other@people.test", "--key", "/dev/zero", "--name", "Other"), "too large"],
    [add("other@people.test", "--key", join(folder, "list.asc"), "--name", "Other"), "member key"],
    [add("other@people.test", "--key", key, "--name", "Two\nLines"), "a name is"],
    [["member", "remove", list.address, "nobody@people.test"], "no member"],
    [["serve", "--relay", "smtp://127.0.0.1:1"], "--smtp or --lmtp"],
  ] as const) {
    const ran = await run(...words);
    expect({ words, ...ran }).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(/^listseal-server: .*\n$/);
    expect(ran.err).toContain(said);
  }
});

test("refuses to work where nothing was made", async () => {
  const ran = await run("list", "show");
  expect(ran).toMatchObject({ code: 1 });
  expect(ran.err).toContain("run init first");
  expect(existsSync(data)).toBe(false);
});

test("serves; a removal by command takes effect on what was accepted before; SIGTERM ends it well", async () => {
  const { list, alice, bob } = await listByCommands();
  const { process: server, port } = await serve();
  await sink.close();
  const { raw } = await seal(list, alice);
  const answer = await submit(port, { sender: alice.address, recipient: list.address, raw });
  expect(answer.code).toBe(250);

  await good("member", "remove", list.address, bob.address);
  await sink.reopen();
  await sink.until(() => sink.for(alice.address).length === 1);

  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
  expect(sink.for(bob.address)).toEqual([]);
});

test("what was accepted before a kill goes out after it", async () => {
  const { list, alice } = await listByCommands();
  await sink.close();
  const first = await serve();
  const { raw } = await seal(list, alice);
  expect(await submit(first.port, { sender: alice.address, recipient: list.address, raw })).toMatchObject({
    code: 250,
  });
  first.process.kill("SIGKILL");
  await once(first.process, "exit");

  await sink.reopen();
  await serve();
  await sink.until(() => sink.caught.length === 2);
  expect(sink.for(alice.address)).toHaveLength(1);
});

test("a second server on the same folder does not start, and the first goes on", async () => {
  const { list, alice } = await listByCommands();
  const { port } = await serve();
  const second = await run("serve", "--smtp", "127.0.0.1:0", "--relay", `smtp://127.0.0.1:${sink.port}`);
  expect(second).toMatchObject({ code: 1 });
  expect(second.err).toContain("another listseal-server");
  const { raw } = await seal(list, alice);
  expect(await submit(port, { sender: alice.address, recipient: list.address, raw })).toMatchObject({
    code: 250,
  });
});
