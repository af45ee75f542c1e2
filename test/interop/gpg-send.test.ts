/** A sender who has GnuPG alone posts by the script of the docs; and what the checks say to one who leaves steps out. */
import { readdir, readFile } from "node:fs/promises";

import { fileURLToPath } from "node:url";
import { readPayload } from "../../src/mail/payload.js";
import { readSealedMail } from "../../src/mail/sealed-mail.js";
import {
  type MemberKeys,
  type Mode,
  openAtServer,
  openPost,
  parseSealingKey,
  type SealedMessage,
  type SealingKey,
  sealingHalf,
} from "../../src/protocol/index.js";
import { type Cast, keysOf, makeCast, serverContext } from "../protocol/people.js";
import { copyForBob, mailForBob, roster, saveMail } from "./copies.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith, must, type Ran, run } from "./tools.js";

const script = fileURLToPath(new URL("../../docs/post-with-gpg.sh", import.meta.url));
const text = "Hello from GnuPG.\n.\nFrom here on — ünïcödé.\n";
const subject = "会議の議事録と次回の予定について、できるだけ早くご確認くださいますようお願いいたします";

/** Alice's key comes from gpg itself. */
async function makeGpgAlice(home: GpgHome): Promise<SealingKey<"member">> {
  const id = "Alice <alice@example.test>";
  const options = [
    "--batch",
    "--passphrase",
    "",
    "--quick-gen-key",
    id,
    "future-default",
    "default",
    "never",
  ];
  await must("gpg", options, { env: home.env });
  const { stdout } = await must("gpg", ["--export", "alice@example.test"], { env: home.env });
  return parseSealingKey("member", stdout);
}

/** What a reader's add-on does at the least: the author is whom the payload's certificate and From name. */
const identifyBy = (known: SealingKey<"member">) => async (payload: Uint8Array) => {
  const letter = await readPayload(payload);
  const author = await parseSealingKey("member", letter.author?.certificate ?? new Uint8Array());
  expect(letter.from.address).toBe("alice@example.test");
  expect(author.fingerprint).toBe(known.fingerprint);
  return { author, messageId: letter.messageId };
};

