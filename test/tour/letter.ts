import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "../world/processes.js";

/** What Alice writes: a letter whose every part carries a marker that occurs nowhere else in the world. */
export interface PlannedLetter {
  /** Japanese and Latin, so that every way of writing text outside ASCII has to be searched too. */
  readonly marker: string;
  readonly subject: string;
  readonly html: string;
  /** A sentence as its reader must see it: it ends with the marker. */
  readonly sentence: string;
  /** The inline picture in base64, as the reader must see it. */
  readonly picture: string;
  readonly attachment: {
    readonly path: string;
    readonly name: string;
    readonly sha256: string;
    readonly size: number;
  };
}

/** Bytes of the attachment. */
const ATTACHMENT_BYTES = 1_048_576;

/** A fresh marker. */
export const newMarker = (): string => `柿の木-${randomBytes(5).toString("hex")}`;

/** SHA-256 in hex. */
export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A small picture, drawn anew; its bytes are the same every time. */
async function drawPicture(file: string): Promise<string> {
  await runToEnd("convert", [
    ...["-size", "420x150", "gradient:#dceefb-#7fb7d6", "-fill", "#f4c95d", "-draw", "circle 340,46 340,22"],
    ...["-fill", "#2f6b4f", "-draw", "path 'M 0,150 L 0,96 Q 110,40 210,100 T 420,84 L 420,150 Z'"],
    ...["-fill", "#8a4b2a", "-draw", "rectangle 96,70 104,104", "-fill", "#d9652b"],
    ...["-draw", "circle 100,58 100,36", "-strip", "-depth", "8", `PNG24:${file}`],
  ]);
  return readFileSync(file).toString("base64");
}

/**
 * Plans a letter in English, whose pictures are for English documents, with a Japanese word in all of its parts: HTML, an inline
 * picture and an attachment of 1 MB of random bytes in which the marker stands at the start, in the middle and at the end.
 * @param folder on Alice's own machine
 */
export async function planLetter(folder: string, listName: string): Promise<PlannedLetter> {
  mkdirSync(folder, { recursive: true });
  const marker = newMarker();
  const picture = await drawPicture(join(folder, "picture.png"));
  const bytes = randomBytes(ATTACHMENT_BYTES);
  const mark = Buffer.from(marker, "utf8");
  for (const place of [0, ATTACHMENT_BYTES / 2, ATTACHMENT_BYTES - mark.length]) mark.copy(bytes, place);
  const name = `Map ${marker}.bin`;
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return {
    marker,
    subject: `We meet somewhere else ${marker}`,
    html: `<p>Dear ${listName},</p>
<p>next week we meet at the <b>blue bridge</b>. The word to say there is <b>${marker}</b>.</p>
<p><img alt="the hill with the tree" src="data:image/png;base64,${picture}"></p>
<p>The attachment has the map. Please tell nobody outside the list.<br>Alice</p>`,
    sentence: `next week we meet at the blue bridge. The word to say there is ${marker}`,
    picture,
    attachment: { path, name, sha256: sha256(bytes), size: bytes.length },
  };
}

/** A short letter for the time after the removal, under the same marker. */
export function shortLetter(marker: string): { readonly subject: string; readonly html: string } {
  return {
    subject: `The new plan ${marker}`,
    html: `<p>Eve has left us. The new plan: we meet one day later, at the same place. ${marker}</p><p>Alice</p>`,
  };
}
