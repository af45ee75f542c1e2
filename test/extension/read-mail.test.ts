/** A mail as it came, where no mail program has read it: the same rules as in Thunderbird say what it is. */
import { readMail } from "../../src/extension/worker/read-mail.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type Leaf, type Multipart, textLeaf, writeEntity } from "../../src/mail/mime.js";
import { partTypes } from "../../src/mail/part-types.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { toParts, writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import type { SealedMessage } from "../../src/protocol/index.js";

const list = parseAddress("team@lists.example");
const alice = { address: parseAddress("alice@example.test") };
const sealed: SealedMessage = { mode: "key", key: new Uint8Array([1, 2, 3]), body: new Uint8Array(400_000) };
const submission = writeSubmission({
  ...{ from: alice, list, date: new Date(), messageId: "<1@example.test>", sealed },
});
const attached = toParts(sealed).map((part): Leaf => ({ ...part, disposition: "attachment" }));
const mailOf = (root: Leaf | Multipart) =>
  writeEntity(
    [
      ["From", "mallory@evil.test"],
      ["To", "somebody@example.test, team@lists.example"],
    ],
    root,
  );
const mixed = (...parts: (Leaf | Multipart)[]) => mailOf({ type: "multipart/mixed", parts });

test.each<[string, Uint8Array]>([
  ["a submission", submission],
  ["a copy", copyIn("encrypted")],
  ["a copy with a notice", copyIn("mixed")],
])("%s is sealed, in its own shell, and names its list first", async (_, raw) => {
  const read = await readMail({ raw });
  if (read.kind !== "sealed") throw new Error(read.kind);
  expect(read.shell).toBe("own");
  expect(read.named[0]).toBe(list);
  expect(read.parts.map(({ type }) => type)).toEqual(attached.map(({ type }) => type));
  expect(read.parts.map(({ bytes }) => bytes.length)).toEqual([3, 400_000]);
});

function copyIn(shape: "encrypted" | "mixed"): Uint8Array {
  const { head, shared, tail } = writeCopy({
    ...{ shape, list, listName: "Team", from: alice, replyTo: { address: list }, to: alice },
    ...{ messageId: "<1@example.test>", date: new Date(), sealed },
  });
  return Buffer.concat([head, shared, tail]);
}

test.each<[string, Uint8Array]>([
  ["beside HTML", mixed(textLeaf("<b>look</b>", "html"), ...attached)],
  ["beside another file", mixed(textLeaf("x"), ...attached, { type: "image/png", bytes: new Uint8Array(9) })],
  ["nested", mixed(textLeaf("x"), { type: "multipart/mixed", parts: attached })],
  ["in an attached mail", mixed(textLeaf("x"), { type: "message/rfc822", bytes: submission })],
  ["alone", mailOf({ type: partTypes.key, bytes: new Uint8Array(3) })],
])("%s: sealed, in a foreign shell", async (_, raw) => {
  expect(await readMail({ raw })).toMatchObject({ kind: "sealed", shell: "elsewhere" });
});

test("a mail with two Content-Types is nobody's own shell", async () => {
  const text = Buffer.from(submission).toString("latin1");
  const raw = Buffer.from(
    text.replace("Content-Type:", "Content-Type: text/html\r\nContent-Type:"),
    "latin1",
  );
  expect(await readMail({ raw })).toEqual({ kind: "other", arriving: null, invitation: null });
  const after = Buffer.from(text.replace(/\r\n\r\n/, "\r\nContent-Type: text/html\r\n\r\n"), "latin1");
  expect(await readMail({ raw: after })).toMatchObject({ kind: "sealed", shell: "elsewhere" });
});

test.each(["answer", "notice", "receipt"] as const)("an %s is given out by its one part", async (kind) => {
  const raw = writeRequestMail({
    ...{ kind, list, from: alice, to: alice, date: new Date(), messageId: "<1@example.test>" },
    sealed: new Uint8Array([7, 7]),
  });
  expect(await readMail({ raw })).toEqual({
    kind: "other",
    arriving: { kind, byName: false, sealed: new Uint8Array([7, 7]) },
    invitation: null,
  });
});

test("an invitation is given out by its name", async () => {
  const bytes = new Uint8Array([5]);
  const file: Leaf = {
    type: "application/octet-stream",
    name: "team.listseal",
    disposition: "attachment",
    bytes,
  };
  expect(await readMail({ raw: mixed(textLeaf("x"), file) })).toMatchObject({
    arriving: null,
    invitation: { name: "team.listseal", file: new Uint8Array([5]) },
  });
});

test("an ordinary mail is nothing to us; what is no mail at all is one without parts", async () => {
  const nothing = { kind: "other", arriving: null, invitation: null };
  expect(await readMail({ raw: mixed(textLeaf("x")) })).toEqual(nothing);
  expect(await readMail({ raw: new Uint8Array(5_000) })).toEqual(nothing);
  expect(await readMail({ raw: new Uint8Array() })).toEqual(nothing);
});
