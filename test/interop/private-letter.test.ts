/** A private letter, read by somebody who has GnuPG alone, by the command that stands in the mail. */
import { readMail } from "../../src/extension/worker/read-mail.js";
import { privateNotice } from "../../src/mail/fixed-texts.js";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { writePrivateMail } from "../../src/mail/private-mail.js";
import { sealingHalf } from "../../src/openpgp/keys.js";
import { listValue } from "../../src/protocol/binding.js";
import { sealPrivate } from "../../src/protocol/private-letter.js";
import { makeCast } from "../protocol/people.js";
import { makeGpgHome } from "./gpg-home.js";

test("gpg opens it, and names its author", async () => {
  const cast = await makeCast("compatible");
  const payload = new TextEncoder().encode("Subject: for Bob alone\r\n\r\nwords\r\n");
  const sealed = await sealPrivate({
    ...{ payload, messageId: "<1@example.test>", author: cast.alice, date: new Date() },
    list: listValue(cast.address, cast.listKey.fingerprint),
    to: sealingHalf(cast.bob),
  });
  const raw = writePrivateMail({
    from: makeMailbox("Alice", parseAddress("alice@example.test")),
    to: makeMailbox("Bob", parseAddress("bob@example.test")),
    ...{ date: new Date(), messageId: "<2@example.test>", sealed },
  });
  const read = await readMail({ raw });
  if (read.kind !== "private") throw new Error(`it is ${read.kind}`);
  const [command] = /gpg .*\.pgp/.exec(privateNotice()) ?? [];
  for (const reader of [cast.bob, cast.alice]) {
    const home = await makeGpgHome();
    try {
      await home.import(reader);
      await home.import(sealingHalf(cast.alice));
      await home.save("private.pgp", read.sealed);
      const ran = await home.shell(command ?? "false");
      expect(ran.stderr).toContain('Good signature from "Alice <alice@example.test>"');
      expect([ran.status, Buffer.compare(ran.stdout, payload)]).toEqual([0, 0]);
    } finally {
      await home.close();
    }
  }
});
