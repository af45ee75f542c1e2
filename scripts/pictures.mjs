/**
 * Makes the pictures of the documents and of the README from those that three stories take, in English:
 *
 *     npm run e2e -- --testPathPatterns test/e2e/membership test/e2e/first-screen test/e2e/first-mail
 *     node scripts/pictures.mjs                 (or, of one story alone: node scripts/pictures.mjs first-mail)
 *
 * Cut to what is talked about, at most 720 pixels wide, few colours: small files.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const membership = join("membership", "en");
const to = join(root, "docs", "pictures");

/** Parts of a window, as ImageMagick writes them: the add-on's page, and an opened mail. */
const PAGE = "680x945+330+130";
const MAIL = "990x340+286+316";

const pictures = {
  "join-mail": ["member-popup", MAIL],
  "join-code": ["member-2-code", PAGE],
  "join-compare": ["member-3-compare", PAGE],
  "join-member": ["member-5-member", "680x625+330+130"],
  "join-wrong-code": ["member-error_wrong_code", PAGE],
  "join-leave": ["member-leave", "680x672+330+130"],
  "join-backup": ["member-9-backup", PAGE],
  "own-card": ["owner-2-card", "680x890+330+130"],
  "own-codes": ["owner-5-codes", "680x915+330+122"],
  "own-remove": ["owner-9-remove", "680x622+330+122"],
};

/** Of another story: whom the operator added, and all confirmed at once. */
const confirming = { "own-confirm": ["confirm", "680x510+330+138"] };

/** Pictures of other stories, whole. */
const whole = { read: "first-screen" };

/** What commands of the list server have said in a story, as a terminal shows it. */
const terminals = { status: "first-mail", doctor: "first-mail" };

/** Stories that were named; all if none was. */
const wanted = process.argv.slice(2);
const isWanted = (story) => wanted.length === 0 || wanted.includes(story.split("/")[0]);

mkdirSync(to, { recursive: true });
/** @param {string} story its folder below out @param {string} source @param {readonly string[]} steps what ImageMagick does to it */
function make(story, source, name, steps) {
  const file = join(root, "out", story, `${source}.png`);
  if (!existsSync(file))
    throw new Error(`${source}.png does not exist: run the story first (see the top of this file)`);
  execFileSync("convert", [file, ...steps, "-strip", "+dither", `PNG8:${join(to, `${name}.png`)}`]);
}

/** @param {string} story @param {string} source @param {string} name @param {string} part */
function cut(story, source, name, part) {
  make(story, source, name, [
    ...["-crop", part, "+repage", "-fuzz", "2%", "-trim", "+repage"],
    ...["-bordercolor", "white", "-border", "14", "-bordercolor", "#cccccc", "-border", "1"],
    ...["-resize", "720x>", "-colors", "48"],
  ]);
}

/** Draws what a command has said. */
function draw(story, name) {
  const said = readFileSync(join(root, "out", story, `${name}.txt`), "utf8").trimEnd();
  const text = `# listseal-server ${name}\n${said}`;
  execFileSync("convert", [
    ...["-background", "#16181d", "-fill", "#e8e8e8", "-font", "DejaVu-Sans-Mono", "-pointsize", "15"],
    // what ImageMagick would read as its own words
    `label:${text.replaceAll("\\", "\\\\").replaceAll("%", "%%")}`,
    ...["-bordercolor", "#16181d", "-border", "16", "-colors", "16", "-strip", "+dither"],
    `PNG8:${join(to, `${name}.png`)}`,
  ]);
}

if (isWanted(membership))
  for (const [name, [source, part]] of Object.entries(pictures)) cut(membership, source, name, part);
for (const [name, [source, part]] of Object.entries(confirming))
  if (isWanted("first-mail")) cut("first-mail", source, name, part);
for (const [name, story] of Object.entries(whole))
  if (isWanted(story)) make(story, name, name, ["-resize", "1100x>", "-colors", "64"]);
for (const [name, story] of Object.entries(terminals)) if (isWanted(story)) draw(story, name);
