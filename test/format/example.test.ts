/** The worked examples of docs/FORMAT.md are real: the files open, step by step, and say what the document prints. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { readPayload } from "../../src/mail/payload.js";
import { readSealedMail } from "../../src/mail/sealed-mail.js";
import { readSealingKey } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import {
  openAtServer,
  openPost,
  type Profile,
  type SealedMessage,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";
import { vectorCast, vectorSecrets } from "../vectors/cast.js";
import { exampleFile, MESSAGE_ID, ROSTER, WRITTEN } from "./make-example.js";

const document = await readFile(new URL("../../docs/FORMAT.md", import.meta.url), "utf8");

/** The text of the fenced block with this name. */
function block(name: string): string {
  const found = new RegExp(`\`\`\`text ${name}\\n([^\`]*)\`\`\``).exec(document)?.[1];
  if (found === undefined) throw new Error(`FORMAT.md has no block ${name}`);
  return found.trimEnd();
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const text = async (name: string) => (await readFile(exampleFile(name), "latin1")).replaceAll("\r\n", "\n");

async function sealedIn(name: string): Promise<SealedMessage & { readonly mode: "key" }> {
  const mail = await readSealedMail(await readFile(exampleFile(name)));
  if (mail.kind !== "sealed" || mail.sealed.mode !== "key")
    throw new Error(`${name} is not sealed in mode key`);
  return mail.sealed;
}

async function contextOf(profile: Profile) {
  const cast = await vectorCast(profile);
  const list = { address: cast.address, key: sealingHalf(cast.listKey) };
  return { cast, context: { list, server: cast.serverKey, author: sealingHalf(cast.alice), now: WRITTEN } };
}

test("the files are what the program writes, octet by octet", () => {
  // in a process of its own: it replaces the platform's randomness
  const program = fileURLToPath(new URL("./make-example.ts", import.meta.url));
  const ran = spawnSync(process.execPath, ["--import", "tsx", program, "--check"], { encoding: "utf8" });
  expect({ status: ran.status, other: ran.stdout, said: ran.stderr }).toEqual({
    status: 0,
    other: "",
    said: "",
  });
});

test("the document prints the payload, the beginning of the submission, the key packet, the notations and the SKESK", async () => {
  expect(await text("payload.txt")).toBe(`${block("payload")}\n`);
  expect((await text("compatible-submission.eml")).startsWith(`${block("submission")}\nContent-Type:`)).toBe(
    true,
  );
  const { cast, context } = await contextOf("compatible");
  const sealed = await sealedIn("compatible-submission.eml");
  const { literal } = await openAtServer(sealed, context);
  expect(hex(literal)).toBe(block("key-packet hex").replace(/\s/g, ""));
  const layer = await openLayer(sealed.key, cast.serverKey);
  if (layer === "not-for-me") throw new Error("not for the server");
  const said = layer.signatures.flatMap(({ packets }) => packets.flatMap(({ rawNotations }) => rawNotations));
  const ours = said.filter(({ name }) => name.endsWith("listseal.example"));
  expect(ours.map(({ name, value }) => `${name}=${Buffer.from(value)}`).join("\n")).toBe(block("notations"));
  const { keyPacket } = split((await sealedIn("secret-submission.eml")).key);
  expect(hex(keyPacket)).toBe(block("skesk hex"));
});

test("a submission under a secret opens with it, and with nothing else", async () => {
  const { context } = await contextOf("compatible");
  const { server } = await vectorSecrets("compatible");
  const sealed = await sealedIn("secret-submission.eml");
  await expect(openAtServer(sealed, { ...context, server })).resolves.toMatchObject({
    messageId: MESSAGE_ID,
  });
  await expect(openAtServer(sealed, context)).rejects.toMatchObject({ code: "wrong-list" });
});

test.each(["compatible", "rfc9580"] as const)(
  "%s: the server opens the submission, Bob opens his copy",
  async (profile) => {
    const { cast, context } = await contextOf(profile);
    const opened = await openAtServer(await sealedIn(`${profile}-submission.eml`), context);
    expect(opened).toMatchObject({ messageId: MESSAGE_ID, by: cast.alice.fingerprint });
    const copy = await sealedIn(`${profile}-copy.eml`);
    const keys = {
      member: [cast.bob],
      list: { address: cast.address, key: cast.listKey },
      server: sealingHalf(cast.serverKey),
      now: WRITTEN,
    };
    const read = await openPost(copy, keys, async (payload) => {
      const { author, messageId } = await readPayload(payload);
      if (author === undefined) throw new Error("no author");
      return { author: await readSealingKey("member", author.certificate, WRITTEN), messageId };
    });
    if (read.kind !== "opened") throw new Error("not for Bob");
    expect(read.passage).toEqual({
      via: "list",
      by: cast.alice.fingerprint,
      roster: ROSTER,
      signedAt: WRITTEN,
    });
    expect(hex(copy.body)).toBe(hex(opened.body ?? new Uint8Array()));
  },
);
