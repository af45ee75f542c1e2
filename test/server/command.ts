/** The command `listseal-server`, built once for a test file, and run as a process, or many times in one process. */
import { type ChildProcess, execFile, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { readingWorker } from "./server-process.js";

const manyCommands = new URL("many-commands.mjs", import.meta.url).pathname;
const root = new URL("../../", import.meta.url).pathname;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const ranHere: z.ZodType<Ran> = z.object({ code: z.number(), out: z.string(), err: z.string() });

export class ListSealCommand {
  readonly #folder: string;
  readonly #running: ChildProcess[] = [];
  /** Where commands run that are no process of their own. */
  #many: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Builds it, inside the project, so that it finds its packages. */
  static async build(): Promise<ListSealCommand> {
    const folder = join(root, "out", `test-command-${process.pid}`);
    // in a process of its own: Vite can't run inside Jest's sandbox
    const options = {
      root,
      configFile: false,
      logLevel: "error",
      publicDir: false,
      build: {
        ssr: true,
        outDir: folder,
        emptyOutDir: true,
        rollupOptions: {
          input: { cli: join(root, "src/server/cli/main.ts"), ...readingWorker },
          output: { entryFileNames: "[name].js" },
        },
      },
    };
    const script = `import("vite").then(({ build }) => build(${JSON.stringify(options)}))`;
    await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: root });
    return new ListSealCommand(folder);
  }

  get path(): string {
    return join(this.#folder, "cli.js");
  }

  /** Runs it to its end, as a process. */
  runAlone(words: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(process.execPath, [this.path, ...words], (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err });
      });
    });
  }

  /** Runs it to its end, in one process with others (many-commands.mjs). A server is a process. */
  run(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    if (words.some((word) => word === "serve" || word === "filter")) return this.runAlone(words);
    const ran = this.#last.then(() => this.#runHere({ words, environment }));
    this.#last = ran.catch(() => undefined);
    return ran;
  }

  #runHere(given: {
    readonly words: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  }): Promise<Ran> {
    this.#many ??= fork(manyCommands, [this.path], {
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const many = this.#many;
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error(`the process ended at: ${given.words.join(" ")}`));
      many.once("exit", gone);
      many.once("message", (said) => {
        many.off("exit", gone);
        resolve(ranHere.parse(said));
      });
      many.send(given);
    });
  }

  /** Runs it to its end. @throws with what it said if it failed */
  async good(...words: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(words);
    if (code !== 0) throw new Error(err);
    return out;
  }

  /** Starts `serve`; resolves when it has said `lines` lines of where it listens. */
  async serve(
    words: readonly string[],
    lines = 1,
  ): Promise<{ process: ChildProcess; ports: Readonly<Record<string, number>>; log: () => string }> {
    const child = spawn(process.execPath, [this.path, ...words], { stdio: ["ignore", "pipe", "pipe"] });
    this.#running.push(child);
    let said = "";
    let logged = "";
    child.stderr.on("data", (chunk: Buffer) => {
      logged += chunk;
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (chunk: Buffer) => {
        said += chunk;
        if (said.split("\n").length > lines) resolve();
      });
      child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${logged}`)));
    });
    const found = [...said.matchAll(/^listening (\w+) .*:(\d+)$/gm)];
    const ports = Object.fromEntries(found.map(([, name, port]) => [name ?? "", Number(port)]));
    return { process: child, ports, log: () => logged };
  }

  /** Ends what runs. */
  async endAll(): Promise<void> {
    for (const child of this.#running.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }

  async discard(): Promise<void> {
    await this.endAll();
    this.#many?.kill("SIGKILL");
    await rm(this.#folder, { recursive: true });
  }
}
