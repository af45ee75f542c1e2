/**
 * Makes the pictures of docs/JOINING.md and of the README from those that two stories take, in English:
 *
 *     npm run e2e -- --testPathPatterns test/e2e/membership test/e2e/first-screen
 *     node scripts/pictures.mjs
 *
 * Cut to what is talked about, at most 720 pixels wide, few colours: small files.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
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
  "own-codes": ["owner-5-codes", "680x828+330+122"],
  "own-remove": ["owner-9-remove", "680x622+330+122"],
};

/** Pictures of other stories, whole. */
const whole = { read: "first-screen" };

mkdirSync(to, { recursive: true });
/** @param {string} story its folder below out @param {string} source @param {readonly string[]} steps what ImageMagick does to it */
function make(story, source, name, steps) {
  const file = join(root, "out", story, `${source}.png`);
  if (!existsSync(file))
    throw new Error(`${source}.png does not exist: run the story first (see the top of this file)`);
  execFileSync("convert", [file, ...steps, "-strip", "+dither", `PNG8:${join(to, `${name}.png`)}`]);
}

for (const [name, [source, part]] of Object.entries(pictures)) {
  make(membership, source, name, [
    ...["-crop", part, "+repage", "-fuzz", "2%", "-trim", "+repage"],
    ...["-bordercolor", "white", "-border", "14", "-bordercolor", "#cccccc", "-border", "1"],
    ...["-resize", "720x>", "-colors", "48"],
  ]);
}
for (const [name, story] of Object.entries(whole))
  make(story, name, name, ["-resize", "1100x>", "-colors", "64"]);
