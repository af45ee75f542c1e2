import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENCODINGS, searchBytes, searchFile, searchPaths } from "./evidence.js";
import { MARKER, OTHER, PLANTED } from "./markers.js";

const utf8 = (text: string) => Buffer.from(text, "utf8");

describe("the search for a marker", () => {
  test.each(ENCODINGS)("finds it written as %s, and does not find another marker", (encoding) => {
    const samples = PLANTED.get(encoding) ?? [];
    expect(samples.length).toBeGreaterThan(0);
    for (const sample of samples) {
      const haystack = Buffer.concat([utf8("noise "), sample, utf8(" noise")]);
      expect(searchBytes("sample", haystack, MARKER).map((finding) => finding.encoding)).toContain(encoding);
      expect(searchBytes("sample", haystack, OTHER)).toEqual([]);
    }
  });

  test("names every encoding in which it stands, also where it stands in clear beside", () => {
    const all = Buffer.concat(
      ENCODINGS.flatMap((encoding) => [utf8("\n"), ...(PLANTED.get(encoding) ?? [])]),
    );
    expect(searchBytes("all", all, MARKER).map((finding) => finding.encoding)).toEqual([...ENCODINGS]);
  });

  test("finds a marker that lies across two windows of a large file", () => {
    const folder = mkdtempSync(join(tmpdir(), "listseal-evidence-"));
    try {
      for (const place of [0, 8 * 1024 * 1024 - 5, 8 * 1024 * 1024 - 64 * 1024 - 5, 20_000_000]) {
        const bytes = Buffer.alloc(20_100_000);
        bytes.write(MARKER, place, "utf8");
        writeFileSync(join(folder, "large.bin"), bytes);
        expect(searchPaths([folder], MARKER).findings.map((finding) => finding.encoding)).toEqual(["utf-8"]);
        expect(searchPaths([folder], OTHER)).toEqual({ files: 1, bytes: bytes.length, findings: [] });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("finds text at the very edge of empty memory", () => {
    const folder = mkdtempSync(join(tmpdir(), "listseal-evidence-"));
    try {
      for (const [encoding, order] of [
        ["utf-16le", 0],
        ["utf-16be", 1],
      ] as const) {
        // the zero byte at the marker's end (LE) or start (BE) lies in an empty block
        const text = Buffer.from("plain marker", "utf16le");
        if (order === 1) text.swap16();
        const bytes = Buffer.alloc(64 * 1024 * 6);
        text.copy(bytes, order === 0 ? 64 * 1024 * 3 - text.length + 1 : 64 * 1024 * 3 - 1);
        writeFileSync(join(folder, "memory.bin"), bytes);
        const found = searchPaths([folder], "plain marker").findings.map((finding) => finding.encoding);
        expect(found).toContain(encoding);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("finds it in a file's name", () => {
    const folder = mkdtempSync(join(tmpdir(), "listseal-evidence-"));
    try {
      writeFileSync(join(folder, `${MARKER}.txt`), "nothing here");
      expect(searchPaths([folder], MARKER).findings).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("finds nothing in a file that is gone by the time it is its turn", () => {
    expect(searchFile(join(tmpdir(), "listseal-evidence-gone", "a-journal"), MARKER)).toEqual([]);
  });

  test("refuses a marker that could be found by accident", () => {
    expect(() => searchBytes("sample", utf8("short"), "short")).toThrow("at least 8 bytes");
  });
});
