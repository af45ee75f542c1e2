import {
  letterOf,
  mailboxOf,
  noThread,
  threadAfter,
  threadOfDraft,
} from "../../src/extension/writing/letter.js";
import { storedList } from "./stored-fixture.js";

const now = new Date("2026-11-22T12:00:00Z");
const png = "iVBORw0KGgo=";
const details = {
  from: "Alice <alice@example.test>",
  to: ["team@lists.example"],
  subject: " 予算 ",
  body: `<html><body><p>Dear all</p><img alt="dot" src="data:image/png;base64,${png}"><img src="http://x.test/y.png"></body></html>`,
  plainTextBody: "Dear all",
};
const file = { name: "", type: "text/plain; charset=x", bytes: new Uint8Array([1]) };
const letter = (change: object = {}) =>
  letterOf({ ...details, ...change }, [file], mailboxOf(storedList), noThread, now);

test("an HTML letter goes to the list alone, with a text beside it", () => {
  expect(letter()).toMatchObject({
    from: { name: "Alice", address: "alice@example.test" },
    to: [{ name: "Team", address: "team@lists.example" }],
    cc: [],
    subject: "予算",
    date: now,
    text: "Dear all",
  });
});

test("inline images become parts that the HTML names by cid; others stay as they are", () => {
  const { html, attachments } = letter();
  const [image] = attachments;
  expect(image).toMatchObject({ name: "dot", type: "image/png" });
  expect([...(image?.bytes ?? [])]).toEqual([...Buffer.from(png, "base64")]);
  expect(html).toContain(`src="cid:${image?.contentId}"`);
  expect(html).not.toContain("data:");
  expect(html).toContain("http://x.test/y.png");
});

test("an attachment has a name and a bare type", () => {
  expect(letter().attachments.at(-1)).toMatchObject({ name: "attachment", type: "text/plain" });
});

test("a plain text letter has no HTML", () => {
  const plain = letter({ isPlainText: true });
  expect(plain.text).toBe("Dear all");
  expect("html" in plain).toBe(false);
});

test("every letter has a message id of its own, at the list's domain", () => {
  const { messageId } = letter();
  expect(messageId).toMatch(/^<[0-9a-f-]{36}@lists\.example>$/);
  expect(letter().messageId).not.toBe(messageId);
});

test("a From that is no address is refused", () => {
  expect(() => letter({ from: { id: "1", type: "contact" } })).toThrow(
    expect.objectContaining({ code: "bad-address" }),
  );
});

test("an answer continues its conversation, a draft stays in it", () => {
  const headers = { "message-id": ["<b@x>"], references: ["<a@x> <b@x>"], "in-reply-to": ["<a@x>"] };
  expect(threadAfter(headers)).toEqual({ inReplyTo: "<b@x>", references: ["<a@x>", "<b@x>"] });
  expect(threadAfter({ "message-id": ["<b@x>"], "in-reply-to": ["<a@x>"] }).references).toEqual([
    "<a@x>",
    "<b@x>",
  ]);
  expect(threadOfDraft(headers)).toEqual({ inReplyTo: "<a@x>", references: ["<a@x>", "<b@x>"] });
  expect(threadAfter({})).toEqual({ references: [] });
});
