/** One base64 body in two pieces is the base64 of the whole, for any lengths, and the large piece is shared. */
import fc from "fast-check";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readSealedMail, writeCopy } from "../../src/mail/sealed-mail.js";
import { SharedBase64 } from "../../src/mail/shared-base64.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

test("any two byte strings come back joined, in lines that mail allows", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 3000 }),
      (own: Uint8Array, large: Uint8Array) => {
        const { own: head, shared } = new SharedBase64(large).after(own);
        const body = text(head) + text(shared);
        expect(Buffer.from(body, "base64").equals(Buffer.concat([own, large]))).toBe(true);
        for (const line of body.split("\r\n")) expect(line).toMatch(/^[A-Za-z0-9+/]{0,76}={0,2}$/);
        // padding ends base64: it may stand at the very end alone
        expect(body.replace(/=*\r\n$/, "")).not.toContain("=");
      },
    ),
  );
});

test("copies of one alignment share one buffer", () => {
  const large = new SharedBase64(new Uint8Array(100_000).fill(7));
  const [a, b, c] = [96, 96, 86].map((length) => large.after(new Uint8Array(length)));
  expect(b?.shared).toBe(a?.shared);
  expect(c?.shared).not.toBe(a?.shared);
});

test.each(["mixed", "encrypted"] as const)(
  "a copy of the shape %s in pieces reads as one message",
  async (shape) => {
    const list = parseAddress("team@lists.example");
    const large = crypto.getRandomValues(new Uint8Array(60_000));
    const encoder = new SharedBase64(large);
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
        encoded: encoder.after(own),
      });
      expect(shared).toBe(encoder.after(own).shared);
      const read = await readSealedMail(Buffer.concat([head, shared, tail]));
      if (read.kind !== "sealed" || read.sealed.mode !== "whole") throw new Error("not read");
      expect(Buffer.from(read.sealed.message).equals(Buffer.concat([own, large]))).toBe(true);
    }
  },
);
