/**
 * Writes the worked examples of docs/FORMAT.md to docs/examples: `npm run examples`. With `--check` it writes nothing and says which
 * files are not what it would write. The keys are those of the test vectors; the same bytes come out each time.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { outerSubject } from "../../src/mail/fixed-texts.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writePayload } from "../../src/mail/payload.js";
import { writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import { writeSealingKey } from "../../src/openpgp/keys.js";
import {
  openAtServer,
  type Profile,
  prepareReseal,
  resealFor,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { LIST, vectorCast, vectorSecrets } from "../vectors/cast.js";
import { withSeed } from "../vectors/seeded.js";

/** When Alice writes, and when the server answers for it. */
export const WRITTEN = new Date("2025-06-01T12:00:00Z");
export const MESSAGE_ID = "<00112233445566778899aabbccddeeff@example.test>";
export const ROSTER = { number: 4, hash: "5f".repeat(32) };

const list = parseAddress(LIST);
const from = { name: "Alice", address: parseAddress("alice@example.test") };

/** The files of a profile: Alice's submission, Bob's copy; in `compatible` also the payload and a submission under a secret. */
async function* examples(profile: Profile): AsyncGenerator<readonly [name: string, bytes: Uint8Array]> {
  const cast = await vectorCast(profile);
  const secrets = await vectorSecrets(profile);
  const to = [{ address: list }];
  const letter = {
    from,
    to,
    cc: [],
    subject: "Lunch",
    date: WRITTEN,
    messageId: MESSAGE_ID,
    references: [],
    text: "At noon?\r\n",
    attachments: [],
    author: { certificate: writeSealingKey(sealingHalf(cast.alice)) },
  };
  const payload = writePayload(letter, { subject: outerSubject(list), from, to });
  if (profile === "compatible") yield ["payload.txt", payload];
  const ref = { address: list, key: sealingHalf(cast.listKey) };
  const post = {
    mode: "key",
    payload,
    messageId: MESSAGE_ID,
    list: ref,
    author: cast.alice,
    date: WRITTEN,
  } as const;
  const outside = { from, list, date: WRITTEN, messageId: MESSAGE_ID };
  const sealed = await sealPost({ ...post, server: sealingHalf(cast.serverKey) });
  yield [`${profile}-submission.eml`, writeSubmission({ ...outside, sealed })];
  if (profile === "compatible") {
    const underSecret = await sealPost({ ...post, server: secrets.server });
    yield ["secret-submission.eml", writeSubmission({ ...outside, sealed: underSecret })];
  }
  const context = { list: ref, server: cast.serverKey, author: sealingHalf(cast.alice), now: WRITTEN };
  const opened = await openAtServer(sealed, context);
  const prepared = await prepareReseal(opened, { ...context, roster: ROSTER, date: WRITTEN });
  const copy = writeCopy({
    shape: "mixed",
    list,
    listName: "Team",
    from: { name: "Alice via Team", address: list },
    replyTo: { address: list },
    to: { address: list },
    messageId: MESSAGE_ID,
    date: WRITTEN,
    sealed: await resealFor(prepared, sealingHalf(cast.bob), WRITTEN),
  });
  yield [`${profile}-copy.eml`, Uint8Array.from(Buffer.concat([copy.head, copy.shared, copy.tail]))];
}

/** Where an example lies. */
export const exampleFile = (name: string) => new URL(`../../docs/examples/${name}`, import.meta.url);

async function main(): Promise<void> {
  const checks = process.argv[2] === "--check";
  for (const profile of ["compatible", "rfc9580"] as const) {
    const made = await withSeed(`example ${profile}`, async () => {
      const files: (readonly [string, Uint8Array])[] = [];
      for await (const file of examples(profile)) files.push(file);
      return files;
    });
    for (const [name, bytes] of made) {
      const there = await readFile(exampleFile(name)).catch(() => undefined);
      if (there?.equals(bytes)) continue;
      if (!checks) await writeFile(exampleFile(name), bytes);
      console.log(fileURLToPath(exampleFile(name)));
      if (checks) process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
