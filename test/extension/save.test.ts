import { safeFileName } from "../../src/extension/host/file-name.js";

test.each([
  ["report.pdf", "report.pdf"],
  ["報告書 2027.bin", "報告書 2027.bin"],
  ["../../.bashrc", "_.._.bashrc"],
  ["C:\\Windows\\x.exe", "C__Windows_x.exe"],
  ["photo\u202egpj.exe", "photogpj.exe"],
  ["con.txt", "_con.txt"],
  ["...", "attachment"],
  ["", "attachment"],
  ["name.txt\u0000", "name.txt"],
])("%j is saved as %j", (name, safe) => {
  expect(safeFileName(name)).toBe(safe);
});

test("a long name keeps its extension", () => {
  const safe = safeFileName(`${"x".repeat(300)}.tar.gz`);
  expect(safe).toHaveLength(120);
  expect(safe.endsWith(".gz")).toBe(true);
});
