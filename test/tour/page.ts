import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Album, Chapter, Sight, Step } from "./album.js";
import { LISTS } from "./owner.js";
import { type SettingReport, settingName, type TourReport } from "./report.js";

/** Writes `index.html`: one page without scripts, pictures beside it, light or dark as the reader's system is. */

const inHtml = (text: string) =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const STYLE = `
:root { color-scheme: light dark;
  --back: light-dark(#fbfaf7, #17161b); --card: light-dark(#ffffff, #211f27); --fore: light-dark(#1b1a1f, #f3f1f7);
  --quiet: light-dark(#5d5a66, #b5b1c0); --line: light-dark(#e3dfd6, #38353f); --accent: light-dark(#0b6b3a, #7fdca4);
  --soft: light-dark(#eaf4ee, #1d2f26); --red: light-dark(#a3001e, #ff9aa8); --redsoft: light-dark(#fbecee, #35202a); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--fore); font: 16px/1.55 system-ui, sans-serif; }
header, main { max-width: 76rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 3.5rem; }
h1 { font-size: 2.3rem; line-height: 1.15; margin: 0 0 .6rem; letter-spacing: -.02em; max-width: 24em; }
.lead { font-size: 1.12rem; color: var(--quiet); max-width: 46em; margin: 0 0 1.6rem; }
.result { display: inline-block; padding: .35rem .9rem; border-radius: 99px; font-weight: 600; }
.result.good { background: var(--soft); color: var(--accent); } .result.bad { background: var(--redsoft); color: var(--red); }
ul.differences { color: var(--red); }
.scroll { overflow-x: auto; margin: 1.4rem 0 0; border: 1px solid var(--line); border-radius: 10px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: start; padding: .55rem .9rem; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; color: var(--quiet); font-weight: 600; font-size: .85rem; }
td.zero { color: var(--accent); font-weight: 600; } td.some { color: var(--red); font-weight: 600; }
.warning { max-width: 46em; padding: .7rem 1rem; border-inline-start: 4px solid var(--red); background: var(--redsoft); }
details > summary { cursor: pointer; } details > summary h2 { display: inline; } .others { margin-top: .8rem; color: var(--quiet); }
nav { margin: 1.6rem 0 0; display: flex; flex-wrap: wrap; gap: .4rem 1.1rem; }
a { color: var(--accent); }
section { margin-top: 3.6rem; }
h2 { font-size: 1.55rem; margin: 0 0 .2rem; letter-spacing: -.01em; }
h2 + p { color: var(--quiet); margin: 0 0 1.2rem; max-width: 50em; }
article { display: grid; grid-template-columns: minmax(0, 2.1fr) minmax(15rem, 1fr); gap: 1.6rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.3rem; margin-top: 1rem; }
article.words { grid-template-columns: minmax(0, 1fr); }
article.words .sights { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .9rem 1.6rem; }
h3 { margin: 0 0 .3rem; font-size: 1.08rem; }
article p { margin: 0 0 .9rem; color: var(--quiet); }
figure { margin: 0 0 .9rem; }
figure:last-child { margin-bottom: 0; }
img { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-size: .83rem; color: var(--quiet); margin-top: .3rem; }
pre { margin: 0; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--back);
  font: .76rem/1.45 ui-monospace, monospace; overflow: auto; max-height: 26rem; }
.sights h4 { margin: 0 0 .15rem; font-size: .95rem; }
.sights > div + div { margin-top: 1rem; } article.words .sights > div + div { margin-top: 0; }
.sights ul { list-style: none; margin: 0; padding: 0; font-size: .92rem; }
.sights li { padding-inline-start: 1.4rem; position: relative; margin-top: .2rem; overflow-wrap: anywhere; }
.sights li::before { position: absolute; inset-inline-start: 0; font-weight: 700; }
.sees::before { content: "✓"; color: var(--accent); } .not::before { content: "✕"; color: var(--quiet); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
footer { max-width: 76rem; margin: 4rem auto 3rem; padding: 0 1.5rem; color: var(--quiet); font-size: .9rem; }
@media (max-width: 52rem) { article { grid-template-columns: minmax(0, 1fr); } h1 { font-size: 1.8rem; } }
`;

const count = (number: number) => `<td class="${number === 0 ? "zero" : "some"}">${number}</td>`;

function row(setting: SettingReport): string {
  const { opened, notOpened, markerFound, wiretap } = setting;
  const names = (list: readonly string[]) => inHtml(list.join(", ") || "nobody");
  const tapped =
    wiretap.Eve === "opened" ? `<td class="some">can be read</td>` : `<td class="zero">nothing opens</td>`;
  return `<tr><th scope="row">${inHtml(settingName(setting))}</th><td>${names(opened)}</td><td>${names(notOpened)}</td>
${count(markerFound.wire)}${count(markerFound.server)}${count(markerFound.imap)}${tapped}</tr>`;
}

