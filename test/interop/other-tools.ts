/** Other people's OpenPGP programs behind one face: open a message with a key, seal one for several keys. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  armorOpeningKey,
  armorSealingKey,
  type OpeningKey,
  type Role,
  type SealingKey,
} from "../../src/protocol/index.js";
import { must, type Ran, run, type Tool } from "./tools.js";

/** How an opening ended. */
export interface ToolOpened {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** What the program said of the signature of the certificate that it was given. */
  readonly verified: boolean;
  readonly said: string;
}

export interface OtherTool {
  readonly name: string;
  readonly needs: readonly Tool[];
  /** Opens `message` with one key, verifying by `signer`. */
  readonly open: (
    message: Uint8Array,
    key: OpeningKey<Role>,
    signer: SealingKey<Role>,
  ) => Promise<ToolOpened>;
  /** Signs and encrypts. */
  readonly seal: (
    literal: Uint8Array,
    signer: OpeningKey<Role>,
    recipients: readonly SealingKey<Role>[],
  ) => Promise<Uint8Array>;
}

/** Runs `work` in a folder of its own that is gone afterwards. */
async function inFolder<T>(work: (path: (name: string) => string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "ls-"));
  try {
    return await work((name) => join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const toolOpened = async (ran: Ran, output: string, verified: boolean): Promise<ToolOpened> => ({
  status: ran.status,
  bytes: Uint8Array.from(await readFile(output).catch(() => new Uint8Array())),
  verified,
  said: ran.stderr,
});

const sq: OtherTool = {
  name: "sq",
  needs: ["sq"],
  open: (message, key, signer) =>
    inFolder(async (path) => {
      await writeFile(path("key"), await armorOpeningKey(key));
      await writeFile(path("signer"), armorSealingKey(signer));
      const options = ["--recipient-key", path("key"), "--signer-cert", path("signer"), "-o", path("out")];
      const ran = await run("sq", ["decrypt", ...options], { input: message });
      return toolOpened(ran, path("out"), ran.stderr.includes("1 good signature"));
    }),
  seal: (literal, signer, recipients) =>
    inFolder(async (path) => {
      await writeFile(path("signer"), await armorOpeningKey(signer));
      await writeFile(path("recipients"), recipients.map(armorSealingKey).join("\n"));
      const options = ["--binary", "--signer-key", path("signer"), "--recipient-cert", path("recipients")];
      return (await must("sq", ["encrypt", ...options], { input: literal })).stdout;
    }),
};

const sqop: OtherTool = {
  name: "sqop",
  needs: ["sqop"],
  open: (message, key, signer) =>
    inFolder(async (path) => {
      await writeFile(path("key"), await armorOpeningKey(key));
      await writeFile(path("signer"), armorSealingKey(signer));
      const options = ["--verify-with", path("signer"), "--verifications-out", path("verified"), path("key")];
      const ran = await run("sqop", ["decrypt", ...options], { input: message });
      await writeFile(path("out"), ran.stdout);
      const verifications = await readFile(path("verified"), "utf8").catch(() => "");
      return toolOpened(ran, path("out"), verifications.toLowerCase().includes(signer.fingerprint));
    }),
  seal: (literal, signer, recipients) =>
    inFolder(async (path) => {
      await writeFile(path("signer"), await armorOpeningKey(signer));
      const certificates = recipients.map((_, i) => path(`recipient${i}`));
      await Promise.all(
        recipients.map((recipient, i) => writeFile(path(`recipient${i}`), armorSealingKey(recipient))),
      );
      const options = ["--no-armor", "--sign-with", path("signer"), "--", ...certificates];
      return (await must("sqop", ["encrypt", ...options], { input: literal })).stdout;
    }),
};

const rnp: OtherTool = {
  name: "rnp",
  needs: ["rnp", "rnpkeys"],
  open: (message, key, signer) =>
    inFolder(async (path) => {
      await rnpImport(path, [await armorOpeningKey(key), armorSealingKey(signer)]);
      await writeFile(path("in"), message);
      const ran = await run("rnp", [...rnpHome(path), "-d", path("in"), "--output", path("out")]);
      return toolOpened(ran, path("out"), /^Good signature/m.test(ran.stderr));
    }),
  seal: (literal, signer, recipients) =>
    inFolder(async (path) => {
      await rnpImport(path, [await armorOpeningKey(signer), ...recipients.map(armorSealingKey)]);
      await writeFile(path("in"), literal);
      const to = recipients.flatMap(({ fingerprint }) => ["-r", fingerprint]);
      const options = ["-e", "-s", "-u", signer.fingerprint, ...to, "--output", path("out"), path("in")];
      await must("rnp", [...rnpHome(path), ...options]);
      return Uint8Array.from(await readFile(path("out")));
    }),
};

const rnpHome = (path: (name: string) => string) => ["--homedir", path(""), "--password", "", "--notty"];

async function rnpImport(path: (name: string) => string, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await writeFile(path("import"), key);
    await must("rnpkeys", ["--homedir", path(""), "--import-key", path("import")]);
  }
}

/** The programs of Debian 12 that read the profile `compatible`. */
export const otherTools: readonly OtherTool[] = [sq, sqop, rnp];
