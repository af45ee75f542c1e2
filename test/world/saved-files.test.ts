import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { savedFiles } from "./saved-files.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "listseal-saved-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("a file counts as saved once it is there whole", () => {
  const put = (name: string, text: string) => writeFileSync(join(folder, name), text);
  put("begun.eml", "");
  put("half.eml", "Subj");
  put("half.eml.part", "Subj");
  put("other.eml.crdownload", "Subj");
  expect(savedFiles(folder)).toEqual([]);
  put("begun.eml", "Subject: all of it");
  expect(savedFiles(folder)).toEqual([join(folder, "begun.eml")]);
});
