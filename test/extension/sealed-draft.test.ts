import PostalMime from "postal-mime";
import { openDraftMail, sealDraftMail } from "../../src/extension/worker/draft.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { letterOf, mailboxOf, noThread } from "../../src/extension/writing/letter.js";
import { storedList } from "./stored-fixture.js";

const now = new Date();
const text = "半分の考え";

async function person(address: string) {
  return makeKey({ address, name: "Alice", passphrase: null, profile: "compatible", now: now.toISOString() });
}

function letter() {
  const details = {
    from: "Alice <alice@example.test>",
    subject: "途中",
    isPlainText: true,
    plainTextBody: text,
  };
  const file = { name: "計画.txt", type: "text/plain", bytes: new Uint8Array([1, 2, 3]) };
  const thread = { inReplyTo: "<a@x>", references: ["<a@x>"] };
  return letterOf(details, [file], mailboxOf(storedList), { ...noThread, ...thread }, now);
}

const recipients = { to: ["team@lists.example", "half typ"], cc: [], bcc: ["zoe@example.test"] };

async function parts() {
  const { key, secret } = await person("alice@example.test");
  const { mail } = await sealDraftMail({ letter: letter(), recipients, key, secret });
  const parsed = await PostalMime.parse(mail, { attachmentEncoding: "arraybuffer" });
  const [attachment] = parsed.attachments;
  const content = attachment?.content;
  if (!(content instanceof ArrayBuffer)) throw new Error("no sealed part");
  return { mail, parsed, secret, sealed: new Uint8Array(content) };
}

test("everything comes back, also a recipient that is no address yet", async () => {
  const { sealed, secret } = await parts();
  const opened = await openDraftMail({ sealed, secrets: [secret], now: now.toISOString() });
  expect(opened).toMatchObject({
    kind: "opened",
    recipients,
    letter: {
      subject: "途中",
      text: expect.stringContaining(text),
      inReplyTo: "<a@x>",
      references: ["<a@x>"],
      attachments: [{ name: "計画.txt", bytes: new Uint8Array([1, 2, 3]) }],
    },
  });
});

test("the mail around it says nothing and goes to nobody", async () => {
  const { mail, parsed } = await parts();
  expect(parsed).toMatchObject({ subject: "Encrypted draft", from: { address: "alice@example.test" } });
  expect(parsed.to ?? []).toEqual([]);
  expect(parsed.headers.some(({ key, value }) => key === "x-listseal-draft" && value === "1")).toBe(true);
  const raw = new TextDecoder().decode(mail);
  for (const secret of [text, "途中", "zoe@", "team@lists", "<a@x>"]) expect(raw).not.toContain(secret);
  // the text of the notice is HTML: only then does the composer take HTML back
  expect(parsed.html).toContain("This draft is encrypted");
  expect(parsed.text ?? "").toBe("");
});

test("another person's key does not open it", async () => {
  const { sealed } = await parts();
  const { secret } = await person("bob@example.test");
  const now2 = now.toISOString();
  expect(await openDraftMail({ sealed, secrets: [secret], now: now2 })).toEqual({ kind: "not-for-me" });
  await expect(openDraftMail({ sealed, secrets: [], now: now2 })).rejects.toMatchObject({
    code: "no-member-key",
  });
});
