/** Commands of the shell, as they are run and as they are printed. */
import { execFile } from "node:child_process";

/** A word that means itself, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** How a program ended, and what it said. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that does not answer must not keep the operator waiting, in milliseconds. */
const PROGRAM_TIMEOUT_MS = 120_000;

/** Runs a program to its end. 127 if it is not there, as in a shell. */
export function runProgram(program: string, words: readonly string[]): Promise<ProgramResult> {
  return new Promise((resolve) => {
    execFile(program, words, { timeout: PROGRAM_TIMEOUT_MS, env: process.env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 127;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Certificates of one person, at the most. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** As {@link runProgram}, for a program whose output is no text. */
export function runForOctets(
  program: string,
  words: readonly string[],
): Promise<{ readonly code: number; readonly octets: Uint8Array }> {
  return new Promise((resolve) => {
    const options = {
      timeout: PROGRAM_TIMEOUT_MS,
      env: process.env,
      encoding: "buffer",
      maxBuffer: MAX_OUTPUT_BYTES,
    } as const;
    execFile(program, words, options, (error, octets) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 127, octets });
    });
  });
}
