import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./processes.js";

/**
 * The search for a marker: was this text, in any of the ways in which mail software writes text, in these bytes?
 *
 * A search that finds nothing proves something only if it would have found it: the harness test plants a marker in
 * every encoding named here and looks whether each is found.
 */
export const ENCODINGS = [
  "utf-8",
  "utf-16le",
  "utf-16be",
  "base64",
  "quoted-printable",
  "encoded-word",
  "percent",
  "escaped",
  "folded",
] as const;

/** One way of writing text that the search knows. */
export type Encoding = (typeof ENCODINGS)[number];

/** The marker was found in `source`, written in `encoding`, in the part of it that starts at `offset`. */
export interface Finding {
  readonly source: string;
  readonly encoding: Encoding;
  /** Start of the searched window, in bytes: a hint where to look, not the exact place. */
  readonly offset: number;
}

/** Bytes read at once; a core dump does not fit into memory beside everything else. */
const WINDOW = 8 * 1024 * 1024;
/** Bytes of one window that the next one sees again, so that no marker is cut in two. */
const OVERLAP = 64 * 1024;

/** Empty memory is skipped in blocks of this many bytes: most of a core dump is. */
const BLOCK = 64 * 1024;
const EMPTY_BLOCK = Buffer.alloc(BLOCK);
/** Bytes kept of the empty blocks on both sides of a used one: UTF-16 text may begin or end with a zero byte. */
const MARGIN = 64;

/** What every window is searched for; made once for a marker. */
interface Needles {
  readonly text: string;
  readonly utf8: Buffer;
  readonly utf16le: Buffer;
  readonly utf16be: Buffer;
  /** UTF-8 bytes as a string of one character a byte. */
  readonly binary: string;
  readonly binaryWithoutBlanks: string;
  readonly base64: readonly string[];
}

/**
 * The part of base64 text that `bytes` always turn into, for each of the three places at which they can begin in a
 * group of three bytes; the characters at both ends that depend on the neighbours are left off.
 */
export function base64Cores(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const head = before === 0 ? 0 : before + 1;
    const tail = (before + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice(head, text.length - tail);
  });
}

/**
 * Makes the needles of a marker.
 * @throws if the marker is shorter than 8 bytes: its base64 cores would be found by accident
 */
function needlesOf(marker: string): Needles {
  const utf8 = Buffer.from(marker, "utf8");
  if (utf8.length < 8) throw new Error("A marker needs at least 8 bytes");
  const utf16le = Buffer.from(marker, "utf16le");
  const utf16be = Buffer.from(utf16le).swap16();
  return {
    text: marker,
    utf8,
    utf16le,
    utf16be,
    binary: utf8.toString("latin1"),
    binaryWithoutBlanks: utf8.toString("latin1").replace(/[\r\n\t ]+/g, ""),
    base64: [utf8, utf16le, utf16be].flatMap(base64Cores),
  };
}

const hexByte = (_: string, hex: string) => String.fromCharCode(Number.parseInt(hex, 16));

/** Quoted-printable undone: soft line breaks, SMTP's doubled dots, =XX. */
const unquote = (text: string) =>
  text
    .replace(/\n\.\./g, "\n.")
    .replace(/=[ \t]*\r?\n/g, "")
    .replace(/=([0-9A-Fa-f]{2})/g, hexByte);

/** RFC 2047 words undone: neighbouring words joined, each decoded by itself (a character may span two). */
const unword = (text: string) =>
  text
    .replace(/\?=\s+=\?/g, "?==?")
    .replace(/=\?[\w-]+\?[bB]\?([\w+/=-]*)\?=/g, (_, word: string) =>
      Buffer.from(word, "base64").toString("latin1"),
    )
    .replace(/=\?[\w-]+\?[qQ]\?([^?\s]*)\?=/g, (_, word: string) =>
      word.replace(/_/g, " ").replace(/=([0-9A-Fa-f]{2})/g, hexByte),
    );

/** URL and RFC 2231 percent-encoding undone. */
const unpercent = (text: string) => text.replace(/\+/g, " ").replace(/%([0-9A-Fa-f]{2})/g, hexByte);

/** A code point as its UTF-8 bytes, one character a byte, as everything else in the window is. */
const codePoint = (value: number) =>
  value > 0x10ffff ? "" : Buffer.from(String.fromCodePoint(value), "utf8").toString("latin1");

