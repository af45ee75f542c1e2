/** A real list of Debian's Schleuder, in a folder of its own: its database and its keyring, as an operator has them. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./processes.js";

const LIBRARY = "/usr/lib/ruby/vendor_ruby/schleuder";

/** A subscription to make. */
export interface Subscriber {
  readonly address: string;
  /** Armored; none if absent. */
  readonly certificate?: string;
  readonly isAdmin?: boolean;
  /** Gets no mail. */
  readonly isPaused?: boolean;
}

/** Where a list's data lies. */
export interface SchleuderData {
  readonly database: string;
  readonly lists: string;
}

/** As schleuder-cli and Schleuder's own mail keywords do it. */
const BUILD = `$LOAD_PATH.unshift '/usr/lib/ruby/vendor_ruby'
require 'json'
require 'schleuder'
given = JSON.parse(File.read(ARGV[0]))
list, messages = Schleuder::ListBuilder.new({ email: given['list'] }).run
abort messages.inspect unless list.is_a?(Schleuder::List)
list.update!(given['settings'])
given['people'].each do |one|
  subscription, = list.subscribe(one['address'], nil, one['isAdmin'] == true, one['isPaused'] != true, one['certificate'])
  abort "#{one['address']}: #{subscription.errors.full_messages.inspect}" if subscription.errors.any?
end
`;

/** Makes a list with these people on it. Mail is neither sent nor taken. */
export async function makeSchleuderList(
  folder: string,
  list: string,
  settings: Readonly<Record<string, string | boolean>>,
  people: readonly Subscriber[],
): Promise<SchleuderData> {
  for (const part of ["lists", "logs", "keywords", "filters"])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  const database = join(folder, "db.sqlite");
  writeFileSync(
    join(folder, "schleuder.yml"),
    `lists_dir: ${folder}/lists
listlogs_dir: ${folder}/logs
keyword_handlers_dir: ${folder}/keywords
filters_dir: ${folder}/filters
superadmin: root@localhost
database:
  production:
    adapter: sqlite3
    database: ${database}
    timeout: 5000
`,
  );
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
  await runToEnd("rake", ["db:init"], { cwd: LIBRARY, env });
  writeFileSync(join(folder, "build.rb"), BUILD);
  writeFileSync(join(folder, "people.json"), JSON.stringify({ list, settings, people }));
  await runToEnd("ruby", [join(folder, "build.rb"), join(folder, "people.json")], { env });
  const [localPart = "", domain = ""] = list.split("@");
  await runToEnd("gpgconf", ["--homedir", join(folder, "lists", domain, localPart), "--kill", "all"]);
  return { database, lists: join(folder, "lists") };
}
