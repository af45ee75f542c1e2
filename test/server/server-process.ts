/** Starts, watches and kills servers that are processes of their own. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ServeSettings } from "./serve-entry.js";

const root = new URL("../../", import.meta.url).pathname;

/** The thread that a server reads in: an entry of its own, found beside the program. */
export const readingWorker = { "reading-worker": join(root, "src/server/parse/worker.ts") } as const;

/** A program of the project, built for Node into a folder of its own; `discard` removes it. */
export interface Built {
  readonly path: string;
  discard(): Promise<void>;
}

/** Builds `source` (a path inside the project). Inside the project, so that the program finds its packages. */
export async function build(source: string): Promise<Built> {
  const name = source.replaceAll(/\W/g, "-");
  const outDir = join(root, "out", `${name}-${process.pid}`);
  // in a process of its own: Vite can't run inside Jest's sandbox
  const options = {
    root,
    configFile: false,
    logLevel: "error",
    publicDir: false,
    build: {
      ssr: true,
      outDir,
      emptyOutDir: true,
      target: "node20",
      // for profiles
      sourcemap: true,
      rollupOptions: {
        input: { program: join(root, source), ...readingWorker },
        output: { entryFileNames: "[name].js" },
      },
    },
  };
  const script = `import("vite").then(({ build }) => build(${JSON.stringify(options)}))`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
  return { path: join(outDir, "program.js"), discard: () => rm(outDir, { recursive: true }) };
}

/** Of a server: what it says and how it ends. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly port: number;
  /** What it logged so far. */
  readonly logged: () => string;
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
  readonly #said: () => string;

  private constructor(child: ChildProcess, port: number, said: () => string, logged: () => string) {
    this.child = child;
    this.port = port;
    this.#said = said;
    this.logged = logged;
    this.ended = once(child, "exit");
  }

  /**
   * Starts one; it listens when this resolves.
   *
   * @param maxFileBytes no file of the process may grow beyond: what a full disk does to it (`ulimit -f`)
   * @param nodeArgs for Node itself, before the program
   */
  static async start(
    program: Built,
    settings: ServeSettings,
    { maxFileBytes, nodeArgs = [] }: { maxFileBytes?: number; nodeArgs?: readonly string[] } = {},
  ): Promise<ServerProcess> {
    const words = [process.execPath, ...nodeArgs, program.path, JSON.stringify(settings)];
    const limited = [
      "bash",
      "-c",
      'trap "" XFSZ; ulimit -S -f "$0"; exec "$@"',
      `${(maxFileBytes ?? 0) / 1024}`,
    ];
    const [command = "", ...args] = maxFileBytes === undefined ? words : [...limited, ...words];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", () => child.kill("SIGKILL"));
    let said = "";
    let logged = "";
    child.stderr.on("data", (chunk: Buffer) => {
      logged += chunk;
    });
    const port = await new Promise<number>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk;
        const [, number] = /^listening (\d+)\n/.exec(said) ?? [];
        if (number !== undefined) resolve(Number(number));
      });
      child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${logged}`)));
    });
    return new ServerProcess(
      child,
      port,
      () => said,
      () => logged,
    );
  }

  /** The most that was ever resident, in bytes, shared pages too: the system keeps it, so that no peak is missed. */
  peak(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, "utf8");
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** Sets its clock, as `clockStep` says. */
  async setClock(): Promise<void> {
    const before = this.#said().length;
    this.child.kill("SIGUSR2");
    while (this.#said().length === before && this.child.stdout !== null)
      await once(this.child.stdout, "data");
  }

  /** Takes the limit on file sizes away: there is room on the disk again. */
  async makeRoom(): Promise<void> {
    await promisify(execFile)("prlimit", [`--pid=${this.child.pid}`, "--fsize=unlimited:unlimited"]);
  }
}
