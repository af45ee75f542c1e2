/** The queue header by which the filter knows a checked post. */
import { describe, expect, test } from "@jest/globals";
import { QueueHeaders } from "../../src/server/delivery/queue-header.js";

const headers = new QueueHeaders(Buffer.alloc(32, 7));
const raw = Buffer.from("From: a@people.test\r\nX-One: 1\r\n\r\nsealed\r\n");
const header = {
  listId: 3,
  accepted: 1_700_000_000_000,
  author: {
    kind: "member",
    name: "Åsa – 名",
    certificate: Uint8Array.from({ length: 900 }, (_, n) => n % 256),
  },
} as const;
const mail = Buffer.concat(headers.attach(raw, header));

test("comes off as it was put on, also under what Postfix writes above and at the end", () => {
  const received = Buffer.concat([Buffer.from("Received: by mx\r\n\tid 1\r\n"), mail, Buffer.from("\r\n")]);
  for (const each of [mail, received]) {
    const found = headers.detach(each);
    expect(found?.header).toEqual({
      ...header,
      author: { ...header.author, certificate: Buffer.from(header.author.certificate) },
    });
    expect(
      Buffer.from(found?.raw ?? [])
        .toString()
        .trimEnd(),
    ).toBe(raw.toString().trimEnd());
  }
});

test("is folded into lines that every mail system takes", () => {
  for (const line of mail.toString("latin1").split("\r\n")) expect(line.length).toBeLessThan(80);
});

describe("is none", () => {
  const text = mail.toString("latin1");
  test.each([
    ["when it is not there", raw],
    [
      "when it was made with another secret",
      Buffer.concat(new QueueHeaders(Buffer.alloc(32, 8)).attach(raw, header)),
    ],
    ["on another mail", Buffer.from(text.replace("sealed", "SEALED"), "latin1")],
    ["when a character of it was changed", Buffer.from(text.replace(/Slip:\r\n e/, "Slip:\r\n f"), "latin1")],
    ["in the body", Buffer.concat([Buffer.from("Subject: x\r\n\r\n"), mail])],
  ])("%s", (_, forged) => {
    expect(Buffer.from(forged).equals(mail)).toBe(false);
    expect(headers.detach(forged)).toBeUndefined();
  });
});
