/** The worked example of docs/FORMAT.md is real: what the document prints opens, step by step, and is what it says. */
import { readFileSync } from "node:fs";
import { readPayload } from "../../src/mail/payload.js";
import { openAtServer, openPost, readOpeningKey, sealingHalf } from "../../src/protocol/index.js";

const document = readFileSync(new URL("../../docs/FORMAT.md", import.meta.url), "utf8");

/** The text of the fenced block with this name. */
function block(name: string): string {
  const found = new RegExp(`\`\`\`text ${name}(?: \\w+)?\\n([^\`]*)\`\`\``).exec(document)?.[1];
  if (found === undefined) throw new Error(`FORMAT.md has no block ${name}`);
  return found;
}
const base64 = (name: string) => new Uint8Array(Buffer.from(block(name), "base64"));
const address = "team@lists.example";
const messageId = "<00112233445566778899aabbccddeeff@example.test>";
const now = new Date("2026-11-22T10:00:00Z");

async function keys() {
  const [list, server, alice, bob] = await Promise.all([
    readOpeningKey("list", block("list-key")),
    readOpeningKey("server", block("server-key")),
    readOpeningKey("member", block("alice-key")),
    readOpeningKey("member", block("bob-key")),
  ]);
  return { list, server, alice, bob };
}

test("the server opens the first part and finds the key packet that is printed", async () => {
  const { list, server, alice } = await keys();
  const opened = await openAtServer(
    { mode: "key", key: base64("submitted-key"), body: base64("body") },
    { list: { address, key: sealingHalf(list) }, server, author: sealingHalf(alice), now },
  );
  expect(Buffer.from(opened.literal).toString("hex")).toBe(block("key-packet").replace(/\s/g, ""));
  expect(opened.messageId).toBe(messageId);
});

test("Bob opens his copy and reads the payload that is printed", async () => {
  const { list, server, alice, bob } = await keys();
  const opened = await openPost(
    { mode: "key", key: base64("bob-copy-key"), body: base64("body") },
    { member: [bob], list: { address, key: list }, server: sealingHalf(server), now },
    async (payload) => ({ author: sealingHalf(alice), messageId: (await readPayload(payload)).messageId }),
  );
  if (opened.kind !== "opened") throw new Error("not opened");
  expect(Buffer.from(opened.payload).toString().replace(/\r\n/g, "\n")).toBe(
    `${block("payload").trimEnd()}\n`,
  );
  expect(opened.passage).toEqual({
    via: "list",
    by: alice.fingerprint,
    roster: { number: 4, hash: "5f".repeat(32) },
    signedAt: expect.any(Date),
  });
});
