/** The real gpg opens what the server's own packet writer writes, for its own keys too, of every kind that it makes. */
import fc from "fast-check";
import { type OpeningKey, readSealingKey, type SealingKey, sealingHalf } from "../../src/protocol/index.js";
import { FastReseal } from "../../src/server/delivery/fast-reseal.js";
import { Recipients } from "../../src/server/delivery/recipients.js";
import { type Cast, makeCast } from "../protocol/people.js";
import { memberOf, prepareBytes } from "../server/prepared.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith, must } from "./tools.js";

const sizes = [0, 1, 191, 192, 8383, 8384, 1_000_000];

describeWith(["gpg"], "a copy of the fast path, opened by gpg", () => {
  let cast: Cast;
  let home: GpgHome;
  const fast = new FastReseal();

  beforeAll(async () => {
    cast = await makeCast("compatible");
    home = await makeGpgHome();
    // gpg calls the list signature an error without it
    await home.import(sealingHalf(cast.serverKey));
  });
  afterAll(() => home.close());

  async function gpgOpens(member: SealingKey<"member">): Promise<void> {
    for (const size of sizes) await gpgOpensOne(member, size);
  }

  async function gpgOpensOne(member: SealingKey<"member">, size: number): Promise<void> {
    const literal = new Uint8Array(size).map((_, i) => (i * 7) ^ (i >> 8));
    const prepared = await prepareBytes(cast, literal);
    const copy = await fast.resealFor(prepared, member);
    if (copy.mode !== "whole") throw new Error("another mode");
    const ran = await home.shell("gpg --batch --status-fd 2 -d", copy.message);
    expect({ size, status: ran.status }).toEqual({ size, status: 0 });
    expect(ran.stderr).toMatch(/\[GNUPG:\] GOODSIG/);
    expect(ran.stderr).toMatch(/\[GNUPG:\] DECRYPTION_OKAY/);
    expect(Buffer.from(ran.stdout).equals(literal)).toBe(true);
  }

  test("for a member key of ours", async () => {
    const bob: OpeningKey<"member"> = await memberOf("v4 Curve25519Legacy");
    await home.import(bob);
    await gpgOpens(sealingHalf(bob));
  });

  test("for members and sizes of chance, other ones on every run", async () => {
    // what GnuPG 2.2 can import, and reads without AEAD
    const kinds = ["v4 Curve25519Legacy", "v4 that prefers AES-128", "NIST P-256", "RSA-3072"] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...kinds), fc.nat(300_000), async (kind, size) => {
        const member = await memberOf(kind);
        await home.import(member);
        await gpgOpensOne(sealingHalf(member), size);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });

  // primary key, then (unless gpg adds one itself) the encryption subkey
  test.each([
    ["future-default", "native"],
    ["rsa3072/rsa3072", "library"],
    ["nistp256/nistp256", "library"],
  ])("for gpg's own key of the kind %s (%s)", async (kind, by) => {
    const address = `${kind.replace(/\W/g, "-")}@example.test`;
    const { env } = home;
    const [primary = kind, encryption] = kind.split("/");
    const quiet = ["--batch", "--pinentry-mode", "loopback", "--passphrase", ""];
    await must("gpg", [...quiet, "--quick-generate-key", address, primary, "default", "0"], { env });
    if (encryption !== undefined) {
      const { stdout } = await must("gpg", ["--with-colons", "-k", address], { env });
      const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(Buffer.from(stdout).toString())?.[1] ?? "";
      await must("gpg", [...quiet, "--quick-add-key", fingerprint, encryption, "encr", "0"], { env });
    }
    const { stdout } = await must("gpg", ["--export", address], { env });
    // gpg dates its key with the second of now; the library asks for an earlier one
    const member = await readSealingKey("member", stdout, new Date(Date.now() + 1000));
    const recipient = await new Recipients(10, () => new Date(Date.now() + 1000)).ofKey(member);
    expect(recipient.seal.by).toBe(by);
    await gpgOpens(member);
  });
});
