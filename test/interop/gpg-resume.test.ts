/** People with GnuPG alone ask the server for something: the commands of docs/OPERATING.md, as they stand. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { openRequest, readRequestFile, verifyRequest } from "../../src/membership/request/request.js";
import { generateKey, generateMemberKey, type OpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { type GpgHome, makeGpgHome } from "./gpg-home.js";

const hash = "ab".repeat(32);
let home: GpgHome;
let owner: OpeningKey<"member">;
let listKey: OpeningKey<"list">;

beforeEach(async () => {
  home = await makeGpgHome();
  owner = await generateMemberKey({ name: "Olga", address: "olga@people.test", profile: "compatible" });
  listKey = await generateKey("list", { address: "team@lists.example", profile: "compatible" });
  await home.import(owner);
});

afterEach(() => home.close());

/** The command of the manual that writes `file`, with the blanks filled in, run. */
async function follow(file: string): Promise<Buffer> {
  const manual = await readFile(new URL("../../docs/OPERATING.md", import.meta.url), "utf8");
  const found = manual
    .split("\n\n")
    .find((block) => block.includes("printf") && block.trimEnd().endsWith(`> ${file}`));
  if (found === undefined) throw new Error(`the manual does not make ${file}`);
  const command = found
    .replace(/gpg --/g, "gpg --batch --trust-model always --")
    .replace("FRESH", "0123456789abcdef".repeat(2))
    .replace("LIST-KEY", listKey.fingerprint)
    .replace("DATE", new Date().toISOString().replace(/\.\d{3}Z$/, "Z"))
    .replace("NUMBER", "7")
    .replace("HASH", hash)
    .replace("AUTHOR", owner.fingerprint)
    .replace("MESSAGE-ID", "1@people.test");
  const ran = await home.shell(command);
  if (ran.status !== 0) throw new Error(`gpg: ${ran.stderr}`);
  return readFile(`${home.folder}/${file}`);
}

test("gpg signs a resume that the server reads", async () => {
  const opened = await readRequestFile((await follow("resume.asc")).toString());
  await verifyRequest(opened, [owner.secret.toPublic()], new Date());
  expect(opened.request).toMatchObject({
    list: { address: "team@lists.example", key: listKey.fingerprint },
    command: { do: "resume-server", head: { number: 7, hash } },
  });
  const stranger = await generateMemberKey({ name: "E", address: "e@people.test", profile: "compatible" });
  await expect(verifyRequest(opened, [stranger.secret.toPublic()], new Date())).rejects.toMatchObject({
    code: "unknown-author",
  });
});

test("gpg signs and seals a moderator's command: the same form as the add-on's", async () => {
  const server = await generateKey("server", { address: "team@lists.example", profile: "compatible" });
  await home.import(sealingHalf(server));
  const sealed = await follow("request.pgp");
  const address = parseAddress("team@lists.example");
  const opened = await openRequest(sealed, server, { address, keys: [listKey.fingerprint] });
  await verifyRequest(opened, [owner.secret.toPublic()], new Date());
  expect(opened.request.command).toEqual({
    do: "release",
    author: owner.fingerprint,
    messageId: "<1@people.test>",
  });
});
