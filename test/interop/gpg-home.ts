/** A person who has nothing but GnuPG: a home of their own, and a folder where they save attachments. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  armorOpeningKey,
  armorSealingKey,
  type OpeningKey,
  type Role,
  type SealingKey,
} from "../../src/protocol/index.js";
import { must, type Ran, run } from "./tools.js";

export interface GpgHome {
  /** Where files are saved and commands run. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Imports a key; secret halves without a passphrase. @throws Error if gpg refuses it */
  readonly import: (key: OpeningKey<Role> | SealingKey<Role>) => Promise<void>;
  readonly save: (name: string, bytes: Uint8Array | string) => Promise<void>;
  /** Runs a command line as the person's shell does; any failing part of a pipeline is a failure. */
  readonly shell: (commandLine: string, input?: Uint8Array) => Promise<Ran>;
  /** Ends this home's agent and removes everything. */
  readonly close: () => Promise<void>;
}

/** Makes an empty home. */
export async function makeGpgHome(): Promise<GpgHome> {
  // QUIRK: gpg-agent's socket lies in the home, and a socket's path has at most 107 characters. mkdtemp makes it 0700
  const folder = await mkdtemp(join(tmpdir(), "ls-"));
  const env = { GNUPGHOME: folder };
  return {
    folder,
    env,
    import: async (key) => {
      const armored = "secret" in key ? await armorOpeningKey(key) : armorSealingKey(key);
      await must("gpg", ["--batch", "--import"], { env, input: Buffer.from(armored) });
    },
    save: (name, bytes) => writeFile(join(folder, name), bytes),
    shell: (commandLine, input) =>
      run("bash", ["-o", "pipefail", "-c", commandLine], {
        cwd: folder,
        env,
        ...(input === undefined ? {} : { input }),
      }),
    close: async () => {
      await run("gpgconf", ["--homedir", folder, "--kill", "all"]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
