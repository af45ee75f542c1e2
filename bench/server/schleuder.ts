/**
 * Schleuder, set up as its Debian package says, in a folder of its own: a list, members with keys like ours, and a post.
 *
 * It is started for each post, as Postfix does it, and hands its copies to the same sink as we do. Counted is everything
 * that it starts, gpg and gpg-agent included (measured.py).
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  armorOpeningKey,
  armorSealingKey,
  generateMemberKey,
  sealingHalf,
} from "../../src/protocol/index.js";
import { LOOPBACK } from "../../test/world/ports.js";
import { gpgArgs, type PeerWorld } from "../peers.js";
import { isMeasured, type Measured } from "./measured.js";

const LIBRARY = "/usr/lib/ruby/vendor_ruby/schleuder";
const run = promisify(execFile);
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const list = "team@lists.test";

/** Version of the installed package, or undefined. */
export function schleuderVersion(): string | undefined {
  if (!existsSync(LIBRARY)) return undefined;
  const asked = spawnSync("dpkg-query", ["-W", "schleuder"], { encoding: "utf8" });
  return asked.status === 0 ? asked.stdout.trim().split("\t")[1] : undefined;
}

/** What Schleuder takes for one post of `bytes` octets to `members` members, through a relay at `relayPort`. */
export async function schleuderTakes(
  world: PeerWorld,
  relayPort: number,
  bytes: number,
  members: number,
): Promise<Measured> {
  const folder = `${world.folder}/schleuder-${members}-${bytes}`;
  for (const part of ["", "/lists", "/logs", "/keywords", "/filters"]) {
    mkdirSync(folder + part, { recursive: true, mode: 0o700 });
  }
  writeFileSync(`${folder}/schleuder.yml`, configuration(folder, relayPort));
  const env = {
    ...process.env,
    SCHLEUDER_CONFIG: `${folder}/schleuder.yml`,
    SCHLEUDER_LIST_DEFAULTS: "/etc/schleuder/list-defaults.yml",
    SCHLEUDER_ENV: "production",
    SCHEMA: `${LIBRARY}/db/schema.rb`,
    LANG: "C.UTF-8",
    LC_ALL: "C.UTF-8",
    HOME: folder,
  };
  await run("rake", ["db:init"], { cwd: LIBRARY, env });

  const people: string[] = [];
  let author: string | undefined;
  for (let i = 0; i < members; i++) {
    const key = await generateMemberKey({ profile: "compatible", address: `m${i}@people.test` });
    author ??= await armorOpeningKey(key);
    people.push(
      JSON.stringify({ address: `m${i}@people.test`, certificate: armorSealingKey(sealingHalf(key)) }),
    );
  }
  writeFileSync(`${folder}/people`, `${people.join("\n")}\n`);
  const made = await run("ruby", [beside("schleuder-list.rb"), list, `${folder}/people`], {
    env,
    maxBuffer: 2 ** 26,
  });
  await run("gpgconf", ["--homedir", `${folder}/lists/lists.test/team`, "--kill", "all"]);
  writeFileSync(`${folder}/post.eml`, postTo(world, folder, author ?? "", made.stdout, bytes));
  const { stdout } = await run(
    "python3",
    [beside("measured.py"), `${folder}/post.eml`, "schleuder", "work", list],
    { env, maxBuffer: 2 ** 26 },
  );
  const measured: unknown = JSON.parse(stdout);
  if (!isMeasured(measured)) throw new Error(`measured.py said ${stdout}`);
  return measured;
}

function configuration(folder: string, relayPort: number): string {
  return `lists_dir: ${folder}/lists
listlogs_dir: ${folder}/logs
keyword_handlers_dir: ${folder}/keywords
filters_dir: ${folder}/filters
log_level: warn
superadmin: root@localhost
smtp_settings:
  address: ${LOOPBACK}
  port: ${relayPort}
  enable_starttls_auto: false
database:
  production:
    adapter: sqlite3
    database: ${folder}/db.sqlite
    timeout: 5000
`;
}

/** A post as a member's mail program sends it: PGP/MIME, signed and encrypted to the list, nothing compressed. */
function postTo(world: PeerWorld, folder: string, author: string, listKey: string, bytes: number): string {
  const body = `Content-Type: text/plain; charset=utf-8\r\n\r\n${randomText(bytes)}`;
  const keys = [world.file("author.asc", author), world.file("list.asc", listKey)];
  world.run("gpg", [...gpgArgs, "--import", ...keys]);
  const sealed = `${folder}/sealed.asc`;
  const sealing = ["-z", "0", "-a", "-u", "m0@people.test", "-r", list, "-o", sealed, "-s", "-e"];
  world.run("gpg", [...gpgArgs, ...sealing, world.file("body", body)]);
  return `From: m0@people.test\r
To: ${list}\r
Subject: A post\r
Message-ID: <${folder.replace(/\W/g, "-")}@people.test>\r
Date: ${new Date().toUTCString().replace("GMT", "+0000")}\r
MIME-Version: 1.0\r
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\r
\r
--b\r
Content-Type: application/pgp-encrypted\r
\r
Version: 1\r
--b\r
Content-Type: application/octet-stream; name="encrypted.asc"\r
\r
${readFileSync(sealed, "latin1").replace(/\r?\n/g, "\r\n")}\r
--b--\r
`;
}

/** Lines of random hexadecimal digits. */
function randomText(bytes: number): string {
  const digits = Buffer.alloc(bytes / 2);
  for (let at = 0; at < digits.length; at += 65_536) crypto.getRandomValues(digits.subarray(at, at + 65_536));
  return digits.toString("hex").replace(/.{76}/g, "$&\r\n");
}
