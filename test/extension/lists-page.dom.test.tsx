/** Our page of lists: what its rows say, what keys do, and what is left of it when keys are locked. */
import { render } from "preact";
import { act } from "preact/test-utils";
import { z } from "zod";
import type { SpaceCalls, SpaceOverview } from "../../src/extension/app/calls/space-calls.js";
import { ListsPage } from "../../src/extension/app/lists-page/lists-page.js";
import { spaceHost } from "../../src/extension/app/thunderbird/space/space-host.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { type IndexedMail, keyOfMail } from "../../src/extension/mail-index/indexed-mail.js";
import { keepDelivery } from "../../src/extension/member/delivery-record.js";
import { askBackground } from "../../src/extension/platform/rpc/messages.js";
import { markOf } from "../../src/extension/ui/security-image.js";
import host, { answers, resetHost, storageListeners } from "./fake-host.js";
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
/** What has changed since everything was told. */
let later: { readonly put: readonly IndexedMail[]; readonly removed: readonly string[] };
/** What follows the newest mails. */
let older: readonly IndexedMail[];
/** They come when this has ended. */
let hold: Promise<void>;
let goOn: () => void = () => undefined;
let root: HTMLElement;
let rightsAsked: string[];

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
    const { epoch, before } = z.object({ epoch: z.string(), before: z.number().nullable() }).parse(input);
    const view = { epoch: "e", change: 1, before: null };
    if (before !== null) return hold.then(() => ({ ...view, put: older, removed: [] }));
    if (epoch === "e") return { ...view, ...later };
    return { ...view, before: older.length > 0 ? 1 : null, put: mails, removed: [] };
  },
  "space:search": (input) => {
    const { query } = z.object({ query: z.string() }).parse(input);
    return { mails: [...mails, ...older].filter(({ subject }) => subject.includes(query)), more: false };
  },
  "space:open": (input) => {
    const { id } = z.object({ mail: z.object({ id: z.string() }) }).parse(input).mail;
    const answer = { ...openedView, subject: `opened ${id}` };
    return { answer, mark: markOf("0badcafe"), ref: { id: 7, headerMessageId: id } };
  },
  "space:act": () => null,
  "space:act-many": () => null,
  "space:write": () => null,
  "space:copies": () => null,
  "space:contact": () => null,
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
  rightsAsked = [];
  later = { put: [], removed: [] };
  older = [];
  hold = Promise.resolve();
  // the person agrees
  Object.assign(host.permissions, {
    request: async ({ permissions }: { readonly permissions: readonly string[] }) => {
      rightsAsked.push(...permissions);
      return true;
    },
  });
  asked = [];
  mails = [
    mailOf(1),
    mailOf(2, { unread: true, attachments: ["scan.pdf"] }),
    mailOf(3, { references: ["1@lists.example"], doubtful: true }),
  ];
  const board = {
    address: "board@lists.example",
    name: "Board",
    unread: 1,
    ownAddress: "alice@example.test",
    mayPost: true,
    keepsCopies: false,
    isLocked: false,
  };
  overview = { known: 1, lists: [board], progress: { kind: "idle" }, notifications: "off" };
  root = document.createElement("div");
  document.body.replaceChildren(root);
  for (const [name, answer] of Object.entries(answering))
    answers.set(name, (input) => {
      asked.push([name, input]);
      return answer(input);
    });
  await show();
});

async function show() {
  const ask = askBackground<SpaceCalls>();
  await act(async () => render(<ListsPage ask={ask} host={spaceHost(ask)} />, root));
  await settle();
}

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
const search = async (words: string) => {
  const field = root.querySelector<HTMLInputElement>("input[type=search]");
  if (field === null) throw new Error("no field");
  field.value = words;
  await act(async () => void field.dispatchEvent(new Event("input", { bubbles: true })));
  await settle();
};
const key = async (pressed: string, how: KeyboardEventInit = {}) => {
  const list = root.querySelector(".rows");
  await act(
    async () =>
      void list?.dispatchEvent(new KeyboardEvent("keydown", { key: pressed, bubbles: true, ...how })),
  );
  await settle();
};

