/**
 * The real programs that the interop tests run: whether they are here, and how they are run.
 *
 * A missing program is never passed over silently: the suite fails with the package to install. Only where
 * `LISTSEAL_MISSING` (names separated by spaces or commas) says that the program can't be had, the suite is reported as
 * not run, and whoever set the variable (`scripts/test.mjs`) names it at the end.
 */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The programs, and the Debian package that each comes from. */
const packages = {
  python3: "python3",
  gpg: "gnupg",
  gpgconf: "gnupg",
  gpgsplit: "gnupg",
  sq: "sq",
  sqop: "sqop",
  rnp: "rnp",
  rnpkeys: "rnp",
} as const;

export type Tool = keyof typeof packages;

function isHere(tool: Tool): boolean {
  const { PATH = "" } = process.env;
  return PATH.split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A `describe` that runs with `tools`, or says loudly why it can't. */
export function describeWith(tools: readonly Tool[], name: string, suite: () => void): void {
  const absent = tools.filter((tool) => !isHere(tool));
  if (absent.length === 0) {
    describe(name, suite);
    return;
  }
  const install = `install ${[...new Set(absent.map((tool) => packages[tool]))].join(" ")}`;
  const { LISTSEAL_MISSING = "" } = process.env;
  const admitted = LISTSEAL_MISSING.split(/[\s,]+/);
  if (absent.every((tool) => admitted.includes(tool))) {
    console.warn(`NOT RUN: ${name} (${install})`);
    describe.skip(`NOT RUN, ${install}: ${name}`, suite);
    return;
  }
  describe(name, () => {
    test(`needs ${absent.join(", ")}`, () => {
      throw new Error(`${install} (missing: ${absent.join(", ")})`);
    });
  });
}

/** What a program printed, and how it ended. */
export interface Ran {
  /** The exit status; -1 if a signal ended it. */
  readonly status: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** Runs a program to its end, with `input` on its standard input. Never throws for a failing status. */
export function run(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly input?: Uint8Array;
  } = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      // messages are compared as text, so they have to be in English
      env: { ...process.env, LC_ALL: "C.UTF-8", LANGUAGE: "C", ...options.env },
      stdio: "pipe",
    });
    const stdout: Uint8Array[] = [];
    const stderr: Uint8Array[] = [];
    child.stdout.on("data", (chunk: Uint8Array) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Uint8Array) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        status: code ?? -1,
        stdout: Uint8Array.from(Buffer.concat(stdout)),
        stderr: Buffer.concat(stderr).toString("utf8"),
      }),
    );
    // a program that ends before it has read everything closes the pipe; its status tells
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}

/** As {@link run}, for steps that must not fail. @throws Error with the program's own words */
export async function must(...call: Parameters<typeof run>): Promise<Ran> {
  const ran = await run(...call);
  if (ran.status !== 0) throw new Error(`${call[0]} ended with ${ran.status}: ${ran.stderr}`);
  return ran;
}
