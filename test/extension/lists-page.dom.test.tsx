/** Our page of lists: what its rows say, what keys do, and what is left of it when keys are locked. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { z } from "zod";
import type { SpaceCalls, SpaceOverview } from "../../src/extension/app/calls/space-calls.js";
import { ListsPage } from "../../src/extension/app/lists-page/lists-page.js";
import { spaceHost } from "../../src/extension/app/thunderbird/space/space-host.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { type IndexedMail, keyOfMail } from "../../src/extension/mail-index/indexed-mail.js";
import { askBackground } from "../../src/extension/platform/rpc/messages.js";
import { markOf } from "../../src/extension/ui/security-image.js";
import { answers, resetHost } from "./fake-host.js";
import { openedView } from "./opened-view.js";

const from = Date.UTC(2026, 0, 1);
const mailOf = (number: number, more: Partial<IndexedMail> = {}): IndexedMail => ({
  ...{ id: `${number}@lists.example`, folder: "account1://INBOX", list: "board@lists.example" },
  ...{ subject: `Matter ${number}`, author: { name: "Olga", address: "olga@example.test" } },
  ...{
    date: from + number * 86_400_000,
    unread: false,
    attachments: [],
    messageId: `${number}@lists.example`,
  },
  ...{ references: [], doubtful: false },
  ...more,
});

let mails: IndexedMail[];
let overview: SpaceOverview;
let asked: (readonly [string, unknown])[];
/** Goes on with the question that waits for news. */
let tellNews: () => void = () => undefined;
let root: HTMLElement;

/** What the background would answer. */
const answering: Readonly<Record<string, (input: unknown) => unknown>> = {
  "space:begin": () => null,
  "space:watch": (input) =>
    z.object({ known: z.number() }).parse(input).known === overview.known
      ? new Promise((resolve) => {
          tellNews = () => resolve(overview);
        })
      : overview,
  "space:mails": (input) => {
    const isKnown = z.object({ epoch: z.string() }).parse(input).epoch === "e";
    return { epoch: "e", change: 1, put: isKnown ? [] : mails, removed: [] };
  },
  "space:search": (input) => {
    const { query } = z.object({ query: z.string() }).parse(input);
    return { mails: mails.filter(({ subject }) => subject.includes(query)).map(keyOfMail), more: false };
  },
  "space:open": (input) => {
    const { id } = z.object({ mail: z.object({ id: z.string() }) }).parse(input).mail;
    const answer = { ...openedView, subject: `opened ${id}` };
    return { answer, mark: markOf("0badcafe"), ref: { id: 7, headerMessageId: id } };
  },
  "space:act": () => null,
  "space:write": () => null,
  "space:sync": () => null,
  "mail:due": () => ({ inMs: null }),
};

const settle = () => act(async () => void (await new Promise((resolve) => setTimeout(resolve, 20))));

beforeAll(() => {
  // jsdom draws nothing
  class NoResizeObserver {
    observe() {}
    disconnect() {}
  }
  Object.assign(globalThis, { ResizeObserver: NoResizeObserver, matchMedia: () => ({ matches: false }) });
  Object.assign(CSSStyleSheet.prototype, { replaceSync: () => undefined });
});

beforeEach(async () => {
  resetHost();
  asked = [];
  mails = [
    mailOf(1),
    mailOf(2, { unread: true, attachments: ["scan.pdf"] }),
    mailOf(3, { references: ["1@lists.example"], doubtful: true }),
  ];
  const board = { address: "board@lists.example", name: "Board", unread: 1, mayPost: true };
  overview = { known: 1, lists: [board], progress: { kind: "idle" }, notifications: "off" };
  root = document.createElement("div");
  document.body.replaceChildren(root);
  for (const [name, answer] of Object.entries(answering))
    answers.set(name, (input) => {
      asked.push([name, input]);
      return answer(input);
    });
  const ask = askBackground<SpaceCalls>();
  await act(async () => render(<ListsPage ask={ask} host={spaceHost(ask)} />, root));
  await settle();
});

afterEach(() => render(null, root));

const rows = () => [...root.querySelectorAll(".row .subject")].map((one) => one.textContent);
const letter = () =>
  [...root.querySelectorAll(".letter listseal-view")].at(-1)?.shadowRoot?.textContent ?? "";
const click = async (selector: string, label = "") => {
  const one = [...root.querySelectorAll<HTMLElement>(selector)].find(({ textContent }) =>
    textContent.includes(label),
  );
  if (one === undefined) throw new Error(`no ${selector} with ${label}`);
  await act(async () => one.click());
  await settle();
};
const key = async (pressed: string) => {
  const list = root.querySelector(".rows");
  await act(
    async () => void list?.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true })),
  );
  await settle();
};

test("conversations by true subjects, the one with the newest message first; what is doubtful says so", () => {
  expect(rows()).toEqual(["Matter 1", "Matter 3", "Matter 2"]);
  const labels = [...root.querySelectorAll(".row")].map((one) => one.getAttribute("aria-label") ?? "");
  expect(labels[1]).toMatch(/^not verified, Olga, Matter 3/);
  expect(labels[2]).toMatch(/^unread, Olga, Matter 2.*attachment$/);
  expect(root.querySelector(".lists button")?.textContent).toBe("Board1 unread");
});

test("filters and search leave what fits", async () => {
  await click("button", "Unread");
  expect(rows()).toEqual(["Matter 2"]);
  await click("button", "Unread");
  const field = root.querySelector("input");
  if (field === null) throw new Error("no field");
  field.value = "3";
  await act(async () => void field.dispatchEvent(new Event("input", { bubbles: true })));
  await settle();
  expect(rows()).toEqual(["Matter 3"]);
});

test("keys go through the list, and what is chosen is read", async () => {
  await key("Home");
  expect(letter()).toContain("opened 1@lists.example");
  await key("ArrowDown");
  expect(letter()).toContain("opened 3@lists.example");
  await key("n");
  expect(letter()).toContain("opened 2@lists.example");
  await key("m");
  expect(asked).toContainEqual([
    "space:act",
    { mail: { folder: "account1://INBOX", id: "2@lists.example" }, act: "read" },
  ]);
  await key("Delete");
  // the one beside it comes into its place
  expect(letter()).toContain("opened 3@lists.example");
  expect(
    asked.some(([name, input]) => name === "space:act" && JSON.stringify(input).includes("delete")),
  ).toBe(true);
});

test("locked: no subject and no text is left on the page, and it asks for the passphrase", async () => {
  await key("Home");
  expect(root.textContent).toContain("Matter 1");
  mails = [];
  overview = { ...overview, known: 2, progress: { kind: "locked" } };
  await act(async () => lockAll());
  await settle();
  expect([root.textContent?.includes("Matter"), letter()]).toEqual([false, ""]);
  expect(root.querySelector(".progress listseal-view")?.shadowRoot?.querySelector("input")?.type).toBe(
    "password",
  );
});

test("while the index is built it says how far it is, and can be stopped", async () => {
  overview = { ...overview, known: 2, progress: { kind: "building", done: 25, total: 60 } };
  await act(async () => tellNews());
  await settle();
  expect(root.querySelector(".progress")?.textContent).toContain("25 of 60");
  await click("button", "Stop reading");
  expect(asked).toContainEqual(["space:sync", { wish: "pause" }]);
});