describeWith(["gpg", "gpgconf", "gpgsplit"], "a sender with gpg alone", () => {
  let cast: Cast;
  let home: GpgHome;
  let alice: SealingKey<"member">;
  let memberKeys: MemberKeys;

  beforeAll(async () => {
    cast = await makeCast("compatible");
    memberKeys = keysOf(cast, cast.bob);
    home = await makeGpgHome();
    alice = await makeGpgAlice(home);
    await home.import(sealingHalf(cast.listKey));
    await home.import(sealingHalf(cast.serverKey));
  });

  afterAll(() => home.close());

  const post = (mode: Mode, ...more: string[]): Promise<Ran> =>
    run(
      "sh",
      [
        ...[
          script,
          "-f",
          "alice@example.test",
          "-l",
          cast.address,
          "-L",
          cast.listKey.fingerprint.toUpperCase(),
        ],
        ...["-S", cast.serverKey.fingerprint, "-m", mode, "-s", subject, ...more],
      ],
      { cwd: home.folder, env: { ...home.env, TMPDIR: home.folder }, input: Buffer.from(text) },
    );

  async function sealedOf(ran: Ran): Promise<SealedMessage> {
    if (ran.status !== 0) throw new Error(`the script ended with ${ran.status}: ${ran.stderr}`);
    const received = await readSealedMail(ran.stdout);
    if (received.kind !== "sealed") throw new Error("not sealed");
    expect(received.from.address).toBe("alice@example.test");
    return received.sealed;
  }

  describe.each(["key", "whole"] as const)("mode %s", (mode) => {
    const attached = crypto.getRandomValues(new Uint8Array(60_000));
    let ran: Ran;
    let submitted: SealedMessage;

    beforeAll(async () => {
      await home.save("Photo 1.bin", attached);
      ran = await post(mode, "-r", "<question@example.test>", "Photo 1.bin");
      submitted = await sealedOf(ran);
    });

    test("the mail says nothing outside; nothing stays on the disk", async () => {
      const mail = Buffer.from(ran.stdout).toString("latin1");
      expect(mail).toContain("Subject: [team] encrypted message\r\n");
      expect(mail).toContain("In-Reply-To: <question@example.test>\r\n");
      for (const line of mail.split("\n").slice(0, -1)) {
        expect(line.endsWith("\r")).toBe(true);
        expect(line.length).toBeLessThan(80);
      }
      expect((await readdir(home.folder)).filter((name) => name.startsWith("tmp."))).toEqual([]);
    });

    test("the server takes it with every check, and Bob's add-on reads it", async () => {
      const copy = await copyForBob(cast, submitted, "resealed", alice);
      const opened = await openPost(copy, memberKeys, identifyBy(alice));
      if (opened.kind !== "opened") throw new Error("not opened");
      expect(opened.passage).toEqual({
        via: "list",
        by: alice.fingerprint,
        roster,
        signedAt: expect.any(Date),
      });
      const letter = await readPayload(opened.payload);
      expect(letter).toMatchObject({ subject, text, inReplyTo: "<question@example.test>" });
      expect(letter.to).toEqual([{ address: cast.address }]);
      expect(letter.attachments.map(({ name, bytes }) => [name, bytes])).toEqual([["Photo_1.bin", attached]]);
      expect(letter.messageId).toBe(opened.messageId);
    });

    test("gpg writes the key packet with an old-format header in its shortest form", async () => {
      const { literal } = await openAtServer(submitted, { ...serverContext(cast), author: alice });
      // 0x84: a packet, old format, type 1 (PKESK), one octet of length
      expect(literal[0]).toBe(0x84);
    });

    test("Bob, with gpg alone, reads it too", async () => {
      const bob = await makeGpgHome();
      try {
        for (const key of [cast.bob, cast.listKey, sealingHalf(cast.serverKey), alice]) await bob.import(key);
        const mail = mailForBob(cast, await copyForBob(cast, submitted, "resealed", alice));
        const read = await bob.shell(await saveMail(bob, mail));
        expect(read.stderr).toContain('Good signature from "Alice <alice@example.test>"');
        expect(read.status).toBe(0);
        expect((await readPayload(read.stdout)).text).toBe(text);
      } finally {
        await bob.close();
      }
    });

    test("Alice opens the outer seal of her own copy", async () => {
      await saveSealed(home, submitted);
      const read = await home.shell(mode === "key" ? "gpg -d sealed-key.pgp" : "gpg -d sealed-message.pgp");
      expect(read.status).toBe(0);
    });
  });

  test("a gpg.conf that adds recipients, hides them, armors and signs as text changes nothing", async () => {
    const conf = ["encrypt-to alice@example.test", "throw-keyids", "armor", "textmode", "comment hello"];
    await home.save("gpg.conf", `${conf.join("\n")}\n`);
    try {
      for (const mode of ["key", "whole"] as const) {
        const copy = await copyForBob(cast, await sealedOf(await post(mode)), "resealed", alice);
        await expect(openPost(copy, memberKeys, identifyBy(alice))).resolves.toMatchObject({
          kind: "opened",
        });
      }
    } finally {
      await home.save("gpg.conf", "");
    }
  });

  test.each([
    ["without a list", ["-l", ""]],
    ["with a list key that is not there", ["-L", "0".repeat(40)]],
    ["with an address that begins a header line", ["-l", "team@lists.example\nBcc: eve@example.test"]],
    ["with a file that is not there", ["nowhere.bin"]],
    ["in a mode that there is not", ["-m", "both"]],
  ])("%s the script fails and writes no mail", async (_, options) => {
    const ran = await post("key", ...options);
    expect(ran.status).not.toBe(0);
    expect(ran.stdout).toHaveLength(0);
  });

  /** The script with some of its words changed: a sender who leaves a step out. */
  async function postChanged(
    mode: Mode,
    changes: readonly (readonly [string, string])[],
  ): Promise<SealedMessage> {
    let changed = await readFile(script, "utf8");
    for (const [from, to] of changes) {
      expect(changed).toContain(from);
      changed = changed.replaceAll(from, to);
    }
    await home.save("changed.sh", changed);
    const options = ["-f", "alice@example.test", "-l", cast.address, "-L", cast.listKey.fingerprint];
    return sealedOf(
      await run("sh", ["./changed.sh", ...options, "-S", cast.serverKey.fingerprint, "-m", mode], {
        cwd: home.folder,
        env: home.env,
        input: Buffer.from(text),
      }),
    );
  }

  const atServer = (submitted: SealedMessage) =>
    openAtServer(submitted, { ...serverContext(cast), author: alice });

  /** Lets more than one key packet through, as a sender would who joins all that gpgsplit wrote. */
  const anyRecipients = [
    ["--no-encrypt-to ", ""],
    [
      "key=$work/split.000001-001.pk_enc body=$work/split.000002-018.encrypted_mdc",
      'key=$work/k body=$(echo "$work"/*_mdc); cat "$work"/*.pk_enc >"$key"',
    ],
  ] as const;

  describe.each(["key", "whole"] as const)("mode %s, refused by the server", (mode) => {
    test.each([
      [
        "no notations at all",
        [
          ["--set-notation", "--known-notation"],
          ['$kind"', '"'],
        ],
        "binding-missing",
      ],
      ["no kind", [['--set-notation "kind', '--set-notation "sort']], "binding-missing"],
      ["no message id", [['--set-notation "msgid', '--set-notation "mid']], "binding-missing"],
      ["the kind of an inner signature", [["seal submit", "seal post"]], "wrong-kind"],
      ["another list", [["sed 's/%/%%/g') $list_key", "sed 's/team/other/') $list_key"]], "wrong-list"],
      [
        "a notation too many",
        [["--no-textmode", '--set-notation "by@v1.listseal.example=me"']],
        "binding-mismatch",
      ],
      ["a later version of the notations", [["@v1.", "@v2."]], "unsupported-version"],
      ["not signed", [["--sign --encrypt", "--encrypt"]], "not-signed"],
      ["a signature over text", [["--no-textmode", "--textmode"]], "wrong-kind"],
      ["hidden recipients", [["--no-throw-keyids", "--throw-keyids"]], "wrong-list"],
    ] as const)("%s", async (_, changes, code) => {
      await expect(postChanged(mode, changes).then(atServer)).rejects.toMatchObject({ code });
    });

    test("an active encrypt-to line, that is two key packets", async () => {
      await home.save("gpg.conf", "encrypt-to alice@example.test\n");
      try {
        const submitted = await postChanged(mode, mode === "key" ? anyRecipients : anyRecipients.slice(0, 1));
        const code = mode === "key" ? "malformed-key-packet" : "damaged";
        await expect(atServer(submitted)).rejects.toMatchObject({ code });
      } finally {
        await home.save("gpg.conf", "");
      }
    });
  });

  test("mode key without the body's digest, or with another body's", async () => {
    const absent = [['--set-notation "body-sha256', '--set-notation "body-md5']] as const;
    await expect(postChanged("key", absent).then(atServer)).rejects.toMatchObject({
      code: "binding-missing",
    });
    const other = [
      ['gpg --batch --print-md SHA256 <"$body"', 'gpg --batch --print-md SHA256 <"$key"'],
    ] as const;
    await expect(postChanged("key", other).then(atServer)).rejects.toMatchObject({
      code: "binding-mismatch",
    });
  });

  test.each(["key", "whole"] as const)(
    "mode %s: an inner signature without notations is refused by the reader",
    async (mode) => {
      // the server can't see inside: its checks pass, the member's do not. The first notation gets a name that is
      // `kind` in the outer signature and `post` in the inner one
      const changes = [['--set-notation "kind', '--set-notation "$kind']] as const;
      const submitted = await postChanged(mode, [
        ...changes,
        ["seal submit", "seal kind"],
        ['$kind" \\\n', 'submit" \\\n'],
      ]);
      const copy = await copyForBob(cast, submitted, "resealed", alice);
      await expect(openPost(copy, memberKeys, identifyBy(alice))).rejects.toMatchObject({
        code: "binding-missing",
      });
    },
  );
});

async function saveSealed(home: GpgHome, sealed: SealedMessage): Promise<void> {
  if (sealed.mode === "whole") return home.save("sealed-message.pgp", sealed.message);
  await home.save("sealed-key.pgp", sealed.key);
  return home.save("sealed-body.pgp", sealed.body);
}
