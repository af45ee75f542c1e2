import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { attachmentsOf } from "../interop/copies.js";
import { type GpgHome, makeGpgHome } from "../interop/gpg-home.js";
import { must, run } from "../interop/tools.js";

/** The script that the README names. */
const POST = fileURLToPath(new URL("../../docs/post-with-gpg.sh", import.meta.url));

/** Somebody who has GnuPG and no add-on, and does what the README and the owner say, by real commands. */
export class GnupgMember {
  readonly address: string;
  readonly #home: GpgHome;

  private constructor(address: string, home: GpgHome) {
    this.address = address;
    this.#home = home;
  }

  /** Makes an empty home. The caller closes it. */
  static async arrive(address: string): Promise<GnupgMember> {
    return new GnupgMember(address, await makeGpgHome());
  }

  #gpg(...args: readonly string[]) {
    return must("gpg", ["--batch", ...args], { env: this.#home.env });
  }

  async #shell(line: string): Promise<string> {
    const { status, stdout, stderr } = await this.#home.shell(line);
    if (status !== 0) throw new Error(`${line} ended with ${status}: ${stderr}`);
    return Buffer.from(stdout).toString("utf8");
  }

  /** What stands in an invitation file. */
  async openInvitation(file: Uint8Array, code: string): Promise<unknown> {
    await this.#home.save("invitation.listseal", file);
    const options = `--batch --pinentry-mode loopback --passphrase ${code}`;
    // it ends with an error all the same: the owner who signed is not known here yet
    const { stdout } = await this.#home.shell(`gpg ${options} -d invitation.listseal`);
    return JSON.parse(Buffer.from(stdout).toString("utf8"));
  }

  /** Makes a key; gives its public half. */
  async makeKey(name: string): Promise<Uint8Array> {
    const id = `${name} <${this.address}>`;
    await this.#gpg("--passphrase", "", "--quick-gen-key", id, "future-default", "default", "never");
    return (await this.#gpg("--armor", "--export", this.address)).stdout;
  }

  /** Imports certificates, and the list key by the line that the owner's page says. */
  async takeListKey(listKeyFile: string, certificates: readonly string[]): Promise<void> {
    await this.#gpg("--import", ...certificates);
    await this.#home.save("team-list-key.asc", readFileSync(listKeyFile));
    await this.#shell("gpg --batch -d team-list-key.asc | gpg --batch --import");
  }

  /** Imports certificates, and opens the list's secret by the line that the owner's page says. */
  async takeListSecret(secretFile: string, certificates: readonly string[]): Promise<void> {
    await this.#gpg("--import", ...certificates);
    await this.#home.save("team-list-secret.asc", readFileSync(secretFile));
    await this.#shell("gpg --batch --yes -d team-list-secret.asc > team.secret");
  }

  /** Reads a mail in mode `key` by FORMAT's two commands, with the list's secret. @throws if one of them ends with an error */
  async readWithSecret(mail: Uint8Array): Promise<string> {
    for (const { name, bytes } of await attachmentsOf(mail)) {
      if (name !== "") await this.#home.save(name, bytes);
    }
    const withSecret = "gpg --batch --pinentry-mode loopback --passphrase-file team.secret -d";
    return this.#shell(`gpg -d sealed-key.pgp > key.pgp && cat key.pgp sealed-body.pgp | ${withSecret}`);
  }

  /** Reads a mail in mode `key` by the README's line. @throws if one of its commands ends with an error */
  async read(mail: Uint8Array): Promise<string> {
    for (const { name, bytes } of await attachmentsOf(mail)) {
      // other parts than the two are without a name
      if (name !== "") await this.#home.save(name, bytes);
    }
    return this.#shell("gpg -d sealed-key.pgp > key.pgp && cat key.pgp sealed-body.pgp | gpg -d");
  }

  /** Writes a mail to a list by the script; gives it as the script made it. */
  async write(
    list: { readonly address: string; readonly listKey: string; readonly serverKey: string },
    subject: string,
    text: string,
  ): Promise<Uint8Array> {
    const { address, listKey, serverKey } = list;
    const { status, stdout, stderr } = await run(
      "sh",
      [POST, "-f", this.address, "-l", address, "-L", listKey, "-S", serverKey, "-s", subject],
      { cwd: this.#home.folder, env: this.#home.env, input: Buffer.from(text) },
    );
    if (status !== 0) throw new Error(`the script ended with ${status}: ${stderr}`);
    return stdout;
  }

  close(): Promise<void> {
    return this.#home.close();
  }
}
