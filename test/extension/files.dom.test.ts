/** The attachments of an opened mail: named, sized, looked at, saved. */
import { askedActs } from "../../src/extension/app/thunderbird/display-actions.js";
import { filesOf, sizeOf } from "../../src/extension/reading/display/files.js";
import { PREVIEW_LIMIT } from "../../src/extension/reading/images.js";
import { answers, resetHost } from "./fake-host.js";

beforeEach(resetHost);
const file = (name: string, type: string, size = 1_234) => ({ number: 0, name, type, size });
const filesIn = (files: Parameters<typeof filesOf>[0]) => filesOf(files, askedActs);
const quiet = () => new Promise((resolve) => setTimeout(resolve, 5));
const buttons = (section: HTMLElement) =>
  [...section.querySelectorAll("button")].map(({ textContent }) => textContent);

test.each([
  ["a.png", "image/png", ["Show", "Save"]],
  ["a.svg", "image/svg+xml", ["Save"]],
  ["a.pdf", "application/pdf", ["Save"]],
  ["invitation.ics", "text/calendar", ["Save"]],
  ["forwarded.eml", "message/rfc822", ["Save"]],
])("%s offers %s", (name, type, offered) => {
  const section = filesIn([file(name, type)]);
  expect(section.textContent).toContain(name);
  expect(section.textContent).toContain("1.23");
  expect(buttons(section)).toEqual(offered);
});

test("a very large picture is not shown, only saved", () => {
  expect(buttons(filesIn([file("a.png", "image/png", PREVIEW_LIMIT + 1)]))).toEqual(["Save"]);
});

test("several can be saved at once", async () => {
  const saved: unknown[] = [];
  answers.set("saveAll", (input) => saved.push(input));
  const section = filesIn([
    file("a.pdf", "application/pdf"),
    { ...file("b.pdf", "application/pdf"), number: 1 },
  ]);
  section.querySelector<HTMLButtonElement>(".all")?.click();
  await quiet();
  expect(saved).toEqual([null]);
});

test("a picture is shown under its line and taken away again", async () => {
  answers.set("preview", () => ({ address: "data:image/png;base64,AAAA" }));
  const section = filesIn([file("a.png", "image/png")]);
  const show = section.querySelector("button");
  show?.click();
  await quiet();
  expect(section.querySelector("img")?.getAttribute("src")).toBe("data:image/png;base64,AAAA");
  expect([show?.textContent, show?.getAttribute("aria-expanded")]).toEqual(["Hide", "true"]);
  show?.click();
  await quiet();
  expect(section.querySelector("img")).toBeNull();
});

test("what fails says so in its button, also to who hears it, until it goes well", async () => {
  const section = filesIn([file("a.pdf", "application/pdf")]);
  const save = section.querySelector("button");
  const look = () => [save?.textContent, save?.getAttribute("aria-label")];
  expect(save?.getAttribute("aria-live")).toBe("polite");
  save?.click();
  await quiet();
  expect(look()).toEqual(["Not saved", "Not saved: Save a.pdf"]);
  expect(buttons(section)).toHaveLength(1);
  answers.set("save", () => ({ download: 7 }));
  save?.click();
  await quiet();
  expect(look()).toEqual(["Save", "Save a.pdf"]);
});

test("what was saved is shown in its folder, by its own download", async () => {
  let next = 7;
  const shown: unknown[] = [];
  answers.set("save", () => ({ download: next }));
  answers.set("showSaved", (input) => {
    shown.push(input);
    return null;
  });
  const section = filesIn([
    file("a.pdf", "application/pdf"),
    { ...file("b.pdf", "application/pdf"), number: 1 },
  ]);
  const press = async (label: string) => {
    section.querySelector<HTMLButtonElement>(`[aria-label="${label}"]`)?.click();
    await quiet();
  };
  await press("Save b.pdf");
  expect(buttons(section)).toEqual(["Save", "Save", "Show in folder", "Save all"]);
  next = 8;
  await press("Save b.pdf");
  expect(buttons(section)).toHaveLength(4);
  await press("Show b.pdf in its folder");
  expect(shown).toEqual([{ download: 8 }]);
});

test("where the program shows what it has saved by itself, there is no button for that", async () => {
  const saved: number[] = [];
  const section = filesOf([file("a.pdf", "application/pdf")], {
    ...askedActs,
    save: async (number) => saved.push(number),
    showSaved: null,
  });
  section.querySelector("button")?.click();
  await quiet();
  expect(saved).toEqual([0]);
  expect(buttons(section)).toEqual(["Save"]);
});

test("names are text, and a name that turns the writing around stays in its own direction", () => {
  const section = filesIn([file("<img src=x onerror=alert(1)>.txt", "text/plain")]);
  expect(section.querySelector("img")).toBeNull();
  expect(section.querySelector(".name")?.getAttribute("dir")).toBe("auto");
});

test("sizes as people read them", () => {
  expect([999, 1_000, 1_300_000].map(sizeOf)).toEqual(["999 byte", "1 kB", "1.3 MB"]);
});
