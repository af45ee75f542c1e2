/** `import csv|keys|schleuder|mailman`: shows what it would do, and does it with --yes. */
import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { findList } from "../admin/administration.js";
import type { CommandForUser } from "../admin/change-user.js";
import { CertificatePool, readCertificates } from "../admin/import/certificates.js";
import { importFromCsv, importFromKeys } from "../admin/import/from-csv.js";
import { importFromMailman } from "../admin/import/from-mailman.js";
import { importFromSchleuder, schleuderPlaces } from "../admin/import/from-schleuder.js";
import { carryOutImport, importLines, isDone, planImport } from "../admin/import/plan.js";
import { type ImportSource, sourceFromJson, sourceToJson } from "../admin/import/source.js";
import type { GlobalOptions } from "../admin/site.js";
import { type CliContext, countOf, print, readSmallFile, withContext } from "./cli-context.js";

interface ImportFlags {
  readonly yes?: true;
  readonly keys?: string;
}

interface SchleuderFlags extends ImportFlags {
  readonly list?: string;
  readonly database: string;
  readonly lists: string;
}

interface MailmanFlags extends ImportFlags {
  readonly list?: string;
  readonly rest: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** Adds `import`. */
export function addImportCommands(program: Command): void {
  const imports = program.command("import").description("take over the members of another list");
  const from = (name: string, description: string) =>
    imports
      .command(name)
      .description(description)
      .argument("<list>", "the list's mail address, here")
      .option("--yes", "do it; without this, only show what would be done");
  const keysOption = () =>
    new Option("--keys <path>", "a folder, maildir or file with people's certificates");
  const pool = async ({ keys }: ImportFlags) =>
    keys === undefined ? new CertificatePool() : readCertificates(keys);
  /** Reads first: what belongs to other software, root may read, and the server's own user may not. */
  const run = async (list: string, { yes }: ImportFlags, source: ImportSource) =>
    carryOut(program.opts<GlobalOptions>(), list, source, yes === true);

  from(
    "csv",
    "people from a table with the columns address and name, role, key (a file) or certificate, if any",
  )
    .argument("<file>", "the table")
    .addOption(keysOption())
    .action(async (list: string, file: string, flags: ImportFlags) =>
      run(list, flags, await importFromCsv(file, await pool(flags))),
    );
  from("keys", "everybody who is named in certificates: files, a folder, a maildir, a keyserver's export")
    .argument("<path>", "a folder, maildir or file")
    .action(async (list: string, path: string, flags: ImportFlags) =>
      run(list, flags, importFromKeys(path, await readCertificates(path))),
    );
  imports
    .command(HANDED_OVER, { hidden: true })
    .argument("<list>")
    .option("--yes")
    .action(async (list: string, flags: ImportFlags) =>
      run(list, flags, sourceFromJson(await text(process.stdin))),
    );
  from("schleuder", "a list of Schleuder 4 or 5, with its subscribers' keys")
    .option("--list <address>", "the list's address at Schleuder, if it has several")
    .option("--database <file>", "Schleuder's database", schleuderPlaces.database)
    .option("--lists <dir>", "Schleuder's lists_dir", schleuderPlaces.lists)
    .action(async (list: string, flags: SchleuderFlags) =>
      run(list, flags, await importFromSchleuder(flags, flags.list)),
    );
  from("mailman", "a list of Mailman 3, by its REST API")
    .requiredOption("--password-file <file>", "admin_pass of [webservice] in mailman.cfg")
    .option("--list <address>", "the list's address at Mailman (default: the same)")
    .option("--rest <url>", "Mailman's REST API", "http://127.0.0.1:8001/3.1")
    .option("--user <name>", "admin_user of [webservice]", "restadmin")
    .addOption(keysOption())
    .action(async (list: string, flags: MailmanFlags) => {
      const password = (await readSmallFile(flags.passwordFile)).toString("utf8").trim();
      const access = { url: flags.rest, user: flags.user, password };
      return run(list, flags, await importFromMailman(access, flags.list ?? list, await pool(flags)));
    });
}

/** The command that gets on its standard input what another process, of a user who may, has read. */
const HANDED_OVER = "handed-over";

/** The same import as {@link HANDED_OVER}, for a process that is not root's. */
function handOver(
  { data, config }: GlobalOptions,
  address: string,
  source: ImportSource,
  isWanted: boolean,
): CommandForUser {
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  return {
    words: [
      ...[...option("--data", data), ...option("--config", config)],
      ...["import", HANDED_OVER, address, ...(isWanted ? ["--yes"] : [])],
    ],
    input: sourceToJson(source),
  };
}

async function carryOut(
  options: GlobalOptions,
  address: string,
  source: ImportSource,
  isWanted: boolean,
): Promise<void> {
  const work = async (desk: CliContext) => {
    const plan = await planImport(desk, await findList(desk, address), source);
    for (const line of importLines(plan)) print(line);
    if (!isWanted) {
      print(isDone(plan) ? "nothing to do" : "nothing was changed: run it again with --yes");
      return;
    }
    const { invitees } = await carryOutImport(desk, plan);
    print(isDone(plan) ? "nothing to do" : `added        ${countOf(plan.added.length)}`);
    if (invitees !== undefined) print(`whom to invite is in ${invitees}: give it to the list's owner`);
  };
  await withContext(options, work, handOver(options, address, source, isWanted));
}