/** JSON and HTML escapes undone. Surrogate pairs in JSON are joined first. */
const unescapeText = (text: string) =>
  text
    .replace(
      /\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/g,
      (_, high: string, low: string) =>
        codePoint(0x10000 + (Number.parseInt(high, 16) - 0xd800) * 0x400 + Number.parseInt(low, 16) - 0xdc00),
    )
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .replace(/&#x([0-9a-fA-F]{1,6});/g, (_, hex: string) => codePoint(Number.parseInt(hex, 16)))
    .replace(/&#([0-9]{1,7});/g, (_, digits: string) => codePoint(Number(digits)));

/** Base64 made one run: all blanks gone, the URL alphabet turned into the plain one. */
const unwrapBase64 = (text: string) =>
  text
    .replace(/[\r\n\t ]+/g, "")
    .replace(/-/g, "+")
    .replace(/_/g, "/");

/** How often one text stands in another. */
const countOf = (text: string, needle: string) => text.split(needle).length - 1;

/** In which encodings the marker stands in this window. */
function searchWindow(window: Buffer, needles: Needles): readonly Encoding[] {
  const found: Encoding[] = [];
  if (window.includes(needles.utf8)) found.push("utf-8");
  if (window.includes(needles.utf16le)) found.push("utf-16le");
  if (window.includes(needles.utf16be)) found.push("utf-16be");
  const text = window.toString("latin1");
  const run = unwrapBase64(text);
  if (needles.base64.some((core) => run.includes(core))) found.push("base64");
  // Undoing an escape leaves what was never escaped: only what is found more often than in the raw bytes counts.
  const plain = countOf(text, needles.binary);
  const undone: readonly (readonly [Encoding, string, string])[] = [
    ["quoted-printable", unquote(text), needles.binary],
    ["encoded-word", unword(text), needles.binary],
    ["percent", unpercent(text), needles.binary],
    ["escaped", unescapeText(text), needles.binary],
    ["folded", text.replace(/[\r\n\t ]+/g, ""), needles.binaryWithoutBlanks],
  ];
  for (const [encoding, result, needle] of undone) {
    if (countOf(result, needle) > plain) found.push(encoding);
  }
  return found;
}

/** One finding for each encoding, however often it stands there. */
function once(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(
    findings.map((finding) => [`${finding.source}\n${finding.encoding}`, finding] as const),
  );
  return [...seen.values()];
}

/** Searches bytes in memory. `source` is the name that findings carry. */
export function searchBytes(source: string, bytes: Uint8Array, marker: string): readonly Finding[] {
  const needles = needlesOf(marker);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const findings: Finding[] = [];
  for (let offset = 0; offset < all.length; offset += WINDOW - OVERLAP) {
    const window = all.subarray(offset, offset + WINDOW);
    for (const encoding of searchWindow(window, needles)) findings.push({ source, encoding, offset });
  }
  return once(findings);
}

/** The parts of a window that hold anything at all. */
function usedParts(window: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  let start: number | undefined;
  for (let at = 0; at < window.length; at += BLOCK) {
    const block = window.subarray(at, at + BLOCK);
    const empty = block.equals(EMPTY_BLOCK.subarray(0, block.length));
    if (!empty && start === undefined) start = Math.max(0, at - MARGIN);
    if (empty && start !== undefined) {
      parts.push(window.subarray(start, at + MARGIN));
      start = undefined;
    }
  }
  if (start !== undefined) parts.push(window.subarray(start));
  return parts;
}

/** Opens a file for reading; undefined if it is gone meanwhile, as lock files of a running server are. */
function openStill(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    // QUIRK: inside Jest an error of Node's own is no `Error` of the test's
    if (typeof error === "object" && error !== null && "code" in error && error.code === "ENOENT")
      return undefined;
    throw error;
  }
}

/** Searches one file of any size, window by window. */
export function searchFile(file: string, marker: string): readonly Finding[] {
  const needles = needlesOf(marker);
  const findings: Finding[] = [];
  const handle = openStill(file);
  if (handle === undefined) return [];
  try {
    const window = Buffer.alloc(WINDOW);
    for (let offset = 0; ; offset += WINDOW - OVERLAP) {
      const length = readSync(handle, window, 0, WINDOW, offset);
      if (length === 0) break;
      for (const part of usedParts(window.subarray(0, length))) {
        for (const encoding of searchWindow(part, needles)) findings.push({ source: file, encoding, offset });
      }
      if (length < WINDOW) break;
    }
  } finally {
    closeSync(handle);
  }
  return once(findings);
}

/** Every ordinary file under a folder (or the file itself); nothing for one that is not there. */
export function filesUnder(path: string): readonly string[] {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) return [];
  if (entry.isFile()) return [path];
  if (!entry.isDirectory()) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((child) => {
    const inside = join(path, child.name);
    if (child.isDirectory()) return filesUnder(inside);
    return child.isFile() ? [inside] : [];
  });
}

/** What a search looked at, so that "nothing found" can say in how much. */
export interface SearchResult {
  readonly files: number;
  readonly bytes: number;
  readonly findings: readonly Finding[];
}

/** Searches every file under the given files and folders: their contents, and their names too. */
export function searchPaths(paths: readonly string[], marker: string): SearchResult {
  const files = paths.flatMap(filesUnder);
  return {
    files: files.length,
    bytes: files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0),
    findings: files.flatMap((file) => [
      ...searchFile(file, marker),
      ...searchBytes(`name of ${file}`, Buffer.from(file, "utf8"), marker),
    ]),
  };
}

/**
 * Searches the memory of a running process by a core dump (gcore), which is removed again.
 * Needs gdb, and the right to trace the process.
 */
export async function searchMemory(pid: number, folder: string, marker: string): Promise<SearchResult> {
  const prefix = join(folder, "core");
  const file = `${prefix}.${pid}`;
  await runToEnd("gcore", ["-o", prefix, String(pid)]);
  try {
    return searchPaths([file], marker);
  } finally {
    rmSync(file, { force: true });
  }
}
