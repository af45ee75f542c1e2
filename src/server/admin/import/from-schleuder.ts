/**
 * A list of Schleuder 4 or 5: its SQLite database and the list's keyring. Nothing of it is changed: the database is opened for
 * reading, and gpg reads a copy of the keyring.
 */
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";
import { parseAddress } from "../../../mail/mailbox.js";
import { codeForLog } from "../../base/log.js";
import { BadRequest } from "../administration.js";
import { runForOctets } from "../shell.js";
import { splitCertificates } from "./certificates.js";
import { type ImportedPerson, type ImportSource, languageIn } from "./source.js";

/** Where Debian's package keeps it. */
export const schleuderPlaces = {
  database: "/var/lib/schleuder/db.sqlite",
  lists: "/var/lib/schleuder/lists",
};

/** SQLite has no booleans. */
const flag = z
  .union([z.literal(0), z.literal(1)])
  .nullish()
  .transform((value) => value === 1);
const words = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

const listRow = z.object({
  id: z.number(),
  email: z.string(),
  language: words,
  subject_prefix: words,
  subject_prefix_in: words,
  subject_prefix_out: words,
  public_footer: words,
  internal_footer: words,
  receive_encrypted_only: flag,
  receive_signed_only: flag,
  receive_authenticated_only: flag,
  receive_from_subscribed_emailaddresses_only: flag,
  receive_admin_only: flag,
  send_encrypted_only: flag,
  deliver_selfsent: flag,
  set_reply_to_to_sender: flag,
  forward_all_incoming_to_admins: flag,
});

const subscriptionRow = z.object({
  email: z.string(),
  fingerprint: words,
  admin: flag,
  delivery_enabled: flag,
});

type SchleuderList = z.infer<typeof listRow>;

/** @param address of the list at Schleuder; may be left out if there is only one. @throws BadRequest */
export async function importFromSchleuder(
  places: { readonly database: string; readonly lists: string },
  address: string | undefined,
): Promise<ImportSource> {
  const { list, subscriptions } = await atRest(places.database, (file) => readDatabase(file, address));
  const [localPart = "", domain = ""] = list.email.split("@");
  const keys = await exportKeys(
    join(places.lists, domain, localPart),
    subscriptions.map(({ fingerprint }) => fingerprint),
  );
  const language = languageIn(list.language);
  const people = subscriptions.map(
    (each): ImportedPerson => ({
      address: parseAddress(each.email),
      // an owner is believed by members' add-ons, which no operator can bring about
      role: each.admin ? "moderator" : list.receive_admin_only ? "read-only" : "member",
      isPaused: !each.delivery_enabled,
      certificates: keys.get(each.fingerprint) ?? [],
    }),
  );
  return {
    origin: `Schleuder list ${list.email}, ${people.length} subscriptions`,
    people,
    policy: isClosed(list) ? "members" : "open",
    replyTo: list.set_reply_to_to_sender ? "author" : "list",
    authorCopy: list.deliver_selfsent,
    ...(language === undefined ? {} : { language }),
    lost: lossesOf(
      list,
      subscriptions.some(({ admin }) => admin),
    ),
  };
}

/** Whether mail of others is refused. */
const isClosed = (list: SchleuderList): boolean =>
  list.receive_authenticated_only ||
  list.receive_admin_only ||
  list.receive_from_subscribed_emailaddresses_only;

