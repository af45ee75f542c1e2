/**
 * The add-on in Debian's Thunderbird, in parts that each set up their own and end by themselves. `npm run build` first; needs
 * root, as the end-to-end tests do.
 */
import { type Parts, rowsOfParts } from "../parts.js";
import type { Options, Row } from "../row.js";
import { ordinaryRows, scrollingRows, startRows } from "./beside.js";
import { loopRows } from "./loops.js";
import { openingRows } from "./opening.js";
import { ownOpenPgpRows } from "./own-openpgp.js";
import { ownerRows } from "./owner.js";
import { shownRows } from "./shown.js";
import { spaceRows } from "./space.js";

const parts: Parts = {
  start: () => startRows(),
  ordinary: () => ordinaryRows(),
  scrolling: () => scrollingRows(),
  shown: shownRows,
  "own-openpgp": () => ownOpenPgpRows(),
  opening: () => openingRows(),
  loops: () => loopRows(),
  owner: () => ownerRows(),
  space: spaceRows,
};

export const rows = (options: Options): Promise<readonly Row[]> => rowsOfParts(parts, options);
