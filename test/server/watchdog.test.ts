/** The watchdog: systemd is told that the server goes on, and no longer once it is stuck. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openLog } from "../../src/server/base/log.js";
import { reportToSystemd, silenceOf } from "../../src/server/serve/database-watch.js";
import { openStore } from "../../src/server/store/open-store.js";
import { describeWithPostgres } from "./postgres.js";
import { QuietWire } from "./silent-proxy.js";

let folder: string;
let logged: string[];
let end: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-"));
  logged = [];
  end = () => undefined;
});
afterEach(async () => {
  end();
  await rm(folder, { recursive: true });
});

const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
};
const told = () => readFile(join(folder, "told"), "utf8").catch(() => "");

async function environment(): Promise<NodeJS.ProcessEnv> {
  // systemd-notify as far as it matters here; the e2e test of the unit has the real one
  const program = join(folder, "systemd-notify");
  await writeFile(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${join(folder, "told")}\n`);
  await chmod(program, 0o755);
  const { PATH = "" } = process.env;
  return { PATH: `${folder}:${PATH}`, NOTIFY_SOCKET: "@listseal", WATCHDOG_USEC: "60000" };
}

test("it is told again and again, and not once the server is stuck", async () => {
  let isStuck = false;
  const log = openLog({ write: (line) => logged.push(line) });
  end = reportToSystemd(() => isStuck, log, await environment());
  await until(async () => (await told()).split("@listseal WATCHDOG=1\n").length > 2);
  expect((await told()).split("@listseal READY=1\n").length).toBe(2);
  isStuck = true;
  await until(() => logged.join("").includes('"stuck"'));
  // what was on its way when it got stuck
  const before = (await told()).split("\n").length + 1;
  const count = logged.length;
  await until(() => logged.length > count + 3);
  expect((await told()).split("\n").length).toBeLessThanOrEqual(before);
});

test("where nobody asks for it, nothing is started; where only the start is waited for, nothing else is told", async () => {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, ...without } = await environment();
  const report = (asked: NodeJS.ProcessEnv) => {
    end = reportToSystemd(() => true, openLog({ write: (line) => logged.push(line) }), asked);
    end();
  };
  report({ ...without, WATCHDOG_USEC });
  expect(await told()).toBe("");
  report({ ...without, NOTIFY_SOCKET });
  report({ ...without, NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID: "1" });
  await until(async () => (await told()) === "@listseal READY=1\n".repeat(2));
  expect(logged).toEqual([]);
});

test("what counts is how long the database is waited for", () => {
  const waiting = (ms?: number) => ({
    waitingSince: () => (ms === undefined ? undefined : performance.now() - ms),
  });
  expect(silenceOf(waiting())).toBe(0);
  expect(silenceOf(waiting(20_000))).toBeGreaterThan(15_000);
});

/** A datagram socket as systemd has it for its services; Node has none. Prints what it gets, a line each. */
const listener = `
import socket, sys
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(sys.argv[1])
print("listening", flush=True)
while True: print(heard.recv(4096).decode().strip(), flush=True)
`;

describeWithPostgres("on a real socket, with a real database", (cluster) => {
  let child: ChildProcess;
  let heard: string[];

  beforeEach(async () => {
    heard = [];
    child = spawn("python3", ["-c", listener, join(folder, "notify")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout?.on("data", (chunk: Buffer) => heard.push(...chunk.toString().trim().split("\n")));
    await until(() => heard.length > 0);
  });
  afterEach(async () => {
    const ended = once(child, "exit");
    child.kill();
    await ended;
  });

  const words = () => heard.filter((word) => word === "WATCHDOG=1").length;

  test("systemd hears that the server goes on, nothing while its database is silent, and again when it speaks", async () => {
    const direct = new URL(await cluster().fresh());
    const wire = await QuietWire.open(Number(direct.port));
    direct.port = String(wire.port);
    // longer than the test waits: nothing but the watchdog notices
    const place = { kind: "postgres", url: direct.href, patience: 600_000 } as const;
    const store = await openStore(place);
    const log = openLog({ write: (line) => logged.push(line) });
    const stuckAfter = 200;
    end = reportToSystemd(() => silenceOf(store) > stuckAfter, log, {
      ...process.env,
      NOTIFY_SOCKET: join(folder, "notify"),
      WATCHDOG_USEC: "300000",
    });
    await until(() => words() > 2);
    wire.fallSilent();
    // the connection that fell silent is given up in the end, and the next one works
    const given = expect(store.probe()).rejects.toMatchObject({ code: "DATABASE_LOST" });
    await until(() => logged.filter((line) => line.includes('"stuck"')).length > 1);
    // what was on its way when it got stuck
    const before = words() + 1;
    const count = logged.length;
    await until(() => logged.length > count + 3);
    expect(words()).toBeLessThanOrEqual(before);
    wire.speak();
    await given;
    const silent = words();
    await until(() => words() > silent + 1);
    expect(logged.join("")).not.toContain("watchdog-failed");
    await store.close();
    await wire.close();
  });
});
