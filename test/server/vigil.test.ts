/** The watchdog: systemd is told that the server goes on, and no longer once it is stuck. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openLog } from "../../src/server/kept/log.js";
import { feedWatchdog, silenceOf } from "../../src/server/run/vigil.js";

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
  end = feedWatchdog(() => isStuck, log, await environment());
  await until(async () => (await told()).split("\n").length > 2);
  expect((await told()).split("\n")[0]).toBe("@listseal WATCHDOG=1");
  isStuck = true;
  await until(() => logged.join("").includes('"stuck"'));
  // what was on its way when it got stuck
  const before = (await told()).split("\n").length + 1;
  const count = logged.length;
  await until(() => logged.length > count + 3);
  expect((await told()).split("\n").length).toBeLessThanOrEqual(before);
});

test("where nobody asks for it, nothing is started", async () => {
  const { NOTIFY_SOCKET, ...without } = await environment();
  for (const asked of [without, { ...without, NOTIFY_SOCKET, WATCHDOG_PID: "1" }, { NOTIFY_SOCKET }]) {
    end = feedWatchdog(() => true, openLog({ write: (line) => logged.push(line) }), asked);
    end();
  }
  expect(logged).toEqual([]);
});

test("the longest wait for the database is what counts", () => {
  const waiting = (ms?: number) => ({
    waitingSince: () => (ms === undefined ? undefined : performance.now() - ms),
  });
  expect(silenceOf([waiting(), waiting()])).toBe(0);
  expect(silenceOf([waiting(10_000), waiting(), waiting(20_000)])).toBeGreaterThan(15_000);
});