test("conversations by true subjects, the one with the newest message first; what is doubtful says so", () => {
  expect(rows()).toEqual(["Matter 1", "Matter 3", "Matter 2"]);
  const spoken = [...root.querySelectorAll(".row")].map((row) => {
    const heard = document.importNode(row, true);
    for (const hidden of heard.querySelectorAll("[aria-hidden=true]")) hidden.remove();
    return heard.textContent;
  });
  expect(spoken[1]).toMatch(/^not verified Olga .* Matter 3 $/);
  expect(spoken[2]).toMatch(/^unread Olga .* Matter 2 attachment$/);
  expect(root.querySelector(".lists button")?.textContent).toBe("Board1 unread");
});

test("one's own message that did not reach everybody says so, and neither another's with its Message-ID nor one that is not verified", async () => {
  const own = { author: { name: "Alice", address: "alice@example.test" } };
  const sameId = { messageId: "4@lists.example" };
  mails = [
    mailOf(4, own),
    mailOf(5, sameId),
    mailOf(6, { ...own, ...sameId, doubtful: true }),
    mailOf(7, own),
  ];
  overview = { ...overview, known: 2 };
  later = { put: mails, removed: [1, 2, 3].map((number) => keyOfMail(mailOf(number))) };
  await act(async () => tellNews());
  const told = { list: "board@lists.example", date: "2026-01-09T12:00:00.000Z", readers: 25 };
  await act(async () => {
    await keepDelivery({ ...told, messageId: "<4@lists.example>", waiting: 1, failed: 2 });
    await keepDelivery({ ...told, messageId: "<7@lists.example>", waiting: 0, failed: 0 });
  });
  // as another page's change does
  const changes = { "listseal-deliveries": {} };
  await act(async () => {
    for (const listener of storageListeners) listener(changes, "local");
  });
  await settle();
  const marked = [...root.querySelectorAll(".row")].filter((row) => row.querySelector(".missed") !== null);
  expect(marked.map((row) => row.querySelector(".subject")?.textContent)).toEqual(["Matter 4"]);
  expect(marked[0]?.querySelector(".marks > .unseen")?.textContent).toBe("Not received by 3 of 25 members. ");
  expect(marked[0]?.querySelector(".missed")?.getAttribute("title")).toBe("Not received by 3 of 25 members.");
});

test("the newest messages are shown first, and the older ones join them and their conversations", async () => {
  render(null, root);
  older = [mailOf(4, { subject: "What began it" }), mailOf(5, { references: ["1@lists.example"] })];
  await show();
  // the first answer, and the second
  for (let step = 0; step < 3; step += 1) await settle();
  expect(rows()).toEqual(expect.arrayContaining(["Matter 1", "Matter 3", "Matter 2", "What began it"]));
  const views = asked.flatMap(([name, input]) => (name === "space:mails" ? [input] : []));
  expect(views.slice(-2)).toMatchObject([{ epoch: "" }, { epoch: "e", before: 1 }]);
  expect(rows().indexOf("Matter 5")).toBeGreaterThan(rows().indexOf("Matter 1"));
});

test("a search shows what it has found before the view has come to it, and nothing that is gone", async () => {
  render(null, root);
  older = [mailOf(4, { subject: "Found at once", date: 0 }), mailOf(5, { subject: "Found, and gone" })];
  hold = new Promise((resolve) => {
    goOn = resolve;
  });
  await show();
  await settle();
  await search("Found");
  // the second is newer than what is still to come: it was removed meanwhile
  expect(rows()).toEqual(["Found at once"]);
  goOn();
});

