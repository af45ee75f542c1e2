/** The other programs: whether they are installed, their versions, and keys in their homes. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The programs that we are compared with. */
export type Peer = "gpg" | "sq" | "rnp";

/** A folder of its own with a home for each program. */
export interface PeerWorld {
  readonly folder: string;
  readonly has: (peer: Peer) => boolean;
  /** Writes a file into the folder and gives its path. */
  readonly file: (name: string, bytes: Uint8Array | string) => string;
  /** Runs a program to its end. @throws Error if it fails */
  readonly run: (program: string, args: readonly string[]) => void;
  /** Ends the agents and removes the folder. */
  readonly close: () => void;
}

/** How gpg is called: no questions, no trust, no compression unless asked for. */
export const gpgArgs = [
  "--batch",
  "--quiet",
  "--yes",
  "--no-auto-check-trustdb",
  "--trust-model",
  "always",
] as const;

/** Makes the folder, in memory where the system has such a place: files are the programs' interface, not their cost. */
export function makePeerWorld(): PeerWorld {
  // QUIRK: the path of gpg-agent's socket may have at most 107 characters
  const folder = mkdtempSync(join(tmpdir(), "lsb-"));
  const gnupg = join(folder, "g");
  mkdirSync(gnupg, { mode: 0o700 });
  const env = { ...process.env, GNUPGHOME: gnupg, HOME: folder };
  const has = (peer: Peer) => spawnSync(peer, ["--version"], { env }).status === 0;
  const installed = new Set((["gpg", "sq", "rnp"] as const).filter(has));
  return {
    folder,
    has: (peer) => installed.has(peer),
    file: (name, bytes) => {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    },
    run: (program, args) => {
      const ran = spawnSync(program, args, { env, cwd: folder, maxBuffer: 2 ** 30 });
      if (ran.status !== 0) throw new Error(`${program} ended with ${ran.status}: ${ran.stderr}`);
    },
    close: () => {
      if (installed.has("gpg")) spawnSync("gpgconf", ["--kill", "gpg-agent"], { env });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
