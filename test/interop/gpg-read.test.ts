/** A member who has GnuPG alone reads both modes by the command that stands in the mail itself. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { writePayload } from "../../src/mail/payload.js";
import {
  type DeliveryMode,
  generateSecret,
  type Mode,
  sealingHalf,
  writeSealingKey,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, makeCast } from "../protocol/people.js";
import { attachmentsOf, copyForBob, mailForBob, saveMail } from "./copies.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";
import { describeWith } from "./tools.js";

const messageId = "<1@example.test>";

function letterOf(cast: Cast): Uint8Array {
  const from = { name: "Alice", address: parseAddress("alice@example.test") };
  const to = [{ address: parseAddress(cast.address) }];
  return writePayload(
    {
      from,
      to,
      cc: [],
      subject: "封をした手紙",
      date: new Date(),
      messageId,
      references: [],
      text: "Only the list reads this.",
      attachments: [
        { name: "bytes.bin", type: "application/octet-stream", bytes: new Uint8Array(3000).fill(7) },
      ],
      author: { certificate: writeSealingKey(sealingHalf(cast.alice)) },
    },
    { subject: "[team] encrypted message", from, to },
  );
}

/** Alice's letter in Bob's inbox. */
async function mailOf(
  cast: Cast,
  mode: Mode,
  delivery: DeliveryMode,
  payload: Uint8Array,
): Promise<Uint8Array> {
  return mailForBob(cast, await copyForBob(cast, await aliceSeals(cast, mode, payload, messageId), delivery));
}

const settings: [Mode, DeliveryMode][] = [
  ["key", "resealed"],
  ["key", "opened"],
  ["whole", "resealed"],
  ["whole", "opened"],
];