test("filters and search leave what fits", async () => {
  await click("button", "Unread");
  expect(rows()).toEqual(["Matter 2"]);
  await click("button", "Unread");
  await search("3");
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

const clickRow = async (subject: string, how: MouseEventInit) => {
  const row = [...root.querySelectorAll(".row")].find(({ textContent }) => textContent.includes(subject));
  await act(async () => void row?.dispatchEvent(new MouseEvent("click", { bubbles: true, ...how })));
  await settle();
};
const selected = () =>
  [...root.querySelectorAll(".row[aria-selected=true] .subject")].map((one) => one.textContent);

test("several are selected by clicks and by keys, the number is said, and what is done is done with all of them", async () => {
  await clickRow("Matter 1", {});
  await clickRow("Matter 2", { shiftKey: true });
  expect(selected()).toEqual(["Matter 1", "Matter 3", "Matter 2"]);
  // nothing is read meanwhile, and nothing is marked as read
  expect(letter()).toBe("");
  expect(root.querySelector(".acts [role=status]")?.textContent).toBe("Messages selected: 3");
  await clickRow("Matter 3", { ctrlKey: true });
  expect(selected()).toEqual(["Matter 1", "Matter 2"]);
  await key("m");
  const places = [1, 2].map((number) => ({ folder: "account1://INBOX", id: `${number}@lists.example` }));
  expect(asked).toContainEqual(["space:act-many", { mails: places, act: "read" }]);
  await key("Delete");
  expect(asked).toContainEqual(["space:act-many", { mails: places, act: "delete" }]);
  expect(selected()).toEqual([]);
});

test("Shift and an arrow widen the selection, Ctrl+A selects everything, and an arrow alone one again", async () => {
  await key("Home");
  await key("ArrowDown", { shiftKey: true });
  expect(selected()).toEqual(["Matter 1", "Matter 3"]);
  await key("ArrowUp", { shiftKey: true });
  expect(selected()).toEqual(["Matter 1"]);
  await key("a", { ctrlKey: true });
  expect(selected()).toHaveLength(3);
  await key("ArrowDown");
  expect(selected()).toEqual(["Matter 3"]);
  expect(letter()).toContain("opened 3@lists.example");
});

test("a mail that is moved elsewhere while it is read stays, and one that is deleted goes from the page", async () => {
  const tell = async (news: typeof later) => {
    later = news;
    overview = { ...overview, known: overview.known + 1 };
    await act(async () => tellNews());
    // the news, what has changed, and what is left of the selection: one after the other
    for (let step = 0; step < 3; step += 1) await settle();
  };
  await key("Home");
  const moved = mailOf(1, { folder: "account1://Archive", subject: "Matter 1, filed" });
  await tell({ put: [moved], removed: [keyOfMail(mailOf(1))] });
  expect([selected(), letter().includes("opened 1@lists.example")]).toEqual([["Matter 1, filed"], true]);
  await tell({ put: [], removed: [keyOfMail(moved)] });
  expect([selected(), letter()]).toEqual([[], ""]);
});

test("nobody is on a list yet: what the add-on is for, and where to begin", async () => {
  overview = { ...overview, known: 2, lists: [] };
  await act(async () => tellNews());
  await settle();
  expect(root.querySelector(".first")?.textContent).toContain("What would you like to do?");
});

test("readable copies are offered with their price, and chosen after the question for the right", async () => {
  const box = root.querySelector<HTMLInputElement>(".choices input");
  expect(root.querySelector(".choices")?.textContent).toContain(
    "anyone who can use this computer can read them",
  );
  await act(async () => box?.click());
  await settle();
  expect(asked).toContainEqual(["space:copies", { list: "board@lists.example", keeping: "opened" }]);
  expect(rightsAsked).toEqual(["accountsFolders", "messagesImport"]);
});

test("the list's address goes into the address book, and the page says so", async () => {
  await click("button", "Add to address book");
  expect(asked).toContainEqual(["space:contact", { list: "board@lists.example" }]);
  expect(rightsAsked).toEqual(["addressBooks"]);
  expect(root.textContent).toContain("Board is in your address book");
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

test("locked while older messages are on their way: they are not taken", async () => {
  render(null, root);
  older = [mailOf(4, { subject: "On its way" })];
  hold = new Promise((resolve) => {
    goOn = resolve;
  });
  await show();
  await settle();
  answers.set("space:mails", () => {
    throw new Error("locked");
  });
  await act(async () => lockAll());
  goOn();
  for (let step = 0; step < 3; step += 1) await settle();
  expect(rows()).toEqual([]);
});

test("while the index is built it says how far it is, and can be stopped", async () => {
  overview = { ...overview, known: 2, progress: { kind: "building", done: 25, total: 60 } };
  await act(async () => tellNews());
  await settle();
  expect(root.querySelector(".progress")?.textContent).toContain("25 of 60");
  await click("button", "Stop reading");
  expect(asked).toContainEqual(["space:sync", { wish: "pause" }]);
});
