/** A letter survives the payload, by our reader and by a second parser (nodemailer's, through mailparser, is not ours). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type Letter, readPayload, writePayload } from "../../src/mail/payload.js";

const letter: Letter = {
  from: { name: "山田 太郎", address: parseAddress("alice@example.test") },
  to: [{ name: "Team, the", address: parseAddress("team@lists.example") }],
  cc: [],
  subject: "極秘の計画について — a subject long enough to be folded over several encoded words, twice",
  date: new Date("2026-11-22T10:00:00Z"),
  messageId: "<0123@example.test>",
  inReplyTo: "<parent@example.test>",
  references: ["<root@example.test>", "<parent@example.test>"],
  text: "Hello\r\n\r\n.leading dot\r\n日本語\r\n",
  html: '<p>Hello <b>日本語</b> <img src="cid:pic"></p>\r\n',
  attachments: [
    {
      name: "pic.png",
      type: "image/png",
      bytes: new Uint8Array([137, 80, 78, 71, 0, 13, 10, 255]),
      contentId: "pic",
    },
    {
      name: "計画 2027.bin",
      type: "application/octet-stream",
      bytes: crypto.getRandomValues(new Uint8Array(5000)),
    },
    { name: "note.txt", type: "text/plain", bytes: new TextEncoder().encode("a\nb\r\nc") },
  ],
  author: { certificate: new Uint8Array([1, 2, 3]), introduction: new Uint8Array([4, 5]) },
};
const outer = { subject: "[team] sealed mail", from: letter.from, to: letter.to };

test("every field and every byte comes back", async () => {
  const back = await readPayload(writePayload(letter, outer));
  expect({ ...back, text: back.text?.trimEnd(), html: back.html?.trimEnd() }).toEqual({
    ...letter,
    text: letter.text?.trimEnd(),
    html: letter.html?.trimEnd(),
  });
});

test("Python's parser finds the same bytes", () => {
  const folder = mkdtempSync(join(tmpdir(), "ls-payload-"));
  try {
    writeFileSync(join(folder, "p.eml"), writePayload(letter, outer));
    const script = `
import email, email.policy, json, sys, base64
m = email.message_from_binary_file(open(sys.argv[1],'rb'), policy=email.policy.default)
print(json.dumps({"subject": str(m["subject"]), "from": m["from"].addresses[0].display_name, "hp": m.get_param("hp"),
 "defects": [str(d) for p in m.walk() for d in p.defects],
 "parts": [[p.get_content_type(), p.get_filename(), base64.b64encode(p.get_payload(decode=True)).decode()] for p in m.walk() if not p.is_multipart()]}))`;
    const ran = spawnSync("python3", ["-c", script, join(folder, "p.eml")], { encoding: "utf8" });
    expect(ran.stderr).toBe("");
    const seen: unknown = JSON.parse(ran.stdout);
    const part = (type: string, name: string | null, bytes: Uint8Array) => [
      type,
      name,
      Buffer.from(bytes).toString("base64"),
    ];
    const encoder = new TextEncoder();
    expect(seen).toEqual({
      subject: letter.subject,
      from: letter.from.name,
      hp: "cipher",
      defects: [],
      parts: [
        part("text/plain", null, encoder.encode(letter.text)),
        part("text/html", null, encoder.encode(letter.html)),
        ...letter.attachments.map((each) => part(each.type, each.name, each.bytes)),
        part("application/vnd.listseal.author", null, new Uint8Array([1, 2, 3])),
        part("application/vnd.listseal.introduction", null, new Uint8Array([4, 5])),
      ],
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a header can't be injected through a name, a subject or a message id", () => {
  expect(() => writePayload({ ...letter, subject: "x\r\nBcc: eve@evil.test" }, outer)).toThrow(
    "control character",
  );
  expect(() => writePayload({ ...letter, messageId: "<a@b>\r\nX: y" }, outer)).toThrow("control character");
});

test.each([
  [
    "two From",
    "From: a@b.test\r\nFrom: c@d.test\r\nMessage-ID: <1@b>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nx",
  ],
  ["no Message-ID", "From: a@b.test\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nx"],
  ["no Date", "From: a@b.test\r\nMessage-ID: <1@b>\r\n\r\nx"],
  ["nothing", ""],
])("%s is refused", async (_, text) => {
  await expect(readPayload(new TextEncoder().encode(text))).rejects.toMatchObject({ code: "damaged" });
});

test("a Legacy Display element of another writer is not shown twice (RFC 9788, C.1.2 in its shape)", async () => {
  const entity = (mark: string) =>
    new TextEncoder().encode(
      [
        "From: a@b.test",
        "Message-ID: <1@b>",
        "Date: Sun, 22 Nov 2026 10:00:00 +0000",
        "Subject: Dinner plans",
        `Content-Type: text/plain; charset="us-ascii"${mark}; hp="cipher"`,
        "",
        "Subject: Dinner plans",
        "",
        "Let's meet.",
      ].join("\r\n"),
    );
  const read = async (mark: string) => (await readPayload(entity(mark))).text?.trim();
  await expect(read('; hp-legacy-display="1"')).resolves.toBe("Let's meet.");
  // without the mark it is the author's text
  await expect(read("")).resolves.toMatch(/^Subject: Dinner plans/);
});

test("a recipient without a canonical form costs nobody the letter; a From without one does", async () => {
  const entity = (from: string) =>
    new TextEncoder().encode(
      `From: ${from}\r\nTo: Bob <bob@b.test>, J\u00fcrgen <j\u00fcrgen@b.test>\r\nMessage-ID: <1@b>\r\n` +
        "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n\r\nx",
    );
  const { to } = await readPayload(entity("a@b.test"));
  expect(to).toEqual([{ name: "Bob", address: "bob@b.test" }]);
  await expect(readPayload(entity("\u00e4@b.test"))).rejects.toMatchObject({ code: "bad-address" });
});
