/**
 * Manual pages from what the program says of itself: listseal-server(8) from its help texts, listseal.toml(5) from the file that
 * `init` writes. Nothing is written down twice.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Text that means nothing to roff. */
const plain = (text) =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

const heading = (name, section, date, version) =>
  `.TH ${name.toUpperCase()} ${section} ${date} "ListSeal ${version}" "ListSeal"\n`;

const block = (lines) => `.nf\n${plain(lines.join("\n").replace(/\n+$/, ""))}\n.fi\n`;

/**
 * @param {string} cli the built program
 * @param {{ version: string, date: string }} release `date` as 2026-11-30
 * @returns {Record<string, string>} by file name
 */
export function manualPages(cli, { version, date }) {
  const run = (...words) => execFileSync(process.execPath, [cli, ...words], { encoding: "utf8" });
  const help = (words) => run(...words, "--help");
  /** @param {string} text */
  const commandsIn = (text) =>
    [...(text.split("\nCommands:\n")[1] ?? "").matchAll(/^ {2}([a-z-]+)/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== "help");
  const pages = [];
  const visit = (words) => {
    const text = help(words);
    const inner = commandsIn(text);
    if (words.length > 0 && inner.length === 0) pages.push({ words, text });
    for (const name of inner) visit([...words, name]);
  };
  visit([]);
  const commands = pages.map(({ words, text }) => {
    const [usage = "", ...rest] = text.split("\n");
    const own = rest.join("\n").split("\nGlobal Options:")[0] ?? "";
    return `.SS ${plain(words.join(" "))}\n${block([usage.replace(/^Usage: /, ""), ...own.split("\n")])}`;
  });
  const server = `${heading("listseal-server", 8, date, version)}.SH NAME
listseal\\-server \\- encrypted mailing lists that the server can't read
.SH SYNOPSIS
.B listseal\\-server
[\\-\\-config FILE | \\-\\-data DIR] COMMAND ...
.SH DESCRIPTION
Sets up lists and rosters, and serves them. Results go to standard output; an error is one line on standard error, with exit code 1.
Run by root, a command goes on as the user that the data folder belongs to.
.PP
Begin with
.BR "listseal\\-server quickstart" ;
when something is wrong, run
.BR "listseal\\-server doctor" .
.SH COMMANDS
${commands.join("")}.SH FILES
.TP
.I /etc/listseal/listseal.toml
The settings, see
.BR listseal.toml (5).
.TP
.I /var/lib/listseal
Database, keys and locks. Never lose it.
.TP
.I /usr/share/doc/listseal\\-server
Settings for Postfix, Mailman, Caddy and nginx; OPERATING.md says what to do when.
.SH SEE ALSO
.BR listseal.toml (5),
.BR postconf (5),
.BR gpg (1)
`;
  const folder = mkdtempSync(join(tmpdir(), "listseal-man-"));
  try {
    run("--data", folder, "init");
    const template = readFileSync(join(folder, "listseal.toml"), "utf8");
    const settings = `${heading("listseal.toml", 5, date, version)}.SH NAME
listseal.toml \\- settings of the ListSeal list server
.SH DESCRIPTION
.BR "listseal\\-server init"
writes this file, in TOML. Each setting stands behind a # with its default.
.BR "listseal\\-server config check"
names the line of a mistake.
.SH SETTINGS
${block(template.split("\n"))}.SH SEE ALSO
.BR listseal\\-server (8)
`;
    return { "listseal-server.8": server, "listseal.toml.5": settings };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
