/** The figures that matter in one picture, from the runs that are kept: for whoever reads the README and no table. */
import { fileURLToPath } from "node:url";
import type { KeptRow } from "./kept.js";

/** Where the README looks for it. */
export const PICTURE = fileURLToPath(new URL("../docs/pictures/figures.svg", import.meta.url));

/** A figure: which kept row it is, and what it is called. */
interface Figure {
  readonly title: string;
  readonly row: string;
  readonly against: RegExp;
  readonly unit: string;
  readonly ours: string;
  readonly theirs: string;
}

const figures: readonly Figure[] = [
  {
    title: "Sealing a post for one of 10,000 members",
    row: "reseal, mode key, 1 kB, 10000 members",
    against: /^Node's raw X25519/,
    unit: "CPU ms/member",
    ours: "ListSeal",
    theirs: "the key agreement alone",
  },
  {
    title: "A copy of 1 kB on its way, all of the server's work",
    row: "processor time a copy of 1 kB, into smtp-sink",
    against: /^the goal$/,
    unit: "ms",
    ours: "ListSeal",
    theirs: "our goal",
  },
  {
    title: "A post of 1 kB to 500 members",
    row: "whole server, 1 kB to 500 members",
    against: /^schleuder/,
    unit: "s",
    ours: "ListSeal",
    theirs: "Schleuder",
  },
  {
    title: "Opening a sealed mail of 25 MB",
    row: "open a sealed mail of 25 MB, compatible",
    against: /^half a second$/,
    unit: "ms",
    ours: "ListSeal",
    theirs: "our goal",
  },
  {
    title: "From the click to the shown mail, 1 kB",
    row: "click to shown, sealed mail of 1 kB, compatible",
    against: /^the same mail in clear$/,
    unit: "ms",
    ours: "sealed",
    theirs: "not sealed",
  },
  {
    title: "A key while searching 1,000 sealed mails",
    row: "search: a key, few hits, 1000 mails",
    against: /^the goal$/,
    unit: "ms",
    ours: "ListSeal",
    theirs: "our goal",
  },
];

const WIDTH = 760;
const LABELS = 190;
const BARS = 430;
const FIGURE = 74;
const TOP = 16;

/** 1.28 s, 765 ms, 0.137 ms */
function amount(value: number, unit: string): string {
  const [, short = unit] = /^(?:CPU )?(\w+)/.exec(unit) ?? [];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${short}`;
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

function bar(y: number, name: string, value: number, most: number, unit: string, fill: string): string {
  const length = Math.max(2, (BARS * value) / most);
  return [
    `<text x="${LABELS - 10}" y="${y + 13}" text-anchor="end" fill="#444">${escaped(name)}</text>`,
    `<rect x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="17" rx="2" fill="${fill}"/>`,
    `<text x="${(LABELS + length + 8).toFixed(1)}" y="${y + 13}" fill="#222">${escaped(amount(value, unit))}</text>`,
  ].join("\n");
}

/**
 * The picture, as SVG. Each figure has a scale of its own: its longer bar is as long as any. Figures that nobody has measured yet are
 * left out.
 */
export function picture(kept: readonly KeptRow[]): string {
  const found = figures.flatMap((figure) => {
    const row = kept.find(
      ({ name, peerName, unit }) =>
        name === figure.row && unit === figure.unit && figure.against.test(peerName),
    );
    return row === undefined || row.peer === null ? [] : [{ figure, ours: row.ours, peer: row.peer }];
  });
  const height = 2 * TOP + FIGURE * found.length;
  const drawn = found.map(({ figure, ours, peer }, index) => {
    const y = TOP + FIGURE * index;
    const most = Math.max(ours, peer);
    return [
      `<text x="${TOP}" y="${y + 12}" font-weight="600" fill="#111">${escaped(figure.title)}</text>`,
      bar(y + 20, figure.ours, ours, most, figure.unit, "#1b6e53"),
      bar(y + 42, figure.theirs, peer, most, figure.unit, "#b9bec4"),
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="sans-serif" font-size="13">
<title>What ListSeal's figures are, each beside what it is compared with; shorter is better</title>
<rect width="${WIDTH}" height="${height}" rx="8" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}
