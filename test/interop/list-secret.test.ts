/**
 * A list whose key is a secret, and people without the add-on: gpg opens the secret's file, reads by two commands, and opens the
 * next secret of a notice; Sequoia opens version 4, and version 6 once Debian's knows it.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writeListKeyFile } from "../../src/membership/invitation/list-key-file.js";
import { noticeBytes } from "../../src/membership/notice/owner-notice.js";
import { listNameOf } from "../../src/openpgp/list-keys.js";
import { join as joinPackets } from "../../src/openpgp/packets.js";
import { passphraseOf } from "../../src/openpgp/secrets.js";
import {
  generateSecret,
  type Mode,
  openAtServer,
  prepareReseal,
  resealFor,
  type SealedMessage,
  type SharedSecret,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { type Cast, makeCast } from "../protocol/people.js";
import { mailForBob, saveMail } from "./copies.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith, run } from "./tools.js";

const payload = new TextEncoder().encode("Only whoever has the secret reads this.\n");
const roster = { number: 1, hash: "00".repeat(32) };
const withSecret = "gpg --batch --pinentry-mode loopback --passphrase-file team.secret -d";

/** Alice's post under the list's secret: what the server opened, and Bob's copy of it. */
async function postUnder(
  secret: SharedSecret<"list">,
  cast: Cast,
  mode: Mode,
): Promise<{ readonly inner: Uint8Array; readonly copy: SealedMessage }> {
  const { address } = cast;
  const posted = { address, key: secret };
  const submitted = await sealPost({
    mode,
    payload,
    messageId: "<1@example.test>",
    list: posted,
    server: sealingHalf(cast.serverKey),
    author: cast.alice,
  });
  const list = { address, key: listNameOf(secret) };
  const opened = await openAtServer(submitted, {
    list,
    server: cast.serverKey,
    author: sealingHalf(cast.alice),
  });
  const prepared = await prepareReseal(opened, { list, server: cast.serverKey, roster });
  return {
    inner: submitted.mode === "key" ? joinPackets(opened.literal, submitted.body) : opened.literal,
    copy: await resealFor(prepared, sealingHalf(cast.bob)),
  };
}

describeWith(["gpg", "gpgconf"], "a list with a secret, and gpg", () => {
  let cast: Cast;
  let home: GpgHome;
  let secret: SharedSecret<"list">;

  beforeAll(async () => {
    cast = await makeCast("compatible");
    secret = await generateSecret("list", "compatible");
    home = await makeGpgHome();
    await home.import(cast.bob);
    await home.import(sealingHalf(cast.serverKey));
    await home.import(sealingHalf(cast.alice));
  });
  afterAll(() => home.close());

  test("the owner's file gives the secret, as a passphrase file, and opens for its member alone", async () => {
    const file = await writeListKeyFile(secret, cast.alice, sealingHalf(cast.bob), new Date());
    await home.save("team-list-secret.asc", file);
    const ran = await home.shell(
      "gpg --batch --quiet -d team-list-secret.asc > team.secret && cat team.secret",
    );
    expect(ran.stderr).toContain('Good signature from "Alice');
    expect(Buffer.from(ran.stdout).toString("utf8")).toBe(`${passphraseOf(secret)}\n`);
    const other = await makeGpgHome();
    try {
      await other.import(cast.eve);
      await other.save("team-list-secret.asc", file);
      expect((await other.shell("gpg --batch -d team-list-secret.asc")).status).not.toBe(0);
    } finally {
      await other.close();
    }
  });

  test.each(["key", "whole"] as const)("mode %s: the two commands of FORMAT read a post", async (mode) => {
    await home.save("team.secret", passphraseOf(secret));
    const command = await saveMail(home, mailForBob(cast, (await postUnder(secret, cast, mode)).copy));
    const reads = command.replace(/gpg -d(?!.*gpg -d)/, withSecret);
    const ran = await home.shell(reads);
    expect(ran.stderr).toContain('Good signature from "Alice <alice@example.test>"');
    expect(ran.status).toBe(0);
    expect(Uint8Array.from(ran.stdout)).toEqual(payload);
    await home.save("team.secret", "00".repeat(32));
    const failed = await home.shell(reads);
    expect(failed.status).not.toBe(0);
    expect(failed.stdout).toHaveLength(0);
  });

  test("the next secret of a notice opens with the one before", async () => {
    const next = await generateSecret("list", "compatible");
    const now = new Date();
    const bytes = await noticeBytes(
      {
        serial: 1,
        date: now,
        list: { address: parseAddress(cast.address), key: secret.fingerprint },
        news: { kind: "new-list-key", listKey: next, graceEnds: now },
      },
      [secret],
    );
    const message = /"message": "([^"]+)"/.exec(new TextDecoder().decode(bytes))?.[1] ?? "";
    await home.save("team.secret", passphraseOf(secret));
    await home.save("next.pgp", Buffer.from(message, "base64"));
    const ran = await home.shell(`${withSecret} next.pgp`);
    expect(ran.status).toBe(0);
    expect(Buffer.from(ran.stdout).toString("utf8")).toBe(passphraseOf(next));
  });
});

describeWith(["sqop"], "a list with a secret, and Sequoia", () => {
  test.each(["key", "whole"] as const)("mode %s: sqop opens the inner seal with the secret", async (mode) => {
    const cast = await makeCast("compatible");
    const secret = await generateSecret("list", "compatible");
    const { inner } = await postUnder(secret, cast, mode);
    const folder = await mkdtemp(join(tmpdir(), "ls-"));
    try {
      const file = join(folder, "team.secret");
      await writeFile(file, passphraseOf(secret));
      const ran = await run("sqop", ["decrypt", "--with-password", file], { input: inner });
      expect({ status: ran.status, text: Uint8Array.from(ran.stdout) }).toEqual({ status: 0, text: payload });
      await writeFile(file, "00".repeat(32));
      expect((await run("sqop", ["decrypt", "--with-password", file], { input: inner })).status).not.toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  // Debian 12 has Sequoia 1.12, which is older than RFC 9580
  test("of version 6, it opens the inner seal, or takes it for no message, as one before RFC 9580 does", async () => {
    const cast = await makeCast("rfc9580");
    const secret = await generateSecret("list", "rfc9580");
    const { inner } = await postUnder(secret, cast, "key");
    const folder = await mkdtemp(join(tmpdir(), "ls-"));
    try {
      const file = join(folder, "team.secret");
      await writeFile(file, passphraseOf(secret));
      const { status, stdout, stderr } = await run("sqop", ["decrypt", "--with-password", file], {
        input: inner,
      });
      if (status === 0) expect(Uint8Array.from(stdout)).toEqual(payload);
      else expect(stderr).toContain("Invalid data");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
