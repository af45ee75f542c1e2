/** Giving up root's rights. */
import { spawn } from "node:child_process";
import { constants } from "node:os";

/** How a command goes on in a process of its own, where this one can't change users. */
export interface CommandForUser {
  /** The command's words, without the program's. */
  readonly words: readonly string[];
  /** What it gets as standard input; without it, this process's own. */
  readonly input?: string;
}

/**
 * Goes on as another user, with that user's group alone. Where Node refuses that, `next` runs as the user, and this process ends as it
 * does, without coming back.
 *
 * QUIRK: Node before 22 with the system's libuv (Debian 13: Node 20.19, libuv 1.50) refuses every change of users, since an io_uring
 * would keep root's rights (CVE-2024-22017), and no setting turns that off.
 */
export async function becomeUser(uid: number, gid: number, next: CommandForUser): Promise<void> {
  try {
    process.setgroups?.([gid]);
    process.setgid?.(gid);
    process.setuid?.(uid);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_INVALID_STATE")) throw error;
    process.exit(await runAs(uid, gid, next));
  }
}

/** What ends a command from outside. Ctrl-C reaches both processes by itself. */
const PASSED_ON = ["SIGTERM", "SIGHUP"] as const;

/** Runs this program with `words` as another user; gives its exit code, as a shell gives it. */
function runAs(uid: number, gid: number, { words, input }: CommandForUser): Promise<number> {
  const [script = ""] = process.argv.slice(1);
  const child = spawn(process.execPath, [...process.execArgv, script, ...words], {
    uid,
    gid,
    stdio: [input === undefined ? "inherit" : "pipe", "inherit", "inherit"],
  });
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  process.on("SIGINT", () => undefined);
  // a command that ends before it has read everything says why by itself
  child.stdin?.on("error", () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) =>
      resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** A shell's exit code of a program that a signal ended: this and the signal's number. */
const SIGNALLED = 128;
