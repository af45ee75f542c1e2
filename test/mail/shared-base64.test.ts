/** One base64 body in two pieces is the base64 of the whole, for any lengths, and the large piece is shared. */
import fc from "fast-check";
import { parseAddress } from "../../src/mail/mailbox.js";
import { base64Lines } from "../../src/mail/mime.js";
import { readSealedMail, writeCopy } from "../../src/mail/sealed-mail.js";
import { SharedBase64 } from "../../src/mail/shared-base64.js";

const encode = async (bytes: Uint8Array) => base64Lines(bytes);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

test("any two byte strings come back joined, in lines that mail allows", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 3000 }),
      async (own: Uint8Array, large: Uint8Array) => {
        const { own: head, shared } = await new SharedBase64(large, encode).after(own);
        const body = text(head) + text(shared);
        expect(Buffer.from(body, "base64").equals(Buffer.concat([own, large]))).toBe(true);
        for (const line of body.split("\r\n")) expect(line).toMatch(/^[A-Za-z0-9+/]{0,76}={0,2}$/);
        // padding ends base64: it may stand at the very end alone
        expect(body.replace(/=*\r\n$/, "")).not.toContain("=");
      },
    ),
  );
});

test("copies of one alignment share one buffer, also if it is asked for while it is made", async () => {
  const large = new SharedBase64(new Uint8Array(100_000).fill(7), encode);
  const [a, b, c] = await Promise.all([96, 96, 86].map((length) => large.after(new Uint8Array(length))));
  expect(b?.shared).toBe(a?.shared);
  expect(c?.shared).not.toBe(a?.shared);
});

test.each(["mixed", "encrypted"] as const)(
  "a copy of the shape %s in pieces reads as one message",
  async (shape) => {
    const list = parseAddress("team@lists.example");
    const large = crypto.getRandomValues(new Uint8Array(60_000));
    const encoder = new SharedBase64(large, encode);
    for (const length of [86, 96, 97]) {
      const own = crypto.getRandomValues(new Uint8Array(length));
      const { head, shared, tail } = writeCopy({
        shape,
        list,
        listName: "Team",
        from: { address: list },
        replyTo: { address: list },
        to: { address: list },
        messageId: "<1@example.test>",
        date: new Date(),
        sealed: { mode: "whole", message: new Uint8Array() },
        encoded: await encoder.after(own),
      });
      expect(shared).toBe((await encoder.after(own)).shared);
      const read = await readSealedMail(Buffer.concat([head, shared, tail]));
      if (read.kind !== "sealed" || read.sealed.mode !== "whole") throw new Error("not read");
      expect(Buffer.from(read.sealed.message).equals(Buffer.concat([own, large]))).toBe(true);
    }
  },
);
