/** A letter survives the payload, by our reader and by a second parser (nodemailer's, through mailparser, is not ours). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type Letter, readPayload, writePayload } from "../../src/mail/payload.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";

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
const outer = { subject: "[team] encrypted message", from: letter.from, to: letter.to };

test("every field and every byte comes back", async () => {
  const { pieces: _, ...back } = await readPayload(writePayload(letter, outer));
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

/** Field names and values of a header section, in order. */
const fieldsOf = async (raw: Uint8Array) =>
  (await PostalMime.parse(raw)).headerLines.map(({ key, line }): readonly [string, string] => [
    key,
    line
      .slice(line.indexOf(":") + 1)
      .replace(/\r?\n[ \t]+/g, " ")
      .trim(),
  ]);

/** What the payload says of the outside: the values of its HP-Outer fields. */
const recorded = async (payload: Uint8Array) =>
  (await fieldsOf(payload))
    .filter(([key]) => key === "hp-outer")
    .map(([, value]): readonly [string, string] => {
      const at = value.indexOf(":");
      return [value.slice(0, at).toLowerCase(), value.slice(at + 1).trim()];
    });

/** Fields of the outside that no person would look for inside: of the structure, and of the list. */
const ofTheMail = /^(mime-version|content-.*|x-listseal.*)$/;

test.each([
  ["a new letter", { ...letter, references: [], inReplyTo: undefined }],
  ["an answer", letter],
  ["an answer with a copy to somebody", { ...letter, cc: [{ address: parseAddress("carol@example.test") }] }],
] as const)(
  "RFC 9788: %s says of every field outside what stands there, and of no other",
  async (_, said) => {
    const { inReplyTo, ...rest } = said;
    const written: Letter = inReplyTo === undefined ? rest : { ...rest, inReplyTo };
    const list = parseAddress("team@lists.example");
    const submission = writeSubmission({
      from: letter.from,
      list,
      date: letter.date,
      messageId: letter.messageId,
      ...(inReplyTo === undefined ? {} : { inReplyTo }),
      references: written.references,
      sealed: { mode: "whole", message: new Uint8Array(9) },
    });
    const payload = writePayload(written, {
      subject: outerSubject(list),
      from: letter.from,
      to: [{ address: list }],
    });
    const outside = (await fieldsOf(submission)).filter(([key]) => !ofTheMail.test(key));
    expect(new Map(await recorded(payload))).toEqual(new Map(outside));
  },
);

test("RFC 9788: a draft has its thread and its reader inside alone", async () => {
  const payload = writePayload(letter, { subject: "...", from: letter.from, to: [], thread: false });
  expect((await recorded(payload)).map(([name]) => name)).toEqual(["from", "subject", "date", "message-id"]);
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

describe("a Legacy Display element of another writer (RFC 9788, 2.1.2) is not shown twice", () => {
  const head = [
    "From: a@b.test",
    "Message-ID: <1@b>",
    "Date: Sun, 22 Nov 2026 10:00:00 +0000",
    "Subject: Dinner plans",
  ];
  const read = (...lines: string[]) =>
    readPayload(new TextEncoder().encode([...head, ...lines].join("\r\n")));
  const mark = '; hp-legacy-display="1"';
  const text = ["Subject: Dinner plans", "", "Let's meet."];
  const element = '<div class="header-protection-legacy-display"><pre>Subject: Dinner plans</pre></div>';
  const html = ["<html><head></head><body>", element, "<p>Let's <b>meet</b>.</p>", "</body></html>"];

  test("in a text", async () => {
    const type = (more: string) => `Content-Type: text/plain; charset="us-ascii"${more}; hp="cipher"`;
    expect((await read(type(mark), "", ...text)).text?.trim()).toBe("Let's meet.");
    // without the mark it is the author's text
    expect((await read(type(""), "", ...text)).text?.trim()).toMatch(/^Subject: Dinner plans/);
  });

  test("in HTML", async () => {
    const type = (more: string) => `Content-Type: text/html; charset="us-ascii"${more}; hp="cipher"`;
    const shown = (await read(type(mark), "", ...html)).html ?? "";
    expect(shown).not.toContain("Dinner plans");
    expect(shown).toContain("<p>Let's <b>meet</b>.</p>");
    expect((await read(type(""), "", ...html)).html).toContain(element);
  });

  test("in both parts of an alternative", async () => {
    const alternative = (more: string) => [
      'Content-Type: multipart/alternative; hp="cipher"; boundary=b',
      "",
      ...["--b", `Content-Type: text/plain; charset="us-ascii"${more}`, "", ...text],
      ...["--b", `Content-Type: text/html; charset="us-ascii"${more}`, "", ...html],
      "--b--",
    ];
    const shown = await read(...alternative(mark));
    expect(shown.subject).toBe("Dinner plans");
    expect(shown.text?.trim()).toBe("Let's meet.");
    expect(shown.html).not.toContain("Dinner plans");
    expect(shown.html).toContain("<p>Let's <b>meet</b>.</p>");
    const plain = await read(...alternative(""));
    expect(plain.text).toMatch(/^Subject: Dinner plans/);
    expect(plain.html).toContain(element);
  });
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
