/** A real Schleuder list of 25 people with keys of all ages is moved over, and its members read with gpg. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { importFromSchleuder } from "../../src/server/admin/import/from-schleuder.js";
import { carryOutImport, importLines, isDone, planImport } from "../../src/server/admin/import/plan.js";
import { saveMail } from "../interop/copies.js";
import { type GpgHome, makeGpgHome } from "../interop/gpg-home.js";
import { type PlayList, PlayServer, person } from "../server/play-server.js";
import { makeSchleuderList, type SchleuderData, type Subscriber } from "../world/schleuder.js";

const isAdmitted = /\bschleuder\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (isAdmitted) console.warn("NOT RUN: the import from Schleuder (install schleuder)");

const OLD = "team@old.test";
const NEW = "team@lists.test";
const YOUNG = 18;

let folder: string;
let home: GpgHome;
let data: SchleuderData;
let server: PlayServer;
let list: PlayList;

/** Makes a key with gpg, whose clock is set to `when` if it is given; gives the certificate. */
async function gpgKey(
  name: string,
  kinds: readonly [string, string],
  expires: string,
  when = "",
): Promise<string> {
  const gpg = `gpg --batch ${when === "" ? "" : `--faked-system-time ${when}`} --passphrase ''`;
  const address = `${name}@people.test`;
  const [primary, subkey] = kinds;
  const { status, stdout, stderr } = await home.shell(
    `${gpg} --quick-gen-key '${name} <${address}>' ${primary} default ${expires} &&
     fpr=$(gpg --list-keys --with-colons ${address} | awk -F: '/^fpr/{print $10; exit}') &&
     ${gpg} --quick-add-key $fpr ${subkey} encr ${expires} && gpg --armor --export ${address}`,
  );
  if (status !== 0) throw new Error(`gpg: ${stderr}`);
  return Buffer.from(stdout).toString();
}

/** What gpg makes by default, and what it made before. */
const modern = ["ed25519", "cv25519"] as const;
const rsa = (bits: number) => [`rsa${bits}`, `rsa${bits}`] as const;

async function revoked(name: string): Promise<string> {
  await gpgKey(name, modern, "never");
  const { stdout } = await home.shell(
    `fpr=$(gpg --list-keys --with-colons ${name}@people.test | awk -F: '/^fpr/{print $10; exit}') && sed 's/^:-----/-----/' openpgp-revocs.d/$fpr.rev | gpg --batch --import && gpg --armor --export ${name}@people.test`,
  );
  return Buffer.from(stdout).toString();
}

/** As Schleuder 5 leaves a database (seen with 5.0.1 of Debian 13): with a write-ahead log, and a column that is new in it. */
function keepWithLog(file: string): void {
  const database = new Database(file);
  database.pragma("journal_mode = WAL");
  database.exec("ALTER TABLE lists ADD COLUMN key_auto_import_from_email boolean DEFAULT 0");
  database.close();
}

