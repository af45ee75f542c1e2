import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { LOOPBACK } from "./ports.js";

/** How a process ended: its exit code, or the signal that ended it. */
export type Ending = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** What to start. `env` replaces the environment where given; output goes to `logFile`, appended. */
export interface Command {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Extra file descriptors after stdin, stdout and stderr; "pipe" ones are read from `child.stdio`. */
  readonly extraStdio?: readonly "pipe"[];
  /** The signal that asks this program to end in order (SIGTERM if not given). */
  readonly stopSignal?: NodeJS.Signals;
}

/** How long a process has to obey its stop signal before it is killed, in milliseconds. */
const STOP_PATIENCE = 8_000;

/** Processes started here and still running; whoever ends this program takes them along. */
const running = new Set<RunningProcess>();

process.once("exit", () => {
  for (const one of running) one.killNow();
});

/** One process that we started; it is only ever ended by its own id. */
export class RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly child: ChildProcess;
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<Ending>;
  readonly #stopSignal: NodeJS.Signals;
  #ending: Ending | undefined;

  constructor(child: ChildProcess, pid: number, command: Command) {
    this.child = child;
    this.pid = pid;
    this.name = command.name;
    this.logFile = command.logFile;
    this.#stopSignal = command.stopSignal ?? "SIGTERM";
    running.add(this);
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        running.delete(this);
        this.#ending = signal !== null ? { signal } : { code: code ?? 0 };
        resolve(this.#ending);
      });
    });
  }

  /** How it ended, or undefined while it runs. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Asks the process to end, kills it when it does not, and resolves when it is gone. */
  async stop(): Promise<Ending> {
    if (this.#ending !== undefined) return this.#ending;
    this.child.kill(this.#stopSignal);
    const timer = setTimeout(() => this.killNow(), STOP_PATIENCE);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }

  /** Kills the process at once, as a power cut would. */
  killNow(): void {
    if (this.#ending === undefined) this.child.kill("SIGKILL");
  }

  /** The last lines of its output: what a failure message should carry. */
  logTail(lines = 20): string {
    return tailOf(this.logFile, lines);
  }
}

/** The last lines of a text file, or a note that there is none. */
export function tailOf(file: string, lines = 20): string {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } catch {
    return `(nothing in ${file})`;
  }
}

/**
 * Starts a program whose output is appended to its log file.
 * Throws when it can't be started at all. The caller stops it.
 */
export async function startProcess(command: Command): Promise<RunningProcess> {
  mkdirSync(dirname(command.logFile), { recursive: true });
  const log = openSync(command.logFile, "a");
  try {
    const child = spawn(command.command, [...command.args], {
      stdio: ["ignore", log, log, ...(command.extraStdio ?? [])],
      ...(command.env === undefined ? {} : { env: command.env }),
      ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", (error) => reject(new Error(`${command.name} can't be started: ${error.message}`)));
      child.once("spawn", () => (child.pid === undefined ? reject(new Error("no pid")) : resolve(child.pid)));
    });
    return new RunningProcess(child, pid, command);
  } finally {
    closeSync(log);
  }
}

/** What a finished program said. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end and gives what it said.
 * Throws when it can't be started, or ends with something else than 0 (unless `anyCode`).
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly input?: string;
    readonly anyCode?: boolean;
  } = {},
): Promise<Finished> {
  const child = spawn(command, [...args], {
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => err.push(chunk));
  child.stdin?.end(options.input);
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  const finished = {
    code,
    stdout: Buffer.concat(out).toString("utf8"),
    stderr: Buffer.concat(err).toString("utf8"),
  };
  if (code !== 0 && options.anyCode !== true) {
    throw new Error(`${command} ${args.join(" ")} ended with ${code}: ${finished.stderr || finished.stdout}`);
  }
  return finished;
}

/**
 * How long anything waits for what has to come, in milliseconds. It is for what never comes: no test may depend on how fast a machine
 * is, or on how much else runs on it.
 */
export const PATIENCE = 300_000;

/** Waits some milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Asks again and again until `probe` gives something other than undefined, and gives that.
 * Throws, naming `what` was waited for, when `timeout` (milliseconds) is over.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  timeout = PATIENCE,
): Promise<T> {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`Waited ${timeout / 1000} s in vain for: ${what}`);
    await pause(50);
  }
}

/** Checks again and again until nothing is wrong; throws what was wrong at last when {@link PATIENCE} is over. */
export async function eventually<T>(check: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await pause(50);
    }
  }
}

/** Whether somebody accepts connections on this loopback port now. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Waits until a server that we started accepts connections; throws with its last words when it ends first. */
export async function untilListening(server: RunningProcess, port: number): Promise<void> {
  const asks = async () => {
    if (server.ending !== undefined) {
      throw new Error(
        `${server.name} ended (${JSON.stringify(server.ending)}) before it listened:\n${server.logTail()}`,
      );
    }
    return (await accepts(port)) ? true : undefined;
  };
  await until(`${server.name} on port ${port}`, asks);
}