function lossesOf(list: SchleuderList, hasAdmins: boolean): readonly string[] {
  const prefixes = [list.subject_prefix, list.subject_prefix_in, list.subject_prefix_out].filter(
    (each) => each !== "",
  );
  return [
    "the list's OpenPGP key: Schleuder's server has its secret half, so the list has a new one, and everybody must use it",
    "mail that is not encrypted, and mail from people without a key: it is refused here",
    "x-resend and the other x- keywords: members write to outsiders from their own mailboxes, and join and leave by add-on or web page",
    ...(hasAdmins
      ? ["admins come in as moderators: the list's owner names further owners in the add-on"]
      : []),
    ...(isClosed(list)
      ? []
      : ["whoever is no member must encrypt and sign; Schleuder took unencrypted mail of anybody"]),
    ...(list.send_encrypted_only ? [] : ["copies for people without a key: they have to be invited"]),
    ...prefixes.map(
      (prefix) => `the subject prefix ${JSON.stringify(prefix)}: the subject is inside the seals`,
    ),
    ...(list.public_footer !== "" || list.internal_footer !== ""
      ? ["footers: a sealed text can't be added to"]
      : []),
    ...(list.forward_all_incoming_to_admins ? ["a copy of all mail for the admins"] : []),
  ];
}

/**
 * Gives a database to `read`. QUIRK: Schleuder 5 keeps its database with a write-ahead log (seen with 5.0.1, Debian 13). SQLite makes
 * the log's two files when such a database is opened, even for reading, and leaves them there; so while there is no log, a copy is read.
 */
async function atRest<T>(file: string, read: (file: string) => T): Promise<T> {
  if (existsSync(`${file}-wal`)) return read(file);
  const folder = await mkdtemp(join(tmpdir(), "listseal-import-"));
  try {
    const copy = join(folder, "db.sqlite");
    const isCopied = await copyFile(file, copy).then(
      () => true,
      () => false,
    );
    // what can't be copied can't be opened either, and the error then names the operator's file
    return read(isCopied ? copy : file);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readDatabase(file: string, address: string | undefined) {
  let database: Database.Database;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw new BadRequest(
      `Schleuder's database ${file} can't be read (${codeForLog(error)}): name it with --database`,
    );
  }
  try {
    const lists = z.array(listRow).parse(database.prepare("SELECT * FROM lists ORDER BY email").all());
    const found = address === undefined ? lists : lists.filter(({ email }) => email === address);
    const [list, another] = found;
    if (list === undefined)
      throw new BadRequest(`Schleuder has no list${address === undefined ? "" : ` ${address}`}`);
    if (another !== undefined) {
      throw new BadRequest(
        `Schleuder has several lists: name one with --list (${found.map(({ email }) => email).join(", ")})`,
      );
    }
    const rows = database
      .prepare("SELECT * FROM subscriptions WHERE list_id = ? ORDER BY email")
      .all(list.id);
    return { list, subscriptions: z.array(subscriptionRow).parse(rows) };
  } finally {
    database.close();
  }
}

/** What gpg keeps public keys in: of version 2.1 and later, and before. */
const KEYRINGS = /^pubring\.(?:kbx|gpg)$/;

/** The certificates with these fingerprints, as gpg has them, without other people's signatures. */
async function exportKeys(
  home: string,
  fingerprints: readonly string[],
): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const copy = await mkdtemp(join(tmpdir(), "listseal-import-"));
  try {
    const rings = await readdir(home).catch((error: unknown) => {
      throw new BadRequest(
        `the keyring in ${home} can't be read (${codeForLog(error)}): name the folder of lists with --lists`,
      );
    });
    for (const ring of rings.filter((name) => KEYRINGS.test(name)))
      await copyFile(join(home, ring), join(copy, ring));
    const found = new Map<string, readonly Uint8Array[]>();
    for (const fingerprint of fingerprints.filter((each) => /^[0-9A-F]{40}$/i.test(each))) {
      const words = [
        "--homedir",
        copy,
        "--batch",
        "--no-autostart",
        "--export-options",
        "export-minimal",
        "--export",
        fingerprint,
      ];
      const { code, octets } = await runForOctets("gpg", words);
      if (code === 127)
        throw new BadRequest("gpg is needed to read Schleuder's keyring: run apt install gpg");
      if (octets.length > 0) found.set(fingerprint, splitCertificates(octets));
    }
    return found;
  } finally {
    await rm(copy, { recursive: true });
  }
}