/** All that another program may have changed: paths, contents and owners below a folder. */
function fingerprint(path: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(path, { recursive: true, encoding: "utf8" }).sort()) {
    const file = join(path, name);
    const found = statSync(file);
    hash.update(`${name} ${found.uid} ${found.mode} ${found.mtimeMs}`);
    if (found.isFile()) hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

(isAdmitted ? describe.skip : describe)("from Schleuder", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-schleuder-"));
    home = await makeGpgHome();
    const people: Subscriber[] = [];
    const add = async (name: string, certificate?: Promise<string>, more: Partial<Subscriber> = {}) =>
      people.push({
        address: `${name}@people.test`,
        ...(certificate === undefined ? {} : { certificate: await certificate }),
        ...more,
      });
    for (let i = 0; i < YOUNG; i++) {
      await add(`young${i}`, gpgKey(`young${i}`, modern, "never"), {
        isAdmin: i === 0,
        isPaused: i === 1,
      });
    }
    await add("older", gpgKey("older", rsa(3072), "never", "20090101T120000"));
    await add("large", gpgKey("large", rsa(4096), "never", "20150101T120000"));
    await add("weak", gpgKey("weak", rsa(2048), "never", "20050101T120000"));
    await add("dsa", gpgKey("dsa", ["dsa2048", "elg2048"], "never", "20110101T120000"));
    await add("expired", gpgKey("expired", modern, "1y", "20180101T120000"));
    await add("revoked", revoked("revoked"));
    await add("keyless");
    data = await makeSchleuderList(
      folder,
      OLD,
      {
        language: "de",
        subject_prefix: "[team]",
        receive_authenticated_only: true,
        set_reply_to_to_sender: true,
        deliver_selfsent: false,
      },
      people,
    );
    keepWithLog(data.database);
    server = await PlayServer.make();
    list = await server.createList(NEW);
  });
  afterAll(async () => {
    await server.discard();
    await home.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const plan = () =>
    server.office(async (office) => {
      const found = await office.store.listByAddress(NEW);
      if (found === undefined) throw new Error("no list");
      return planImport(office, found, await importFromSchleuder(data, undefined));
    });

  test("the dry view says who goes on with gpg, who has to be invited and why, and what is lost; nothing changes", async () => {
    const before = fingerprint(folder);
    const planned = await plan();
    expect(fingerprint(folder)).toBe(before);
    expect(planned.added.map(({ member }) => member.address).sort()).toEqual(
      ["large", "older", ...Array.from({ length: YOUNG }, (_, i) => `young${i}`)]
        .map((name) => `${name}@people.test`)
        .sort(),
    );
    expect(planned.invited.map(({ address }) => address)).toEqual(
      ["dsa", "expired", "keyless", "revoked", "weak"].map((name) => `${name}@people.test`),
    );
    const lines = importLines(planned).join("\n");
    for (const part of [
      `from         Schleuder list ${OLD}, 25 subscriptions`,
      "expired@people.test: the key expired on 2019-01-01",
      "revoked@people.test: the key was revoked by its holder",
      "weak@people.test: the key is too weak",
      "keyless@people.test: there is no key for this address",
      "young0@people.test  young0  moderator",
      "young1@people.test  young1  member, without copies for now",
      'lost         the subject prefix "[team]"',
      "setting      replies go to the author",
      "setting      authors get no copy",
      "setting      language de",
      "20 to add, who go on with gpg; 0 on the list already; 5 to invite",
    ])
      expect(lines).toContain(part);
    expect(await server.office(({ store }) => store.readerCount(list.list.id))).toBe(0);
  });

  test("carried out, everybody is there, and twice is once; a member reads the next post with gpg", async () => {
    const outcome = await server.office(async (office) => carryOutImport(office, await plan()));
    expect(readFileSync(outcome.invitees ?? "", "utf8").split("\r\n").length).toBe(1 + 5 + 1);
    const again = await plan();
    expect(isDone(again)).toBe(true);
    expect(again.present.length).toBe(20);
    await server.office(async ({ store }) => {
      expect(await store.recordHead(list.list.id)).toMatchObject({ number: 2 + 20 + 1 });
      expect(await store.memberByAddress(list.list.id, "young0@people.test")).toMatchObject({
        role: "moderator",
      });
      expect(await store.listSettings(list.list.id)).toMatchObject({
        ...{ replyTo: "author", authorCopy: false, language: "de" },
      });
    });

    const alice = await person("Alice");
    await server.join(list, alice);
    await server.start();
    expect((await server.post(list, alice, { text: "the first sealed words" })).code).toBe(250);
    await server.untilQuiet();
    expect(server.sink.for("young1@people.test")).toEqual([]);
    await home.import(list.key);
    await home.import(list.server);
    for (const name of ["young7", "older", "large"]) {
      const [copy] = server.sink.for(`${name}@people.test`);
      const commandLine = await saveMail(home, copy?.raw ?? new Uint8Array());
      const { stdout } = await home.shell(commandLine);
      expect(Buffer.from(stdout).toString()).toContain(
        Buffer.from("the first sealed words").toString("base64").slice(0, 20),
      );
    }
  });
});