describeWith(["gpg", "gpgconf"], "a member with gpg alone", () => {
  let cast: Cast;
  let payload: Uint8Array;
  let home: GpgHome;

  beforeAll(async () => {
    cast = await makeCast("compatible");
    payload = letterOf(cast);
  });

  beforeEach(async () => {
    home = await makeGpgHome();
    await home.import(cast.bob);
    await home.import(cast.listKey);
  });

  afterEach(() => home.close());

  describe.each(settings)("mode %s, delivery %s", (mode, delivery) => {
    let mail: Uint8Array;

    beforeAll(async () => {
      mail = await mailOf(cast, mode, delivery, payload);
    });

    test("reads it by the command of the notice; gpg names the author", async () => {
      await home.import(sealingHalf(cast.serverKey));
      await home.import(sealingHalf(cast.alice));
      const ran = await home.shell(await saveMail(home, mail));
      expect(ran.stderr).toContain('Good signature from "Alice <alice@example.test>"');
      expect(ran.status).toBe(0);
      expect(ran.stdout).toEqual(payload);
    });

    // above 256 KiB our own writer makes the data packet, above a million octets a compressed one
    test.each([300_000, 1_100_000])("reads a large post of %d octets by the same command", async (size) => {
      await home.import(sealingHalf(cast.serverKey));
      await home.import(sealingHalf(cast.alice));
      const large = new Uint8Array(size).map((_, i) => (i * 7) % 251);
      const ran = await home.shell(await saveMail(home, await mailOf(cast, mode, delivery, large)));
      expect(ran.stderr).toContain('Good signature from "Alice <alice@example.test>"');
      expect(ran.status).toBe(0);
      expect(Buffer.compare(ran.stdout, large)).toBe(0);
    });

    test("without the author's certificate gpg prints the text, and an error", async () => {
      await home.import(sealingHalf(cast.serverKey));
      const ran = await home.shell(await saveMail(home, mail));
      expect(ran.stdout).toEqual(payload);
      expect(ran.stderr).toContain("No public key");
      expect(ran.stderr).not.toContain('Good signature from "Alice');
      expect(ran.status).not.toBe(0);
    });

    test("a flipped bit or a missing end is an error, wherever it is", async () => {
      await home.import(sealingHalf(cast.serverKey));
      await home.import(sealingHalf(cast.alice));
      const command = await saveMail(home, mail);
      const parts = (await attachmentsOf(mail)).filter(({ name }) => name !== "list-signature.pgp");
      expect(parts.length).toBe(mode === "key" ? 2 : 1);
      for (const { name, bytes } of parts) {
        const flipped = Uint8Array.from(bytes);
        const middle = flipped.length >> 1;
        flipped[middle] = (flipped[middle] ?? 0) ^ 1;
        for (const damaged of [flipped, bytes.subarray(0, -1), bytes.subarray(0, middle)]) {
          await home.save(name, damaged);
          expect((await home.shell(command)).status).not.toBe(0);
        }
        await home.save(name, bytes);
      }
      expect((await home.shell(command)).status).toBe(0);
    });
  });

  test.each(["key", "whole"] as const)(
    "mode %s: without the server's certificate the command stops, and nothing is printed",
    async (mode) => {
      await home.import(sealingHalf(cast.alice));
      const ran = await home.shell(await saveMail(home, await mailOf(cast, mode, "resealed", payload)));
      expect(ran.status).not.toBe(0);
      expect(ran.stderr).toContain("Can't check signature: No public key");
      expect(ran.stdout).toHaveLength(0);
    },
  );

  test.each([
    ["key", "sealed-key.pgp"],
    ["whole", "sealed-message.pgp"],
  ] as const)("mode %s, delivery opened: gpg checks the list signature beside it", async (mode, part) => {
    await home.import(sealingHalf(cast.serverKey));
    await saveMail(home, await mailOf(cast, mode, "opened", payload));
    const ran = await home.shell(`gpg --verify list-signature.pgp ${part}`);
    expect(ran.stderr).toContain('Good signature from "ListSeal server key <team@lists.example>"');
    expect(ran.status).toBe(0);
  });

  test.each(["key", "whole"] as const)(
    "mode %s: with a secret shared with the server in place of a key, by the same command and a passphrase file",
    async (mode) => {
      const secret = await generateSecret("member", "compatible");
      const post = await aliceSeals(cast, mode, payload, messageId);
      const copy = await copyForBob(cast, post, "resealed", sealingHalf(cast.alice), secret);
      await home.import(sealingHalf(cast.serverKey));
      await home.import(sealingHalf(cast.alice));
      const command = await saveMail(home, mailForBob(cast, copy));
      const withSecret = command.replace(
        "gpg -d",
        "gpg --batch --pinentry-mode loopback --passphrase-file bob.secret -d",
      );
      await home.save("bob.secret", Buffer.from(Buffer.from(secret.secret).toString("hex")));
      const ran = await home.shell(withSecret);
      expect(ran.stderr).toContain('Good signature from "Alice');
      expect(ran.status).toBe(0);
      expect(Uint8Array.from(ran.stdout)).toEqual(payload);
      await home.save("bob.secret", Buffer.from("00".repeat(32)));
      const failed = await home.shell(withSecret);
      expect(failed.status).not.toBe(0);
      expect(failed.stdout).toHaveLength(0);
    },
  );

  test("who left, with the list key and no member key of today, reads nothing that was resealed", async () => {
    const eve = await makeGpgHome();
    try {
      await eve.import(cast.eve);
      await eve.import(cast.listKey);
      await eve.import(sealingHalf(cast.serverKey));
      for (const mode of ["key", "whole"] as const) {
        const ran = await eve.shell(await saveMail(eve, await mailOf(cast, mode, "resealed", payload)));
        expect(ran.stderr).toContain("No secret key");
        expect(ran.status).not.toBe(0);
        expect(ran.stdout).toHaveLength(0);
      }
    } finally {
      await eve.close();
    }
  });
});

describeWith(["gpg", "gpgconf"], "a list of the profile rfc9580", () => {
  test("is not for GnuPG 2.2: it takes no key of it and prints nothing", async () => {
    const cast = await makeCast("rfc9580");
    const home = await makeGpgHome();
    try {
      await expect(home.import(cast.listKey)).rejects.toThrow("unknown version 6");
      for (const mode of ["key", "whole"] as const) {
        const mail = await mailOf(cast, mode, "resealed", letterOf(cast));
        const ran = await home.shell(await saveMail(home, mail));
        expect(ran.status).not.toBe(0);
        expect(ran.stdout).toHaveLength(0);
      }
    } finally {
      await home.close();
    }
  });
});
