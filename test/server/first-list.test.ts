/** From nothing to the first list: what `init` writes, and the card that goes to the owner by mail. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { readCard } from "../../src/membership/invitation/server-card.js";
import { configTemplate } from "../../src/server/admin/config-template.js";
import { ListSealCommand } from "./command.js";
import { Sink } from "./sink.js";

const OWNER = "alice@people.test";
const LIST = "team@lists.test";

let command: ListSealCommand;
let folder: string;
let data: string;
let config: string;
let sink: Sink;

beforeAll(async () => {
  command = await ListSealCommand.build();
});
afterAll(() => command.discard());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-first-"));
  data = join(folder, "data");
  config = join(folder, "listseal.toml");
  sink = await Sink.open();
});
afterEach(async () => {
  await sink.close();
  await rm(folder, { recursive: true });
});

const run = (...words: readonly string[]) => command.run(["--config", config, ...words]);

/** A server whose relay is the sink. */
async function initialise(): Promise<void> {
  await command.good("--config", config, "--data", data, "init");
  const settings = (await readFile(config, "utf8")).replace(
    /^#url = .*$/m,
    `url = "smtp://127.0.0.1:${sink.port}"`,
  );
  await writeFile(config, settings);
}

test("init writes the documented file where --config says, and keeps a file that is there", async () => {
  const words = ["--data", data, "init", "--behind-postfix"];
  expect((await run("init")).err).toBe(
    `listseal-server: ${config} does not exist; to create it, name the data folder as well: --data DIR\n`,
  );
  expect(existsSync(config)).toBe(false);
  expect((await run(...words)).out).toBe(`created ${data}\nsettings are in ${config}\n`);
  const written = await readFile(config, "utf8");
  expect(written.split("\n").length).toBe(configTemplate.split("\n").length);
  expect(written).toContain(`\ndata = "${data}"\n`);
  expect(written).toContain('\nlisten = "127.0.0.1:2424"\n');
  expect((await stat(config)).mode & 0o077).toBe(0);
  await writeFile(config, `data = "${data}"\n`);
  expect((await run(...words)).out).toBe(`${data} already exists\nsettings are in ${config}\n`);
  expect(await readFile(config, "utf8")).toBe(`data = "${data}"\n`);
});

test("the card goes to the owner by mail: the very card that is in the file, and what to do with it", async () => {
  await initialise();
  const { out, err } = await run("list", "create", LIST, "--name", "Team Straße", "--mail-card", OWNER);
  expect(err).toBe("");
  expect(out).toContain(`mailed to    ${OWNER}\n`);
  const [mail] = sink.for(OWNER);
  expect(mail?.sender).toBe("");
  const read = await PostalMime.parse(mail?.raw ?? "");
  expect(read.from).toMatchObject({ address: LIST, name: "Team Straße" });
  expect(read.subject).toBe("[team] your mailing list is ready");
  expect(read.text).toContain('list "Team Straße" (team@lists.test)');
  const [attached, ...others] = read.attachments;
  expect(others).toEqual([]);
  expect(attached?.filename).toBe("team-server.listseal");
  const content = attached?.content;
  if (!(content instanceof ArrayBuffer)) throw new Error("no octets");
  const path = /^server card +(.+)$/m.exec(out)?.[1] ?? "";
  expect(Buffer.from(content)).toEqual(await readFile(path));
  expect(await readCard(new Uint8Array(content))).toMatchObject({ listAddress: LIST });
  expect(read.text).toContain(new Date(Date.now() + 7 * 24 * 3_600_000).toISOString().slice(0, 8));
});

test("the mail with the card is in the list's language", async () => {
  await initialise();
  const words = ["--name", "Équipe", "--language", "fr", "--mail-card", OWNER];
  expect((await run("list", "create", LIST, ...words)).out).toContain("language     fr\n");
  const read = await PostalMime.parse(sink.for(OWNER)[0]?.raw ?? "");
  expect(read.subject).toBe("[team] votre liste de diffusion est prête");
  expect(read.text).toContain("« Équipe » (team@lists.test)");
  expect(read.text).not.toContain("The card");
});

test("a card that the relay does not take is still in its file, and the operator hears of it", async () => {
  await initialise();
  await run("list", "create", LIST, "--name", "Team");
  sink.mood = () => ({ code: 550, text: "5.1.1 unknown", at: "rcpt" });
  const card = () => run("list", "card", LIST, "--mail-card", OWNER);
  expect(await card()).toMatchObject({
    code: 1,
    out: expect.stringContaining("server card  "),
    err: `listseal-server: the card was not mailed: the relay refused a mail to ${OWNER}\n`,
  });
  await sink.close();
  expect((await card()).err).toMatch(/^listseal-server: the card was not mailed, because the relay can't be/);
  sink = await Sink.open();
});
