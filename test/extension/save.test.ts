import browser from "webextension-polyfill";
import { showDownload } from "../../src/extension/app/thunderbird/save-file.js";
import { safeFileName } from "../../src/extension/platform/file-name.js";

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

test("only what was saved here is shown in its folder", async () => {
  const shown: number[] = [];
  const downloads = {
    search: async ({ id }: { readonly id: number }) =>
      [
        { id: 1, byExtensionId: browser.runtime.id },
        { id: 2 },
        { id: 3, byExtensionId: "other@example.test" },
      ].filter((one) => one.id === id),
    show: async (id: number) => shown.push(id) > 0,
  };
  Object.assign(browser, { downloads });
  await showDownload(1);
  for (const id of [2, 3, 4]) await expect(showDownload(id)).rejects.toThrow("not one of our downloads");
  expect(shown).toEqual([1]);
});
