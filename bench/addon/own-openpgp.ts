/**
 * A sealed mail beside the same letter encrypted for Thunderbird's own OpenPGP (RFC 3156, made by gpg, one layer, not signed).
 *
 * QUIRK: of such a mail of 1 MB Thunderbird 153 showed nothing here, within twenty seconds; up to 100 kB it does.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { addressOf } from "../../test/world/world.js";
import { compare, type Row } from "../row.js";
import { clearMails, kilobyte, type Size } from "./mails.js";
import { middle, onStage, profiles, type Shown, show, startPage, turns } from "./stage.js";

const TURNS = 5;
const sizes: readonly Size[] = [kilobyte, { label: "100 kB", bytes: 100_000 }];

/** Somebody with gpg and one key without a passphrase. */
function gpgFor(address: string) {
  const home = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  const gpg = (args: readonly string[], input?: Uint8Array): string =>
    execFileSync("gpg", ["--homedir", home, "--batch", "--quiet", "--trust-model", "always", ...args], {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
      maxBuffer: 1e8,
    });
  gpg(["--passphrase", "", "--quick-generate-key", `Bob <${address}>`, "default", "default", "never"]);
  return {
    secretKey: () =>
      gpg(["--armor", "--pinentry-mode", "loopback", "--passphrase", "", "--export-secret-keys"]),
    encrypt: (bytes: Uint8Array) => gpg(["--armor", "--encrypt", "-r", address], bytes),
    close: () => {
      execFileSync("gpgconf", ["--homedir", home, "--kill", "all"]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The entity inside a mail in clear: its body under its own Content-Type. */
function entityOf(mail: Uint8Array): Uint8Array {
  const text = Buffer.from(mail).toString("latin1");
  return Buffer.from(text.slice(text.indexOf("Content-Type:")), "latin1");
}

function encryptedMail(id: string, to: string, armored: string): Uint8Array {
  const lines = [
    ...["From: alice@example.test", `To: ${to}`, `Subject: ${id}`, `Date: ${new Date().toUTCString()}`],
    ...[`Message-ID: <${id}@example.test>`, "MIME-Version: 1.0"],
    'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="outer"',
    ...["", "--outer", "Content-Type: application/pgp-encrypted", "", "Version: 1", "", "--outer"],
    ...['Content-Type: application/octet-stream; name="encrypted.asc"', "", armored, "--outer--", ""],
  ];
  return Buffer.from(lines.join("\n").replace(/\r?\n/g, "\r\n"), "latin1");
}

export async function ownOpenPgpRows(): Promise<readonly Row[]> {
  const reader = addressOf("bob");
  const gpg = gpgFor(reader);
  try {
    const letters = clearMails(reader, sizes).map(({ raw }) => entityOf(raw));
    const others = letters.map((letter, i) =>
      encryptedMail(`pgp-${sizes[i]?.bytes}`, reader, gpg.encrypt(letter)),
    );
    return await onStage({ sizes, others }, async (stage) => {
      const { marionette } = stage.thunderbird;
      await marionette.call(z.literal(1), "own-openpgp", "importSecretKey", gpg.secretKey());
      const rows: Row[] = [];
      for (const { label, bytes } of sizes) {
        for (const profile of profiles) {
          const all = await turns(TURNS, async () => {
            await startPage(stage);
            await show(stage, `${profile === "compatible" ? "rfc9580" : "compatible"}-${kilobyte.bytes}`);
            const sealed = await show(stage, `${profile}-${bytes}`);
            return { sealed, own: await show(stage, `pgp-${bytes}`) };
          });
          const row = (what: string, figure: (one: Shown) => number) =>
            compare(
              `${what}, sealed mail of ${label}, ${profile}`,
              "ms",
              middle(all, ({ sealed }) => figure(sealed)),
              [{ name: "Thunderbird's own OpenPGP", value: middle(all, ({ own }) => figure(own)), goal: 1 }],
            );
          rows.push(
            ...row("click to shown", ({ time }) => time),
            ...row("longest stall of the window", ({ stall }) => stall),
          );
        }
      }
      return rows;
    });
  } finally {
    gpg.close();
  }
}
