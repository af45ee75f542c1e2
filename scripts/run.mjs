/** Running other programs: with their output on the screen, or quietly with a sign of life. */
import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Seconds between two signs of life of a quiet step. */
const SIGN_OF_LIFE = 5;

/** Runs a program with its output on the screen and gives its exit code (127 if it can't be started). */
export function runVisibly(command, args, { started, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: "inherit", ...options });
    if (child.pid !== undefined) started?.(child.pid);
    child.once("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
}

/** What {@link runWithin} gives for a program that did not end in time. */
export const OUT_OF_TIME = 124;

/** Said of a program that had to be ended. */
export const tooLong = (minutes) => `did not end within ${minutes} minutes`;

/** Seconds between asking a program to end and ending it. */
const LAST_WORDS = 10;

/**
 * Like {@link runVisibly}, in a process group of its own that is ended as a whole after `minutes`: one timer that a test leaves
 * behind would otherwise keep everything waiting for ever. Ends with us, too.
 * @returns the exit code, or OUT_OF_TIME
 */
export async function runWithin(minutes, command, args) {
  let group;
  const end = (signal) => {
    try {
      if (group !== undefined) process.kill(-group, signal);
    } catch {
      // all of it has ended
    }
  };
  const passOn = (signal) => {
    end(signal);
    process.exit(1);
  };
  let late = false;
  const timers = [
    setTimeout(() => {
      late = true;
      console.error(`${command}: stopped after ${minutes} minutes`);
      end("SIGTERM");
    }, minutes * 60_000),
    setTimeout(() => end("SIGKILL"), minutes * 60_000 + LAST_WORDS * 1000),
  ];
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, passOn);
  const code = await runVisibly(command, args, {
    detached: true,
    started: (pid) => {
      group = pid;
    },
  });
  for (const timer of timers) clearTimeout(timer);
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeListener(signal, passOn);
  return late ? OUT_OF_TIME : code;
}

/** Runs a program and gives its exit code and what it wrote. */
export function runAndListen(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const parts = [];
    child.stdout.on("data", (chunk) => parts.push(chunk));
    child.stderr.on("data", (chunk) => parts.push(chunk));
    child.once("error", () => resolve({ code: 127, output: "" }));
    child.once("close", (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(parts).toString("utf8") }),
    );
  });
}

/**
 * Runs a program whose output goes to out/setup/<name>.log, and says every few seconds that it still runs.
 * Gives its exit code; when that is not 0, the end of its output has been printed.
 */
export async function runQuietly(title, name, command, args, env = {}) {
  const logFile = join(ROOT, "out", "setup", `${name}.log`);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile);
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  console.log(`${title} ...`);
  const timer = setInterval(() => console.log(`  ${title}: ${seconds()} s`), SIGN_OF_LIFE * 1000);
  const code = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once("error", (error) => {
      log.write(`${error.message}\n`);
      resolve(127);
    });
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  clearInterval(timer);
  await new Promise((resolve) => log.end(resolve));
  if (code === 0) {
    console.log(`  ${title}: done in ${seconds()} s`);
  } else {
    const tail = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-30).join("\n");
    console.log(`  ${title}: failed after ${seconds()} s with code ${code}\n${tail}`);
  }
  return code;
}
