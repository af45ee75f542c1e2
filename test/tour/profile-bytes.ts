import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Person } from "./person.js";

/** Everything that Thunderbird keeps on a person's computer, for comparing two moments byte for byte. */

/**
 * What Thunderbird writes by its own clock, whatever comes or does not come. Each was seen to change while a Thunderbird
 * with nothing to do was watched; none of them is where mail, keys or what the add-on keeps would go.
 */
const VOLATILE: readonly (readonly [which: RegExp, why: string])[] = [
  [/^datareporting\//, "counters of its telemetry, which is switched off and counts all the same"],
  [/^crashes\//, "when it was last looked for crashes"],
  [/^security_state\//, "intermediate certificates that come with it"],
  [/^startupCache\//, "its own compiled scripts"],
  [/^storage\/permanent\/chrome\//, "its own remote settings, written out some time after the start"],
  [
    /^storage\/default\/[^/]+\/\.metadata-v2$/,
    "when an add-on's storage was last opened: also by a look into it",
  ],
  [
    /^(?:xulstore|sessionCheckpoints|session|folderCache|folderTree)\.json$/,
    "windows, columns, the folder pane",
  ],
  [/^\.startup-incomplete$/, "goes away half a minute after the start"],
  [/^prefs-\d+\.js$/, "preferences while they are written: prefs.js is what they become"],
  [/^global-messages-db\.sqlite/, "the search index, which goes through old mail when nobody works"],
  [/^(?:history|cookies|permissions|bounce-tracking-protection)\.sqlite/, "the built-in browser's"],
];

/** Lines of prefs.js: when it did something last, what it does once a day when nobody works, counters as above. */
const CLOCK_PREFERENCES: readonly RegExp[] = [
  /^app\.update\.lastUpdateTime\./,
  /^mail\.server\.server\d+\.(?:last|next)FilterTime$/,
  /^(?:idle|places|privacy|storage\.vacuum|toolkit|datareporting)\./,
];

function isOfTheClock(line: string): boolean {
  const name = /^user_pref\("([^"]+)"/.exec(line)?.[1];
  return name !== undefined && CLOCK_PREFERENCES.some((which) => which.test(name));
}

const sha256 = (bytes: string | Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Each line of prefs.js under its preference's name: what differs is then named. */
function preferenceHashes(text: string): Readonly<Record<string, string>> {
  const lines = text.split("\n").filter((line) => line !== "" && !isOfTheClock(line));
  return Object.fromEntries(
    lines.map((line) => [`prefs.js: ${/^user_pref\("([^"]+)"/.exec(line)?.[1] ?? line}`, sha256(line)]),
  );
}

/** SHA-256 of every file in a person's profile but the volatile ones, by path. */
export function profileBytes({ thunderbird: { profile } }: Person): Readonly<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const entry of readdirSync(profile, { recursive: true, withFileTypes: true })) {
    const path = relative(profile, join(entry.parentPath, entry.name));
    if (!entry.isFile() || VOLATILE.some(([which]) => which.test(path))) continue;
    try {
      const bytes = readFileSync(join(profile, path));
      if (path === "prefs.js") Object.assign(hashes, preferenceHashes(bytes.toString("utf8")));
      else hashes[path] = sha256(bytes);
    } catch {
      hashes[path] = "gone while it was looked at";
    }
  }
  return hashes;
}

/**
 * Everything of a person: {@link profileBytes}, and what the add-on keeps, as the add-on sees it.
 * @throws Error if the add-on's storage is not among the files: the comparison would then say nothing
 */
export async function everythingOf(person: Person): Promise<Readonly<Record<string, string>>> {
  const storage = await person.addon.storageHash();
  // Thunderbird writes them some time after a change: what happened before this moment is not to be seen as having come after it
  await person.ui.writeProfile();
  const files = profileBytes(person);
  const paths = Object.keys(files);
  for (const kept of [/^storage\/default\/moz-extension/, /^ImapMail\//, /^Mail\//, /^prefs\.js: /])
    if (!paths.some((path) => kept.test(path))) throw new Error(`${kept} is not in the profile`);
  return { ...files, "what the add-on keeps": storage };
}

/** The names under which two moments differ. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
}
