/**
 * Makes the worked example of docs/FORMAT.md: keys, one post, every step's bytes, as Markdown on standard output.
 * Run once by hand (`npx tsx test/format/make-example.ts`) when the format changes; `example.test.ts` opens what the
 * document shows.
 */
import { parseAddress } from "../../src/mail/mailbox.js";
import { writePayload } from "../../src/mail/payload.js";
import {
  armorOpeningKey,
  generateKey,
  generateMemberKey,
  openAtServer,
  prepareReseal,
  resealFor,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";

const hex = (bytes: Uint8Array) =>
  (
    Buffer.from(bytes)
      .toString("hex")
      .match(/.{1,80}/g) ?? []
  ).join("\n");
const base64 = (bytes: Uint8Array) =>
  (
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  ).join("\n");
const block = (name: string, text: string) => console.log(`\`\`\`text ${name}\n${text.trim()}\n\`\`\`\n`);

const date = new Date("2026-11-22T10:00:00Z");
const made = { profile: "compatible", date: new Date("2026-11-01T00:00:00Z") } as const;
const list = parseAddress("team@lists.example");
const alice = parseAddress("alice@example.test");
const bob = parseAddress("bob@example.test");
const listKey = await generateKey("list", { address: list, ...made });
const serverKey = await generateKey("server", { address: list, ...made });
const aliceKey = await generateMemberKey({ name: "Alice", address: alice, ...made });
const bobKey = await generateMemberKey({ name: "Bob", address: bob, ...made });

const from = { name: "Alice", address: alice };
const to = [{ address: list }];
const messageId = "<00112233445566778899aabbccddeeff@example.test>";
const payload = writePayload(
  {
    from,
    to,
    cc: [],
    subject: "Lunch",
    date,
    messageId,
    references: [],
    text: "At noon?\r\n",
    attachments: [],
  },
  { subject: "[team] encrypted message", from, to },
);
const ref = { address: list, key: sealingHalf(listKey) };
const sealed = await sealPost({
  mode: "key",
  payload,
  messageId,
  list: ref,
  server: sealingHalf(serverKey),
  author: aliceKey,
  date,
});
if (sealed.mode !== "key") throw new Error("mode");
const context = { list: ref, server: serverKey, author: sealingHalf(aliceKey), now: date };
const opened = await openAtServer(sealed, context);
const roster = { number: 4, hash: "5f".repeat(32) };
const copy = await resealFor(await prepareReseal(opened, { ...context, roster, date }), sealingHalf(bobKey));
if (copy.mode !== "key") throw new Error("mode");

block("payload", Buffer.from(payload).toString("utf8"));
block("list-key", await armorOpeningKey(listKey));
block("server-key", await armorOpeningKey(serverKey));
block("alice-key", await armorOpeningKey(aliceKey));
block("bob-key", await armorOpeningKey(bobKey));
block("submitted-key base64", base64(sealed.key));
block("body base64", base64(sealed.body));
block("key-packet hex", hex(opened.literal));
block("bob-copy-key base64", base64(copy.key));