const tableOf = (settings: readonly SettingReport[]) => `<div class="scroll"><table>
<thead><tr><th scope="col">Setting</th><th scope="col">Read it</th><th scope="col">Did not get it</th><th scope="col">Marker on wires</th><th scope="col">at the server</th><th scope="col">in the mail store</th><th scope="col">Eve's wiretap with all her keys</th></tr></thead>
<tbody>${settings.map(row).join("\n")}</tbody></table></div>`;

function sight({ who, sees, seesNot }: Sight): string {
  const line = (name: string, word: string) => (text: string) =>
    `<li class="${name}"><span class="hidden">${word}: </span>${inHtml(text)}</li>`;
  return `<div><h4>${inHtml(who)}</h4><ul>${sees.map(line("sees", "sees")).join("")}${seesNot
    .map(line("not", "does not see"))
    .join("")}</ul></div>`;
}

function step({ title, text, pictures, excerpt, sights }: Step): string {
  const shown = [
    ...pictures.map(
      ({ file, alt }) =>
        `<figure><a href="${inHtml(file)}"><img src="${inHtml(file)}" alt="${inHtml(alt)}" loading="lazy"></a><figcaption>${inHtml(alt)}</figcaption></figure>`,
    ),
    ...(excerpt === undefined
      ? []
      : [
          `<figure><pre tabindex="0">${inHtml(excerpt.text)}</pre><figcaption>${inHtml(excerpt.caption)}</figcaption></figure>`,
        ]),
  ];
  const head = `<h3>${inHtml(title)}</h3>${text === "" ? "" : `<p>${inHtml(text)}</p>`}`;
  const beside = `<div class="sights">${sights.map(sight).join("")}</div>`;
  return shown.length === 0
    ? `<article class="words"><div>${head}</div>${beside}</article>`
    : `<article><div>${head}${shown.join("")}</div>${beside}</article>`;
}

/** The setting that a list has unless its operator chooses another leads; the others are folded. */
function tables({ settings }: TourReport): string {
  const [usual, ...others] = settings;
  if (usual === undefined) return "";
  return `${tableOf([usual])}
<details class="others"><summary>The other settings (${others.map((one) => inHtml(settingName(one))).join("; ")})</summary>${tableOf(others)}</details>`;
}

/** What the other delivery gives up is said before any result. */
const WARNING =
  "The default is <b>resealed</b>: the server seals each message for each member, and whoever has left can read nothing new. An operator can choose <b>opened</b> instead: Eve then gets no mail after she has left, but <b>if she taps a line she can read</b>. The tour shows both.";

/** Letters to lists of other settings than the usual one. */
const folded: ReadonlySet<string> = new Set(LISTS.slice(1).map(({ slug }) => slug));

function chapterOf({ id, title, text, steps }: Chapter): string {
  const inside = `<p>${inHtml(text)}</p>${steps.map(step).join("\n")}`;
  const heading = `<h2>${inHtml(title)}</h2>`;
  return folded.has(id)
    ? `<section id="${inHtml(id)}"><details><summary>${heading}</summary>${inside}</details></section>`
    : `<section id="${inHtml(id)}">${heading}${inside}</section>`;
}

/** Writes the page into the album's folder. */
export function writePage(album: Album, report: TourReport, differences: readonly string[]): void {
  const good = differences.length === 0;
  const links = album.chapters.map(({ id, title }) => `<a href="#${inHtml(id)}">${inHtml(title)}</a>`);
  const html = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>ListSeal: a tour</title><style>${STYLE}</style></head>
<body><header><h1>Mail that its own list server can't read</h1>
<p class="lead">Alice, Bob and Carol are on encrypted mailing lists; Eve was until she left. Real Thunderbirds, a real Postfix and Dovecot, a real list server. Beside each step is what each party could and could not see, as observed in this run.</p>
<p class="warning">${WARNING}</p>
<p><span class="result ${good ? "good" : "bad"}">${good ? "Everything as promised" : "Not as promised"}</span></p>
${good ? "" : `<ul class="differences">${differences.map((each) => `<li>${inHtml(each)}</li>`).join("")}</ul>`}
${tables(report)}
<nav aria-label="Chapters">${links.join("")}</nav></header>
<main>${album.chapters.map(chapterOf).join("\n")}</main>
<footer>Made by <code>npm start</code>. The same as data: <a href="report.json">report.json</a>.</footer>
</body></html>
`;
  writeFileSync(join(album.folder, "index.html"), html);
}
